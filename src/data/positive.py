"""Which of two classes is the positive one, to which precision, recall, F1 and the threshold refer."""

import re
from collections.abc import Sequence
from typing import Any

from src.errors import ConfigError

AUTO = "auto"
"""The names decide, then the counts of a file."""

_YES = frozenset({"true", "yes", "present"})
_NO = frozenset({0.0, -1.0})
"""If the other class is one of these, 1 can only mean yes; otherwise it is taken to mean yes, with a warning."""

_LOOKED_FOR = frozenset(
    [
        *(
            "sick",
            "ill",
            "disease",
            "diseased",
            "case",
            "malignant",
            "cancer",
            "tumor",
            "tumour",
            "infected",
            "infection",
        ),
        *("abnormal", "positive", "relapse", "recurrence", "died", "dead", "deceased", "death"),
        *(
            "fraud",
            "fraudulent",
            "churn",
            "churned",
            "default",
            "defaulted",
            "spam",
            "phishing",
            "malware",
            "malicious",
        ),
        *("attack", "intrusion", "anomaly", "anomalous", "outlier"),
        *("defect", "defective", "fault", "faulty", "failure", "failed", "broken", "damaged", "toxic"),
    ]
)
"""What binary classifiers are built to find. A word is listed if it hardly ever names the ordinary class, whatever the
other class is called: so `control`, `left` and `new` are not listed."""

_NEGATIONS = frozenset({"no", "not", "non", "never", "without", "free"})
_RARE = 0.4
"""Above this share of the rows, being rarer may be chance."""


def positive_last(
    names: tuple[str, ...], wanted: Any, counts: Sequence[int] | None = None
) -> tuple[tuple[str, ...], str | None]:
    """The names of classes with the positive one of two last, and a warning if that was a guess.

    The positive class is, in this order: the `wanted` one; 1, true, yes or present; a word for something to detect,
    such as sick or fraud; the rarer class, if rows are counted and it has fewer than 40 % of them; the last. A 1 is
    also a guess unless the other name is 0 or -1.

    Args:
        names: The names of all classes, in the order of their indices.
        wanted: Name of the positive class, `auto`, or None to keep the order.
        counts: Rows of each class, for data from files, where rarity is informative.

    Raises:
        ConfigError: `wanted` is not one of two classes.

    Example:
        >>> positive_last(("sick", "well"), "auto"), positive_last(("sick", "well"), "well")
        ((('well', 'sick'), None), (('sick', 'well'), None))
    """
    if wanted is None or (wanted == AUTO and len(names) != 2):
        return names, None
    if len(names) != 2:
        found = f"{len(names)} classes" if names else "numeric targets"
        raise ConfigError(f"data.positive: is for two classes, but this data has {found} (got {wanted!r}); use auto")
    if wanted != AUTO:
        return _last(names, _named(names, wanted)), None
    for is_positive in (_says_yes, _is_looked_for):
        told = [name for name, other in (names, names[::-1]) if is_positive(name, other)]
        if len(told) == 1:
            guessed = is_positive is _says_yes and _is_guess(names, told[0])
            return _last(names, told[0]), _doubt(names, told[0], "which usually means yes") if guessed else None
    if counts is not None and min(counts) < _RARE * sum(counts):
        rarer = names[0] if counts[0] < counts[1] else names[1]
        return _last(names, rarer), _doubt(names, rarer, f"the rarer ({min(counts) / sum(counts):.0%} of the rows)")
    return names, _doubt(names, names[1], "the second")


def check_kept(names: tuple[str, ...], wanted: Any) -> None:
    """Raise `ConfigError` if `wanted` is not the positive class that a run with classes `names` was trained with."""
    if wanted not in (None, AUTO) and positive_last(names, wanted)[0] != names:
        raise ConfigError(
            f"data.positive: the run was trained with {names[1]} as its positive class (got {wanted!r}); leave it out, "
            "or train from scratch"
        )


def _named(names: tuple[str, ...], wanted: Any) -> str:
    """The one of two names that a user wrote as text, number or boolean."""
    spoken = {True: {"true", "yes"}, False: {"false", "no"}}[wanted] if isinstance(wanted, bool) else {str(wanted)}
    for same in (str, str.casefold, _number):
        for name in names:
            if same(name) in set(map(same, spoken)) - {None}:
                return name
    raise ConfigError(f"data.positive: should be {' or '.join(names)} (got {wanted!r}); name one of them, or use auto")


def _last(names: tuple[str, ...], positive: str) -> tuple[str, ...]:
    return (*(name for name in names if name != positive), positive)


def _says_yes(name: str, other: str) -> bool:
    return name.casefold() in _YES or (_number(name) == 1 != _number(other))


def _is_guess(names: tuple[str, ...], positive: str) -> bool:
    """Whether the class next to a 1 is neither 0 nor -1; next to a 2, the 1 may just be the first class."""
    (other,) = (name for name in names if name != positive)
    return _number(positive) == 1 and _number(other) not in _NO


def _is_looked_for(name: str, other: str) -> bool:
    words = set(re.split(r"[\W_]+", name.casefold()))
    return not words.isdisjoint(_LOOKED_FOR) and words.isdisjoint(_NEGATIONS)


def _number(name: str) -> float | None:
    try:
        return float(name)
    except ValueError:
        return None


def _doubt(names: tuple[str, ...], positive: str, why: str) -> str:
    other = names[0] if positive == names[1] else names[1]
    return (
        f"data.positive: {positive}, {why}, is taken as the positive class, to which precision, recall, F1 and the "
        f"threshold refer; data.positive={other} chooses the other"
    )
