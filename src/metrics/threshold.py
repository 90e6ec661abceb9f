"""The probability at which rows become positive, chosen by a rule on rows with known labels."""

import re
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from src.errors import ConfigError
from src.metrics.curves import counts_by_threshold

_NUM_DIGITS = 4  # of a score in a message


class Rule(NamedTuple):
    """The rule by which a threshold is chosen.

    Attributes:
        name: Name of the rule.
        value: The threshold itself, or the precision or recall to reach; 0 for the other rules.
    """

    name: Literal["number", "f1", "youden", "precision", "recall"]
    value: float = 0.0

    def __str__(self) -> str:
        """The rule as a user writes it."""
        if self.name == "number":
            return f"{self.value}"
        return f"{self.name}>={self.value}" if self.value else self.name


_BY_NAME = {"f1": Rule("f1"), "youden": Rule("youden")}


def parse_rule(text: str | float) -> Rule:
    """The rule for a user's text.

    Args:
        text: A number between 0 and 1, `f1`, `youden`, `precision>=X` or `recall>=X`.

    Raises:
        ConfigError: The text is none of these.

    Example:
        >>> parse_rule("precision>=0.95")
        Rule(name='precision', value=0.95)
    """
    written = str(text).strip()
    if written in _BY_NAME:
        return _BY_NAME[written]
    if wish := re.fullmatch(r"(precision|recall)\s*>=\s*(\S+)", written):
        value = _number(wish[2])
        if value is not None and 0 < value <= 1:
            return Rule("precision" if wish[1] == "precision" else "recall", value)
    else:
        value = _number(written)
        if value is not None and 0 < value < 1:
            return Rule("number", value)
    raise ConfigError(
        f"threshold: should be a number between 0 and 1, f1, youden, precision>=X or recall>=X (got {text!r})"
    )


def choose_threshold(rule: Rule, p: Tensor, y: Tensor) -> float:
    """The threshold in (0, 1) that a rule chooses for probabilities p [N] and labels y [N]; p >= threshold is positive.

    `f1` maximises F1, `youden` the difference of true and false positive rate, `precision>=X` recall among the
    thresholds that reach the precision, and `recall>=X` precision. Ties are broken by the other score, then by the
    distance to 0.5. The threshold lies midway between two distinct probabilities, so that no row flips when a head
    compares logits or rounds to float32.

    Raises:
        ConfigError: No threshold reaches the precision or recall, or y has only one class.

    Example:
        >>> p, y = torch.tensor([0.9, 0.6, 0.4, 0.2]), torch.tensor([1, 0, 1, 0])
        >>> [round(choose_threshold(parse_rule(rule), p, y), 4) for rule in ("f1", "precision>=1")]
        [0.3, 0.75]
    """
    if rule.name == "number":
        return rule.value
    check_labels(rule, y)
    choices, true, false = _choices(p, y)
    num_positive, num_negative = int((y == 1).sum()), int((y != 1).sum())
    precision, recall = true.double() / (true + false), true.double() / num_positive
    if rule.name == "f1":
        ranks = [2 * true.double() / (true + false + num_positive)]
    elif rule.name == "youden":
        ranks = [(true * num_negative - false * num_positive).double()]  # exact, so that ties are ties
    else:
        wanted, other = (precision, recall) if rule.name == "precision" else (recall, precision)
        reached = wanted >= rule.value
        if not reached.any():
            raise ConfigError(
                f"threshold: no threshold reaches {rule} on these rows"
                f" (the best is {float(wanted.max()):.{_NUM_DIGITS}g}); lower it"
            )
        ranks = [other.where(reached, -1.0), wanted]
    best = torch.ones_like(choices, dtype=torch.bool)
    for rank in [*ranks, -(choices - 0.5).abs()]:
        best &= rank == rank[best].max()
    return float(choices[best][0])


def check_labels(rule: Rule, y: Tensor) -> None:
    """Raise `ConfigError` if a rule cannot choose a threshold because all labels y [N] are of one class.

    Args:
        rule: The rule.
        y: Zeros and ones [N].
    """
    labels = y.unique().tolist()
    if rule.name != "number" and len(labels) < 2:
        raise ConfigError(
            f"threshold: {rule} needs rows of both classes (got only class {labels[0]}); give a number instead"
        )


def _choices(p: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Thresholds [T] in (0, 1), and the true and false positives [T] of each.

    Probabilities that are equal in float32 count as one, since a head that computes in float32 cannot distinguish them.
    """
    distinct, true, false = counts_by_threshold(p.detach().cpu().float(), y.cpu())
    above, below = distinct.double(), torch.cat([distinct[1:], distinct.new_zeros(1)]).double()
    middle = (above + below) / 2
    # between neighbours in float32 the midpoint may round down to the lower one
    choices = middle.where(middle.float() > below.float(), above)
    inside = (choices > 0) & (choices < 1)
    return choices[inside], true[inside], false[inside]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
