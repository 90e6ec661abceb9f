"""Columns of dates, and the numbers that a network can use from them."""

import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

_DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y-%m", "%d.%m.%Y", "%d.%m.%y", "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y"),
    *("%d/%m/%y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
_TIMES = " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p"
_LOOKS = re.compile(r"\d{1,4}[-/. ]|[A-Za-z]{3,9} \d|\d{4}\d{4}T")
_ISO = "iso"
_START, _START_UTC = datetime(1970, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)
PARTS = "days", "year", "month", "day", "weekday", "hour"
"""What a date becomes: days since 1970, and its position in the year, the month, the week and the day."""

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Dates(NamedTuple):
    """The format of a column's dates, and which of their parts vary among training rows.

    Attributes:
        form: A format for `datetime.strptime`, or `iso`.
        parts: Names of the parts.

    Example:
        >>> Dates("%d.%m.%Y", ("days", "weekday")).parse("08.01.1970")  # a Thursday, the fourth day from Monday
        [7.0, 3.0]
    """

    form: str
    parts: tuple[str, ...]

    def parse(self, text: str) -> list[float] | None:
        """The parts of a date; None if `text` is not a date."""
        moment = _moment(text.strip(), self.form)
        if moment is None:
            moment = _moment(text.strip(), _ISO)
        if moment is None:
            return None
        start = _START if moment.tzinfo is None else _START_UTC
        hour = moment.hour + moment.minute / 60 + moment.second / 3600
        days = (moment - start).total_seconds() / 86_400
        every = (days, moment.year, moment.month, moment.day, moment.weekday(), hour)
        return [float(value) for name, value in zip(PARTS, every, strict=True) if name in self.parts]


def form_of(texts: Iterable[str]) -> str | None:
    """The format of a column's dates if all of its `texts` are dates; otherwise None.

    Example:
        >>> form_of(["2024-01-31", "2023-12-01"]), form_of(["31/01/2024", "01/02/2024"]), form_of(["A-1", "B-2"])
        ('iso', '%d/%m/%Y', None)
    """
    known = [text.strip() for text in texts]
    if not known or not all(_LOOKS.match(text) for text in known):
        return None
    forms = [_ISO, *_DATES, *(date + time for time in _TIMES for date in _DATES)]
    return next((form for form in forms if all(_moment(text, form) is not None for text in known)), None)


def is_ambiguous(form: str, texts: Iterable[str]) -> bool:
    """Whether the dates `texts` of a `form` could also be read with day and month swapped."""
    other = form.replace("%m/%d", "%d/%m") if form.startswith("%m/%d") else ""
    return bool(other) and all(_moment(text.strip(), other) is not None for text in texts)


def missing(count: int) -> list[float]:
    """The parts of a missing date: `count` NaNs."""
    return [math.nan] * count


def _moment(text: str, form: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if form == _ISO else datetime.strptime(text, form)
    except ValueError:
        return None
