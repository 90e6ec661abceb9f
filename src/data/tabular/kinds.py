"""What each column of a table contains: numbers, dates, categories, or something that is not an input."""

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import numpy as np

from src.data.cells import Coded
from src.data.table import Table, as_number, as_text
from src.data.tabular.dates import form_of, is_ambiguous
from src.data.tabular.spelling import PLAIN, Spelling, spelling_of
from src.errors import ConfigError

_FEWEST_ROWS = 20  # fewer prove nothing: among three rows, any text is unique
_FEWEST_TEXTS = 20  # distinct strings: with fewer, each is a category, however few rows have it
_SHARE = 0.5  # of a column's cells: if this share is distinct, it contains free text
_SOME = 0.1  # of a column's cells: if this share is not a number, it contains text
_NAMES = 3  # of columns in one line
_ID = re.compile(r"(^|[\W_])(id|uid|uuid|guid|index|key|rownames|row_names)$|^unnamed: ?\d+$|^$", re.IGNORECASE)
_MARKS = re.compile(r"[^\w]+")


class Kinds(NamedTuple):
    """The columns of a table by what they contain.

    Attributes:
        numbers: The notation of the numbers of each column of numbers.
        dates: The format of each column of dates, for `datetime.strptime`.
        categories: Names of columns of categories.
        left_out: Why a column is not an input, by its name.
        said: Remarks about columns that are read in an unusual way.
    """

    numbers: dict[str, Spelling]
    dates: dict[str, str]
    categories: list[str]
    left_out: dict[str, str]
    said: list[tuple[str, str]]


def kinds_of(
    table: Table,
    categorical: Collection[str],
    keep: Collection[str],
    decimal: str | None = None,
    thousands: str | None = None,
    leaves_out: bool = True,
) -> Kinds:
    """What each column of a `table` contains.

    Args:
        table: The columns that may be inputs.
        categorical: Columns of categories, whatever their cells look like.
        keep: Columns that are inputs, whatever their cells look like.
        decimal: The decimal mark; None is detected.
        thousands: The mark between groups of three digits; None is detected.
        leaves_out: Whether columns that look like ids or free text are not inputs.

    Raises:
        ConfigError: A column mixes numbers and text.
    """
    texts = {name: _different(table, name) for name in table.columns if not _is_array(table.columns[name])}
    spellings = {
        name: spelling_of(found, decimal, thousands)
        for name, found in texts.items()
        if name not in categorical and found
    }
    if decimal is None and any(each is not None and each.decimal == "," for each in spellings.values()):
        for name, each in spellings.items():  # 1,234 in a file with 0,5
            if each is not None and each.thousands == ",":
                spellings[name] = spelling_of(texts[name], ",", thousands)
    kinds = Kinds({}, {}, [], {}, [])
    for name in table.columns:
        why = None
        if name in categorical:
            kinds.categories.append(name)
        elif name not in texts or spellings.get(name) is not None:
            kinds.numbers[name] = PLAIN if name not in texts else spellings[name] or PLAIN
            why = None if name in keep else _why_no_number(table, name, kinds.numbers[name])
        elif texts[name] and (form := form_of(texts[name])) is not None:
            kinds.dates[name] = form
            if is_ambiguous(form, texts[name]) and name not in keep:
                words = f"{name} is read as month/day/year; data.keep=[{name}] if it is, or write 2024-01-31"
                kinds.said.append(("dates", f"{table.source}: {words}"))
        else:
            kinds.categories.append(name)
            why = None if name in keep else _why_no_category(table, name, texts[name])
        if why is not None:
            kinds.left_out[name] = why
    if len(table.columns) == 1 or not leaves_out:  # of one column, nothing would be left
        kinds.left_out.clear()
    if kinds.left_out and len(kinds.left_out) == len(table.columns):
        names, why = list(kinds.left_out), next(iter(kinds.left_out.values()))
        raise ConfigError(
            f"{table.source}: nothing is left to predict from: {listed(list(map(shown, names)))} are left out ({why}); "
            f"data.keep=[{shown(names[-1])}] keeps one"
        )
    for name in kinds.left_out:
        kinds.numbers.pop(name, None)
        if name in kinds.categories:
            kinds.categories.remove(name)
    kinds.said.extend(_said(table, kinds, decimal is not None or thousands is not None, keep))
    return kinds


def _said(table: Table, kinds: Kinds, told: bool, keep: Collection[str]) -> Iterator[tuple[str, str]]:
    """Kind and text of what is unusual, except what the user has set or kept."""
    for why in dict.fromkeys(kinds.left_out.values()):
        names = [shown(name) for name, reason in kinds.left_out.items() if reason == why]
        verb, them = ("are", "them") if len(names) > 1 else ("is", "it")
        shortened = f"{','.join(names[:_NAMES])}{',…' if len(names) > _NAMES else ''}"
        yield (
            f"left out: {why}",
            f"{table.source}: {listed(names)} {verb} left out ({why}); data.keep=[{shortened}] keeps {them}",
        )
    for decimal, thousands, words in ((",", "", "decimal commas"), (",", ".", "1.234,5"), (".", ",", "1,234.5")):
        names = [name for name, each in kinds.numbers.items() if each == Spelling(decimal, thousands)]
        if names and not told:
            other = "data.decimal=','" if decimal == "." else "data.decimal=."
            yield (
                f"spelling {words}",
                f"{table.source}: {listed(names)} {'have' if len(names) > 1 else 'has'} numbers written "
                f"{'with' if thousands == '' else 'as'} {words}; {other} if not",
            )
    if dates := [name for name in kinds.dates if name not in keep]:
        verb = "are" if len(dates) > 1 else "is"
        right, wrong = f"data.keep=[{dates[0]}] confirms it", f"data.categorical=[{dates[0]}] makes categories"
        yield "dates read", f"{table.source}: {listed(dates)} {verb} read as dates; {right}, {wrong}"


def _why_no_number(table: Table, name: str, spelling: Spelling) -> str | None:
    """Why a column of numbers is useless as an input."""
    numbers = table.read_numbers(name, lambda cell: _parsed(cell, table.missing, spelling))
    count = len(numbers)
    if count < _FEWEST_ROWS or not np.isfinite(numbers).all():
        return None
    if numbers[0] in (0, 1) and np.array_equal(numbers, np.arange(count) + numbers[0]):
        return "it counts the rows"
    whole = np.array_equal(numbers, np.floor(numbers))
    if _ID.search(name) and whole and len(np.unique(numbers)) == count:
        return "a different number in each row, like an id"
    return None


def _why_no_category(table: Table, name: str, texts: list[str]) -> str | None:
    """Why a column of text is useless as an input: rows have nothing in common.

    Raises:
        ConfigError: Some cells of a column of numbers are not numbers.
    """
    cells = table.texts(name)
    known = [text for text in cells if text is not None]
    odd = {text for text in texts if as_number(text) is None}
    wrong = [text for text in known if text in odd]
    if 0 < len(wrong) < len(known):
        _refuse_mixture(table, name, cells, known, wrong)
    if len(table) < _FEWEST_ROWS or len(texts) <= _FEWEST_TEXTS:
        return "different text in each row" if _all_differ(table, known) else None
    return "text that hardly ever repeats" if len(texts) > _SHARE * len(known) else None


def _all_differ(table: Table, known: list[str]) -> bool:
    return len(table) >= _FEWEST_ROWS and len(known) == len(table) == len(set(known))


def _refuse_mixture(table: Table, name: str, cells: list[str | None], known: list[str], wrong: list[str]) -> None:
    """Raise `ConfigError` for a column of numbers with a few other cells or one mark for missing ones."""
    kinds = set(wrong)
    numbers = len(known) - len(wrong)
    marks = len(kinds) == 1 and (_MARKS.fullmatch(wrong[0]) is not None) and numbers >= 2
    few = numbers > len(wrong) and (len(wrong) < _SOME * len(known) or len(kinds) <= 5)
    if not marks and not few:
        return
    row = table.row_numbers[cells.index(wrong[0])]
    missing = f"data.missing=[{','.join(sorted(repr(each) for each in kinds))}] if it is not known, "
    raise ConfigError(
        f"{table.source}: column {name}, row {row} is not a number (got {wrong[0]!r}) but "
        f"{'most others are' if numbers > len(wrong) else 'others are'}; fix it, or set "
        f"{missing if len(kinds) <= 3 else ''}data.categorical=[{name}], or data.ignore=[{name}]"
    )


def _parsed(cell: Any, missing: Collection[str], spelling: Spelling) -> float | None:
    text = as_text(cell, missing)
    return float("nan") if text is None else spelling.parse(text)


def _different(table: Table, name: str) -> list[str]:
    """The distinct strings of a column in order, without missing cells."""
    cells = table.columns[name]
    values: Any = set(cells)
    if isinstance(cells, Coded):
        values = (cells.values[code] for code in np.unique(cells.codes[cells.codes >= 0]).tolist())
    return sorted({text for value in values if (text := as_text(value, table.missing)) is not None})


def _is_array(cells: Any) -> bool:
    return isinstance(cells, np.ndarray)


def shown(name: str) -> str:
    """A column's name, or a placeholder if it is empty."""
    return name or "''"


def listed(names: list[str]) -> str:
    """At most three names, and how many more there are."""
    more = f" and {len(names) - _NAMES} more" if len(names) > _NAMES else ""
    return f"{', '.join(names[:_NAMES])}{more}"
