"""The classes of a target: which spellings mean the same class."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from src.data.tabular.likeness import is_number, key
from src.errors import ConfigError

_SHOWN = 3
_MOST_CLASSES = 1000


def as_classes(texts: Iterable[str], merge: bool, source: str) -> dict[str, str]:
    """The class of each string in a target: spellings of the same number are one class, named as in most rows.

    Args:
        texts: The strings of all rows.
        merge: Whether strings that differ only in case or spaces are also one class.
        source: Where they are from, for messages.

    Raises:
        ConfigError: There are such strings, but `merge` is false.

    Example:
        >>> as_classes(["1", "1.0", "1.0", "no"], merge=False, source="rows.csv")
        {'1': '1.0', '1.0': '1.0', 'no': 'no'}
        >>> as_classes(["Yes", "yes", "yes ", "no"], merge=True, source="rows.csv")["Yes"]
        'yes'
    """
    counts = Counter(text.strip() for text in texts)
    alike: dict[str, list[str]] = {}
    for text in counts:
        alike.setdefault(_bare(text), []).append(text)
    if not merge and (twice := [each for each in alike.values() if len({_number(text) for text in each}) > 1]):
        shown = "; ".join(", ".join(map(repr, sorted(each))) for each in twice[:_SHOWN])
        raise ConfigError(
            f"{source}: classes differ only in case or spaces ({shown}{'; …' if len(twice) > _SHOWN else ''}); "
            "data.merge_classes=true makes them one, or fix them"
        )
    return {text: max(each, key=lambda one: (counts[one], -len(one), one)) for each in alike.values() for text in each}


def known_as(text: str, names: Iterable[str], merge: bool) -> str:
    """The class in `names` that `text` is another spelling of, or `text` itself.

    Example:
        >>> known_as("1.0", ["0", "1"], merge=False), known_as("YES", ["no", "yes"], merge=False)
        ('1', 'YES')
    """
    same = _bare if merge else _number
    known: Mapping[str, str] = {same(name): name for name in names}
    return known.get(same(text), text)


def class_of_each(texts: list[str], names: Sequence[str] | None, merge: bool, source: str) -> list[str | None]:
    """The class of each of the strings `texts` [N] of a target.

    Args:
        texts: The strings of all rows.
        names: The classes of a checkpoint's run; None finds them.
        merge: As for `as_classes`.
        source: As for `as_classes`.

    Raises:
        ConfigError: As for `as_classes`.
    """
    if names is None:
        classes = as_classes(texts, merge, source)
    else:
        classes = {text: known_as(text, names, merge) for text in set(texts)}
    return [classes[text] for text in texts]


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """Class `names`, sorted as numbers if all of them are, otherwise as text."""
    try:
        return tuple(sorted(names, key=lambda name: (float(name), name)))
    except ValueError:
        return tuple(sorted(names))


def check_number(names: Sequence[str], source: str, gone: str) -> None:
    """Raise `ConfigError` if there are fewer than two classes, or implausibly many.

    Args:
        names: Names of the classes.
        source: Where they are from, for messages.
        gone: A remark in brackets about rows without a target, which may be another class.
    """
    if len(names) == 1:
        raise ConfigError(
            f"{source}: the target is {names[0]!r} in every row{gone}, but classification needs two or more classes; "
            f"name another column as data.target{', or head=regression' if is_number(names[0]) else ''}"
        )
    if len(names) > _MOST_CLASSES:
        remedy = ", or head=regression for amounts" if all(map(is_number, names)) else ""
        raise ConfigError(
            f"{source}: the target has {len(names)} different values (classification needs 2 to {_MOST_CLASSES}); name "
            f"another column{remedy}"
        )


def _number(text: str) -> str:
    """Numbers by value, other strings unchanged; unlike in a category, True is not true."""
    found = key(text)
    return text if found in ("true", "false") else found


def _bare(text: str) -> str:
    return "".join(_number(text).casefold().split())
