"""The threshold of a run: chosen, and saved in its folder."""

from pathlib import Path
from typing import Any

from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.metrics.threshold import Rule, parse_rule
from src.storage.folders import RunFolder
from src.storage.values import write_json
from src.trust.plain import read_json

_WHERE = {
    "given": "given",
    "val": "chosen on validation rows",
    "train": "chosen on training rows, which are also this run's validation rows",
}


def choose(head: Head, datamodule: InMemoryDataModule, rule: str | float | None = None) -> None:
    """Set the thresholds of a `head`: chosen by a rule on the validation rows of a `datamodule`, or a number.

    Args:
        head: The head of a trained run.
        datamodule: Its dataset.
        rule: A rule or a number; None is the head's own.

    Raises:
        ConfigError: The head has no threshold, or no threshold satisfies the rule.
    """
    head.choose_thresholds(rule, *head.outputs(datamodule.whole("val")))
    head.chosen_on = "given" if not head.chooses else "train" if datamodule.validates_on_training else "val"


def write(folder: Path, head: Head) -> None:
    """Save the thresholds of a `head` in a run's `folder`, with their rule and the rows it used."""
    values = {"rule": str(head.rule), "thresholds": head.thresholds, "chosen_on": head.chosen_on}
    write_json(RunFolder(folder).threshold, values)


def read(folder: Path, head: Head) -> None:
    """Set the thresholds of a `head` from a run's `folder`, if it has any.

    Raises:
        ConfigError: The file does not contain thresholds.
    """
    path = RunFolder(folder).threshold
    if head.thresholds is None or not path.exists():
        return
    stored = read_json(path)
    stored = stored if isinstance(stored, dict) else {}
    rule, thresholds = _rule(stored.get("rule")), stored.get("thresholds")
    thresholds = thresholds if isinstance(thresholds, list) and all(map(_is_share, thresholds)) else []
    if len(thresholds) != len(head.thresholds) or rule is None:
        raise ConfigError(
            f"{path}: should hold {_count(len(head.thresholds))} between 0 and 1, and the rule that chose; "
            "choose it again with src.evaluate threshold=RULE, or delete it, which leaves 0.5"
        )
    head.set_thresholds(thresholds)
    head.rule = rule
    if head.chooses:  # earlier versions wrote val even for numbers
        head.chosen_on = "train" if stored.get("chosen_on") == "train" else "val"


def line(head: Head) -> list[str]:
    """The line about the thresholds of a `head`, their classes and their origin, if it has any.

    Example:
        >>> import torch
        >>> from src.heads.binary import BinaryHead
        >>> from src.spec import DataSpec
        >>> line(BinaryHead(torch.nn.Linear(2, 1), DataSpec("binary", (2,), ("well", "sick")), torch.optim.SGD))
        ['threshold of class sick: 0.5 (given)']
    """
    if head.thresholds is None:
        return []
    what = "threshold of class" if head.spec.task == "binary" else "thresholds of labels"
    values = ", ".join(f"{each:.4g}" for each in head.thresholds)
    where = _WHERE[head.chosen_on]
    if head.chooses:
        where = f"{head.rule}, {'which has not chosen one yet' if head.chosen_on == 'given' else where}"
    return [f"{what} {', '.join(head.spec.asked)}: {values} ({where})"]


def _count(number: int) -> str:
    return "a threshold" if number == 1 else f"{number} thresholds"


def _rule(value: Any) -> Rule | None:
    """The rule named in a file; None if there is none."""
    try:
        return parse_rule(str(value))
    except ConfigError:
        return None


def _is_share(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1
