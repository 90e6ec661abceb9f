"""The notation of a column's numbers: 1,234.5 or 1.234,5, $ 50,000, 45 %."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_UNIT = r"(?:[$€£¥₹₽₩₺₫₱฿¢%‰]|USD|EUR|GBP|CHF|JPY|CNY|INR|Rs\.?|kr\.?|zł|Fr\.?)"
_AROUND = re.compile(
    rf"^(?P<minus>[-+−(]?)\s*{_UNIT}?\s*(?P<inner>[-+−]?)(?P<digits>.*?)\s*{_UNIT}?\s*\)?$", re.IGNORECASE
)
_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
_WORDS = frozenset({"inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"})
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’")


class Spelling(NamedTuple):
    """The notation of a column's numbers.

    Attributes:
        decimal: The decimal mark.
        thousands: The mark between groups of three digits; empty for none.

    Example:
        >>> Spelling(",", ".").parse("1.234,5 €"), Spelling().parse("(45%)"), Spelling().parse("red")
        (1234.5, -45.0, None)
    """

    decimal: str = "."
    thousands: str = ""

    def parse(self, text: str) -> float | None:
        """The number in a cell's text, without its unit; None if there is none."""
        plain = text.strip()
        if plain.lower() in _WORDS or (_PLAIN.fullmatch(plain) and self.thousands != "."):
            return float(plain)
        return self._with_unit(plain)

    def _with_unit(self, text: str) -> float | None:
        around = _AROUND.match(text)
        if around is None or (around["minus"] == "(") != text.endswith(")"):
            return None
        digits = around["digits"]
        if self.thousands:
            if not _is_grouped(digits, self.decimal, self.thousands):
                return None
            digits = digits.replace(self.thousands, "")
        elif re.search(r"\d[\s'’]\d", digits):
            if not re.fullmatch(r"\d{1,3}([\s'’]\d{3})+(\D.*)?", digits):
                return None
            digits = digits.translate(_SPACES)
        digits = digits.replace(self.decimal, ".") if self.decimal != "." else digits
        if not _PLAIN.fullmatch(digits) or digits[0] in "+-":
            return None
        negative = around["minus"] in ("-", "−", "(") or around["inner"] in ("-", "−")
        return -float(digits) if negative else float(digits)


PLAIN = Spelling()
_OTHERS = Spelling(".", ","), Spelling(",", ""), Spelling(",", ".")


def spelling_of(texts: Iterable[str], decimal: str | None = None, thousands: str | None = None) -> Spelling | None:
    """The notation of a column with these `texts` if all of them are numbers; otherwise None.

    A single comma before three digits separates thousands, as in 1,234, unless another cell shows that commas are
    decimal.

    Args:
        texts: The distinct strings of a column, without missing cells.
        decimal: The decimal mark, if it is known.
        thousands: The mark between groups, if it is known.

    Example:
        >>> spelling_of(["0,163", "-1,447"]), spelling_of(["1,234", "50,000"]), spelling_of(["1.5", "red"])
        (Spelling(decimal=',', thousands=''), Spelling(decimal='.', thousands=','), None)
    """
    known = list(texts)
    told = [
        each
        for each in (PLAIN, *_OTHERS)
        if decimal in (None, each.decimal) and (thousands is None or thousands == each.thousands)
    ]
    if decimal is not None and thousands is not None and not told:
        told = [Spelling(decimal, thousands)]
    return next((each for each in told if all(each.parse(text) is not None for text in known)), None)


def _is_grouped(digits: str, decimal: str, thousands: str) -> bool:
    """Whether marks between groups are where they belong: in 1,234,567.8, but not in 0,163."""
    whole = digits.partition(decimal)[0]
    return (
        thousands not in digits or re.fullmatch(rf"[1-9]\d{{0,2}}({re.escape(thousands)}\d{{3}})+", whole) is not None
    )
