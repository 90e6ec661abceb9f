"""Which task fits the values of a target, so that a run without a named head gets a suitable one."""

from collections.abc import Mapping
from typing import NamedTuple

from src.errors import ConfigError
from src.spec import Task

_MOST_CLASSES = 30
_RARE = 0.05  # share of the rows below which a number counts as one of many
_FEW = 0.1  # share of cells that are not numbers below which a target counts as numeric
_SHOWN = 3

_MEANT = {"regression": "for amounts", "multiclass": "for classes"}


class Choice(NamedTuple):
    """A task, and the reason for it.

    Attributes:
        task: The task that fits.
        why: What the target looks like, in words.
        other: Another task that may have been meant; None if nothing else fits.

    Example:
        >>> print(Choice("regression", "price has 95 different numbers", other="multiclass"))
        head=regression, since price has 95 different numbers (head=multiclass for classes)
    """

    task: Task
    why: str
    other: Task | None = None

    def __str__(self) -> str:
        otherwise = f" (head={self.other} {_MEANT[self.other]})" if self.other else ""
        return f"head={self.task}, since {self.why}{otherwise}"


def of_texts(name: str, num_values: int) -> Choice:
    """The task for a target called `name` with `num_values` different values that are not all numbers."""
    return Choice(_classes(num_values), f"{name} is one of {_count(num_values, 'class')}")


def of_numbers(name: str, counts: Mapping[float, int]) -> Choice:
    """The task for a target of numbers: classes if they are whole and few, or if most rows share a few of them.

    Args:
        name: Name of the target.
        counts: Rows with each number.

    Example:
        >>> print(of_numbers("grade", {1.0: 20, 2.0: 30, 3.0: 10}))
        head=multiclass, since grade has 3 different whole numbers (head=regression for amounts)
        >>> of_numbers("price", {0.5: 20, 1.25: 30, 3.0: 10}).task
        'regression'
    """
    total, whole = sum(counts.values()), all(number.is_integer() for number in counts)
    many = sum(count < _RARE * total for count in counts.values()) > _MOST_CLASSES
    values = f"{len(counts):,} different {'whole ' if whole else ''}numbers"
    if len(counts) > 2 and (many or not whole):
        return Choice("regression", f"{name} has {values}", "multiclass" if whole or not many else None)
    return Choice(_classes(len(counts)), f"{name} has {values}", "regression")


def check_mixture(name: str, source: str, numbers: Mapping[float, int], texts: Mapping[str, int]) -> None:
    """Refuse a target of amounts in which a few cells are not numbers.

    Args:
        name: Name of the target.
        source: Where it is from.
        numbers: Rows with each number.
        texts: Rows with each text that is not a number.

    Raises:
        ConfigError: The target is such a mixture.
    """
    total = sum(numbers.values()) + sum(texts.values())
    if not texts or sum(texts.values()) >= _FEW * total or of_numbers(name, numbers).task != "regression":
        return
    shown = ",".join(repr(text) for text in sorted(texts)[:_SHOWN])
    more = ",…" if len(texts) > _SHOWN else ""
    cells = _count(sum(texts.values()), "cell")
    raise ConfigError(
        f"{source}: the target {name} contains numbers, except for {cells} ({shown}{more}); fix them, or set "
        f"data.missing=[{shown}{more}] to leave out their rows, or head=multiclass for classes"
    )


def _classes(num_values: int) -> Task:
    return "binary" if num_values <= 2 else "multiclass"


def _count(number: int, noun: str) -> str:
    plural = "classes" if noun == "class" else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
