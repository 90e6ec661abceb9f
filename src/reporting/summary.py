"""What the terminal and the loggers get at the end of a run."""

from collections.abc import Iterable
from typing import Any

from omegaconf import DictConfig, OmegaConf

from src.spec import DataSpec

_STAGES = ("train", "val", "test")
_WIDTH = 80


def metrics_table(metrics: dict[str, Any], names: tuple[str, ...]) -> str:
    """One row per split and one column per metric, or transposed if that is wider than a terminal.

    Args:
        metrics: Numbers by keys such as `test/accuracy`.
        names: Names of the columns.

    Example:
        >>> print(metrics_table({"train/loss": 0.25, "val/loss": 0.5, "test/loss": 1e-9}, ("loss",)))
                     loss
          train    0.2500
          val      0.5000
          test   1.00e-09
    """
    rows = {stage: [_number(metrics[f"{stage}/{name}"]) for name in names] for stage in _STAGES}
    width = max(10, *(len(cell) + 2 for row in (names, *rows.values()) for cell in row))
    lines = [["", *names], *([stage, *row] for stage, row in rows.items())]
    if 7 + width * len(names) > _WIDTH:
        lines = [list(line) for line in zip(*lines, strict=True)]
        width = max(10, *(len(cell) + 2 for row in rows.values() for cell in row))
    first = max(len(line[0]) for line in lines)
    return "\n".join(f"  {line[0]:<{first}}" + "".join(f"{cell:>{width}}" for cell in line[1:]) for line in lines)


def meaning(spec: DataSpec, names: Iterable[str]) -> list[str]:
    """The line below a table of scores about the class they refer to, or what they are averaged over, if any.

    Args:
        spec: The specification of the dataset.
        names: Names of the scores.

    Example:
        >>> meaning(DataSpec("binary", (2,), ("well", "sick")), ("accuracy", "precision", "recall"))
        ['  precision, recall: of class sick; accuracy: of all rows (micro)']
    """
    counted = [name for name in ("precision", "recall", "f1") if name in names]
    if not counted or spec.task == "regression":
        return []
    if spec.task == "multilabel":
        return [f"  {', '.join(['accuracy', *counted])}: means over labels (macro)"]
    of = f"of class {spec.asked[0]}" if spec.task == "binary" else "means over classes (macro)"
    return [f"  {', '.join(counted)}: {of}; accuracy: of all rows (micro)"]


def _number(value: float) -> str:
    return f"{value:.4f}" if value == 0 or 1e-4 <= abs(value) < 1e5 else f"{value:.2e}"


def counts(epochs: int, best_epoch: int, steps: int, num_parameters: int) -> dict[str, int]:
    """The contents of a run's `metrics.json` besides its scores.

    Args:
        epochs: Number of epochs trained.
        best_epoch: The epoch whose weights are evaluated, from 1.
        steps: Number of optimiser steps.
        num_parameters: Number of trained parameters.
    """
    return {"epochs": epochs, "best_epoch": best_epoch, "steps": steps, "num_parameters": num_parameters}


def trained_for(metrics: dict[str, Any]) -> str:
    """How long a run trained, from its `metrics`.

    Example:
        >>> trained_for({"epochs": 200, "steps": 8000, "fit_seconds": 2.51})
        '200 epochs, 8,000 steps in 2.5 s'
    """
    epochs, steps = several(metrics["epochs"], "epoch"), several(metrics["steps"], "step")
    return f"{epochs}, {steps} in {metrics['fit_seconds']:.1f} s"


def several(number: int, what: str) -> str:
    """A `number` of things called `what`, in the singular or plural.

    Example:
        >>> several(1, "epoch"), several(1000, "epoch")
        ('1 epoch', '1,000 epochs')
    """
    return f"{number:,} {what}{'s' * (number != 1)}"


def closing_scores(metrics: dict[str, Any]) -> dict[str, float]:
    """The scores of the best weights in a run's `metrics`, by their names in loggers.

    `val/loss` is already a curve there; `val/best_loss` is one point.

    Example:
        >>> closing_scores({"train/loss": 0.1, "val/loss": 0.2, "test/f1": 0.9, "epochs": 3})
        {'val/best_loss': 0.2, 'test/f1': 0.9}
    """
    return {
        name.replace("val/", "val/best_"): value
        for name, value in metrics.items()
        if name.startswith(("val/", "test")) and isinstance(value, float)
    }


def is_solved(metrics: dict[str, Any], rule: dict[str, Any]) -> bool | None:
    """Whether the metric that a rule names is within its bounds in `metrics`, or None if the rule has no bounds.

    Example:
        >>> is_solved({"test/accuracy": 0.99}, {"metric": "test/accuracy", "at_least": 0.98, "at_most": None})
        True
    """
    if rule["at_least"] is None and rule["at_most"] is None:
        return None
    value = metrics[rule["metric"]]
    return bool(
        (rule["at_least"] is None or value >= rule["at_least"])
        and (rule["at_most"] is None or value <= rule["at_most"])
    )


def solved_line(metrics: dict[str, Any], rule: dict[str, Any]) -> str | None:
    """A line that says whether the problem was solved, from `metrics`, and by which rule; None without a rule.

    Example:
        >>> rule = {"metric": "test/accuracy", "at_least": 0.98, "at_most": None}
        >>> solved_line({"test/accuracy": 0.99, "solved": True}, rule)
        'solved: test/accuracy is 0.9900, target ≥ 0.98'
    """
    if metrics["solved"] is None:
        return None
    bounds = [f"≥ {rule['at_least']}"] if rule["at_least"] is not None else []
    bounds += [f"≤ {rule['at_most']}"] if rule["at_most"] is not None else []
    value = _number(metrics[rule["metric"]])
    verdict = "solved" if metrics["solved"] else "NOT solved"
    return f"{verdict}: {rule['metric']} is {value}, target {' and '.join(bounds)}"


def equation(weight: list[list[float]], bias: list[float], spec: DataSpec, standardized: bool) -> str:
    """What a linear network has learned: its boundary, its line, or the score of each class.

    Args:
        weight: Weight of each output for each input [num_outputs, num_inputs].
        bias: Bias of each output [num_outputs].
        spec: Names of inputs and classes.
        standardized: Whether inputs are standardised, which the equation mentions.

    Example:
        >>> equation([[2.0]], [1.0], DataSpec("regression", (1,), feature_names=("x",)), standardized=False)
        'line: y = 1.0000 + 2.0000·x'
        >>> print(equation([[1.0, 2.0]], [-3.0], DataSpec("binary", (2,), ("0", "1")), standardized=False))
        boundary: x2 = 1.5000 − 0.5000·x1; logit = −3.0000 + 1.0000·x1 + 2.0000·x2
    """
    names = spec.feature_names or tuple(f"x{i + 1}" for i in range(len(weight[0])))
    where = " (in standardised inputs)" if standardized else ""
    if not spec.num_classes:
        weight = [[spec.target_unit * factor for factor in row] for row in weight]
        bias = [spec.target_unit * offset + spec.target_centre for offset in bias]
        return f"line: y = {_sum(bias[0], weight[0], names)}{where}"
    if len(weight) > 1:
        scores = [f"  {name}: {_sum(b, w, names)}" for name, w, b in zip(spec.class_names, weight, bias, strict=True)]
        return "\n".join([f"the class with the largest score wins{where}:", *scores])
    (row,), (offset,) = weight, bias
    score = f"logit = {_sum(offset, row, names)}"
    if len(row) == 2 and abs(row[1]) > 1e-12:
        solved_for_last = f"{names[1]} = {_sum(-offset / row[1], [-row[0] / row[1]], names[:1])}"
        return f"boundary: {solved_for_last}{where}; {score}"
    return f"boundary: 0 = {_sum(offset, row, names)}{where}"


def _sum(constant: float, factors: list[float], names: tuple[str, ...]) -> str:
    """A sum such as `1.02 + 1.97·x1 − 0.5·x2`, with at most eight terms."""
    terms = [f"{constant:.4f}".replace("-", "−")]
    for factor, name in list(zip(factors, names, strict=True))[:8]:
        terms.append(f"{'−' if factor < 0 else '+'} {abs(factor):.4f}·{name}")
    return " ".join(terms + (["+ …"] if len(factors) > 8 else []))


def evaluation_table(results: dict[str, Any]) -> str:
    """Scores and their intervals, one line each.

    Args:
        results: Scores by name, and under `intervals` the lower and upper end of some of them.

    Example:
        >>> print(evaluation_table({"roc_auc": 0.75, "intervals": {"roc_auc": (0.5, 1.0)}}))
          roc auc                 0.7500   95 % CI 0.5000 to 1.0000
    """
    intervals = results.get("intervals", {})
    lines = []
    for name, value in results.items():
        if isinstance(value, float):
            bounds = intervals.get(name)
            between = f"   95 % CI {_number(bounds[0])} to {_number(bounds[1])}" if bounds else ""
            lines.append(f"  {name.replace('_', ' '):<20}{_number(value):>10}{between}")
    return "\n".join(lines)


def hyperparameters(cfg: DictConfig) -> dict[str, Any]:
    """The settings of a `cfg` to compare runs by, flat: `data.noise`, `optimizer.lr`, …."""
    flat: dict[str, Any] = {"seed": cfg.seed}
    for group in ("data", "network", "head", "optimizer", "scheduler"):
        for key, value in OmegaConf.to_container(cfg[group], resolve=True).items():  # type: ignore[union-attr]
            name = str(value).rpartition(".")[2] if key == "_target_" else value
            flat[group if key == "_target_" else f"{group}.{key!s}"] = name
    return flat | {"trainer.max_epochs": cfg.trainer.max_epochs}
