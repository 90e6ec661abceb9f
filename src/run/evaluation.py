"""A run measured on one of its splits: scores and their intervals, tables, curves and figures, in a folder."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Self

import torch
from omegaconf import DictConfig
from torch import Tensor

from src.data.base import Split
from src.files import aside
from src.folders import find_run
from src.heads.classification import ClassificationHead
from src.heads.multilabel import MultilabelHead
from src.heads.threshold import ThresholdHead
from src.metrics.bootstrap import intervals
from src.metrics.curves import calibration_curve, precision_recall_curve, roc_curve, threshold_curve
from src.metrics.scores import class_scores, overall_scores
from src.products import check_folder, product
from src.report import evaluation_table
from src.run.files import read_json, write_csv, write_json
from src.run.opening import OpenRun, choose_threshold, open_run

log = logging.getLogger(__name__)

Curves = dict[str, dict[str, Tensor]]
"""Curves by the name of their class; a curve is a table of equally long columns."""


@dataclass
class Evaluation:
    """What a run says about the rows of a split, and how right it is.

    Attributes:
        opened: The run.
        split: Which rows.
        logits: What the head returned for each [N, …].
        y: Their targets, [N] or [N, L].
    """

    opened: OpenRun
    split: Split
    logits: Tensor
    y: Tensor

    @classmethod
    def of(cls, opened: OpenRun, split: Split) -> Self:
        """What a run that was `opened` says about all rows of a split."""
        return cls(opened, split, *opened.head.outputs(opened.datamodule.whole(split)))

    @property
    def probabilities(self) -> Tensor:
        """Probabilities [N, C], or [N, L] where a row has several labels; float64."""
        assert isinstance(self.opened.head, ClassificationHead | MultilabelHead)
        return self.opened.head.probabilities(self.logits.double())

    @property
    def predictions(self) -> Tensor:
        """Labels [N] or [N, L], or values [N]."""
        return self.opened.head.predictions(self.logits)

    def each_class(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Name, probabilities [N] and truth [N] of each class against the rest, or of class 1 where there are two."""
        names, probabilities = self.opened.spec.class_names, self.probabilities
        truth = self.y if self.y.ndim == 2 else torch.nn.functional.one_hot(self.y, len(names))
        for label, name in enumerate(names):
            if self.opened.spec.task != "binary" or label == 1:
                yield name, probabilities[:, label], truth[:, label]


def evaluate(cfg: DictConfig) -> Path:
    """Measure a run and write `evaluation/` in its folder, one for each split and change of the dataset; that folder.

    Args:
        cfg: As `conf/evaluate.yaml` composes it.

    Raises:
        ConfigError: No such run, no checkpoint that fits, data of another kind, or a threshold that cannot be.
    """
    opened = open_run(find_run(cfg.run, cfg.runs_dir, "run"), cfg.changes, cfg.data_dir, cfg.get("trust"))
    target = opened.folder / _folder_name(cfg)
    check_folder(target, "run")
    change = opened.check_data()
    if cfg.threshold is not None:
        choose_threshold(opened, cfg.threshold)
    evaluation = Evaluation.of(opened, cfg.split)
    results = _results(evaluation, cfg.resamples)
    if change is not None:
        results["data_changed"] = change
    with product(target, "evaluation", "run", ours=_is_evaluation) as folder:
        write_json(folder / "metrics.json", results)
        _write_tables(evaluation, folder)
        _write_figures(evaluation, folder)
    log.info("%s, %s split: %s rows", opened.folder, cfg.split, f"{len(evaluation.y):,}")
    if isinstance(opened.head, ThresholdHead):
        why = "" if opened.head.rule.name == "number" else f" ({opened.head.rule} on validation rows)"
        log.info("threshold %s%s", ", ".join(f"{each:.4g}" for each in opened.head.thresholds), why)
    log.info("")
    log.info("%s\n", evaluation_table(results))
    log.info("written to %s", target)
    return target


def _folder_name(cfg: DictConfig) -> str:
    """`evaluation`, and what makes this one different from the usual."""
    parts = [] if cfg.split == "test" else [str(cfg.split)]
    parts += [f"{key}={value}".replace("/", "_") for key, value in cfg.changes.get("data", {}).items()]
    return "_".join(["evaluation", *parts])


def _is_evaluation(folder: Path) -> bool:
    """Whether a folder without a manifest holds an evaluation of a version that wrote none."""
    return read_json(folder / "metrics.json").keys() >= {"run", "split", "num_rows"}


def _results(evaluation: Evaluation, resamples: int) -> dict[str, Any]:
    opened, y = evaluation.opened, evaluation.y
    about = {"run": str(opened.folder), "split": evaluation.split, "num_rows": len(y)}
    measured = opened.head.measure(evaluation.logits, y)
    if opened.spec.task == "regression":
        return about | measured
    arguments = (opened.spec.task, evaluation.probabilities, evaluation.predictions, y)
    scores: dict[str, Any] = {"loss": measured["loss"], **overall_scores(*arguments)}
    if isinstance(opened.head, ThresholdHead):
        about["thresholds"] = opened.head.thresholds
    found = intervals(*arguments, resamples=resamples) if resamples else {}
    by_class = class_scores(*arguments, opened.spec.class_names)
    return about | scores | {"intervals": found, "confusion_matrix": measured["confusion_matrix"], "by_class": by_class}


def _write_tables(evaluation: Evaluation, folder: Path) -> None:
    spec, predictions, y = evaluation.opened.spec, evaluation.predictions, evaluation.y
    if spec.task == "regression":
        write_csv(folder / "predictions.csv", {"target": y.tolist(), "predicted": predictions.tolist()})
        return
    probabilities = dict(zip(spec.class_names, evaluation.probabilities.T.tolist(), strict=True))
    named = {f"probability_{name}": column for name, column in probabilities.items()}
    if spec.task == "multilabel":
        shown = {f"target_{name}": column for name, column in zip(spec.class_names, y.T.tolist(), strict=True)}
        shown |= {f"predicted_{name}": c for name, c in zip(spec.class_names, predictions.T.tolist(), strict=True)}
    else:
        shown = {
            "target": [spec.class_names[label] for label in y.tolist()],
            "predicted": [spec.class_names[label] for label in predictions.tolist()],
        }
    write_csv(folder / "predictions.csv", shown | named)
    by_class = class_scores(spec.task, evaluation.probabilities, predictions, y, spec.class_names)
    write_csv(folder / "by_class.csv", {key: [row[key] for row in by_class] for key in by_class[0]})
    for name, curves in _curves(evaluation).items():
        write_csv(folder / f"{name}.csv", _stacked(curves))
    if isinstance(evaluation.opened.head, ClassificationHead):
        counts = evaluation.opened.head.confusion(evaluation.logits, y)
        shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
        for name, table in (("confusion_matrix", counts), ("confusion_matrix_normalized", shares)):
            columns = dict(zip(spec.class_names, table.T.tolist(), strict=True))
            write_csv(folder / f"{name}.csv", {"true": spec.class_names, **columns})


def _curves(evaluation: Evaluation) -> dict[str, Curves]:
    kinds = {"roc": roc_curve, "precision_recall": precision_recall_curve, "calibration": calibration_curve}
    if evaluation.opened.spec.task != "multiclass":
        kinds["thresholds"] = threshold_curve
    return {
        kind: {name: curve(p, truth) for name, p, truth in evaluation.each_class()} for kind, curve in kinds.items()
    }


def _stacked(curves: Curves) -> Mapping[str, list[Any]]:
    """Curves below each other, the class in front where there are several."""
    columns: dict[str, list[Any]] = {"class": []} if len(curves) > 1 else {}
    for name, curve in curves.items():
        for column, values in curve.items():
            columns.setdefault(column, []).extend(values.tolist())
        if len(curves) > 1:
            columns["class"] += [name] * len(next(iter(curve.values())))
    return columns


def _write_figures(evaluation: Evaluation, folder: Path) -> None:
    from src.plots.style import to_png

    for name, draw in figures(evaluation).items():
        with aside(folder / f"{name}.png") as part:
            part.write_bytes(to_png(draw())[0])


def figures(evaluation: Evaluation) -> dict[str, Callable[[], Any]]:
    """What can be drawn of an evaluation: the stem of each figure's file, and what draws it."""
    opened, y, spec = evaluation.opened, evaluation.y, evaluation.opened.spec
    title = f"{evaluation.split} split"
    if spec.task == "regression":
        from src.plots.fit import fit_figure

        x = opened.datamodule.seen(evaluation.split, slice(None))
        return {"fit": partial(fit_figure, x, y, evaluation.predictions, spec.feature_names, title)}
    from src.metrics.curves import average_precision, roc_auc
    from src.plots.calibration import calibration_figure
    from src.plots.confusion import confusion_figure, label_confusions_figure
    from src.plots.precision_recall import precision_recall_figure
    from src.plots.roc import roc_figure
    from src.plots.thresholds import thresholds_figure

    assert isinstance(opened.head, ClassificationHead | MultilabelHead)
    confusion = opened.head.confusion(evaluation.logits, y)
    curves = _curves(evaluation)
    areas = {name: roc_auc(p, truth) for name, p, truth in evaluation.each_class()}
    precisions = {name: average_precision(p, truth) for name, p, truth in evaluation.each_class()}
    found: dict[str, Callable[[], Any]]
    if spec.task == "multilabel":
        found = {"confusion_matrix": partial(label_confusions_figure, confusion, spec.class_names, title)}
    else:
        draw = partial(confusion_figure, confusion, spec.class_names, title)
        found = {"confusion_matrix": draw, "confusion_matrix_normalized": partial(draw, normalized=True)}
    found["roc"] = partial(roc_figure, curves["roc"], areas, title)
    found["precision_recall"] = partial(precision_recall_figure, curves["precision_recall"], precisions, title)
    found["calibration"] = partial(calibration_figure, curves["calibration"], title)
    if isinstance(opened.head, ThresholdHead):
        for (name, curve), chosen in zip(curves["thresholds"].items(), opened.head.thresholds, strict=True):
            suffix = f"_{name}" if len(curves["thresholds"]) > 1 else ""
            draw = partial(thresholds_figure, curve, chosen, f"{title}, {name}")
            found[f"thresholds{suffix}".replace("/", "_")] = draw
    return found
