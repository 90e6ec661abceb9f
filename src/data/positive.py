"""Which of two classes is the positive one: the class that precision, recall, F1 and a threshold are of."""

import re
from collections.abc import Sequence
from typing import Any

from src.errors import ConfigError

AUTO = "auto"
"""The names decide, then the counts of a file."""

_YES = frozenset({"true", "yes", "present"})
_NO = frozenset({0.0, -1.0})
"""Beside these, 1 can mean nothing but yes; beside others it is taken for yes, and a line says so."""

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
"""What classifiers of two classes are built to find. A word is here if as the name of a class it is hardly ever the
ordinary one, whatever the language of the other: so `control`, `left` and `new` are not."""

_NEGATIONS = frozenset({"no", "not", "non", "never", "without", "free"})
_RARE = 0.4
"""Above this share of the rows, rarer is chance."""


def positive_last(
    names: tuple[str, ...], wanted: Any, counts: Sequence[int] | None = None
) -> tuple[tuple[str, ...], str | None]:
    """The names of classes with the positive one of two last, and what has to be said where that was a guess.

    In this order: the class that is `wanted`; 1, true, yes or present; a word for what is looked for, such as sick or
    fraud; the rarer class, where rows are counted and fewer than 40 % are of it; the last. A 1 beside other names than
    0 and -1 is a guess too.

    Args:
        names: Of all classes, in the order of their labels.
        wanted: Name of the positive class, `auto`, or None to keep the order.
        counts: Rows of each class, where rarity tells something: in files.

    Raises:
        ConfigError: `wanted` is none of two classes.

    Example:
        >>> positive_last(("sick", "well"), "auto"), positive_last(("sick", "well"), "well")
        ((('well', 'sick'), None), (('sick', 'well'), None))
    """
    if wanted is None or (wanted == AUTO and len(names) != 2):
        return names, None
    if len(names) != 2:
        found = f"{len(names)} classes" if names else "numbers for targets"
        raise ConfigError(f"data.positive: is for two classes, and these rows have {found} (got {wanted!r}); use auto")
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
    """Raise `ConfigError` where a run that was trained with classes `names` is `wanted` with another positive class."""
    if wanted not in (None, AUTO) and positive_last(names, wanted)[0] != names:
        raise ConfigError(
            f"data.positive: the run was trained with {names[1]} as its positive class (got {wanted!r}); leave it out, "
            "or train anew"
        )


def _named(names: tuple[str, ...], wanted: Any) -> str:
    """The one of two names that a user wrote, as text, number or truth."""
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
    """Whether a 1 stands beside another name than 0 or -1, such as 2, of which it may only be the first."""
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
        f"data.positive: {positive}, {why}, is taken for the positive class, the one that precision, recall, F1 and a "
        f"threshold are of; data.positive={other} takes the other"
    )
