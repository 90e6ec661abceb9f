"""Which spellings of a category mean the same."""

import re
from collections.abc import Iterable

_TRUTHS = (("true", "false"), ("yes", "no"), ("y", "n"), ("t", "f"), ("on", "off"), ("1", "0"))
_TRUE = frozenset(pair[0] for pair in _TRUTHS)
_FALSE = frozenset(pair[1] for pair in _TRUTHS)
_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")


def key(text: str) -> str:
    """What all spellings of `text` have in common: the value of numbers, the letters of true and false.

    Example:
        >>> key("1") == key(" 1.0") == key("1e0"), key("True") == key("TRUE"), key("Red") == key("red")
        (True, True, False)
    """
    text = text.strip()
    if is_number(text):
        return repr(float(text) + 0.0)
    lower = text.lower()
    return lower if lower in ("true", "false") else text


def is_number(text: str) -> bool:
    """Whether `text` is a number.

    Example:
        >>> is_number("-1.5e3"), is_number("nan"), is_number("1_2")
        (True, False, False)
    """
    return _NUMBER.fullmatch(text.strip()) is not None


def truth(text: str) -> str:
    """`true` or `false` if `text` means that in one of the usual spellings, otherwise its `key`.

    Example:
        >>> truth("Y"), truth("0.0"), truth("perhaps")
        ('true', 'false', 'perhaps')
    """
    found = key(text)
    lower = {"1.0": "1", "0.0": "0"}.get(found, found.lower())
    return "true" if lower in _TRUE else "false" if lower in _FALSE else found


def are_truths(texts: Iterable[str]) -> bool:
    """Whether a column with these `texts` contains yes and no in some form: true and false, y and n, 1 and 0.

    Example:
        >>> are_truths(["Yes", "no"]), are_truths(["f", "m"]), are_truths(["yes", "0"])
        (True, False, False)
    """
    found = {{"1.0": "1", "0.0": "0"}.get(key(text), text.strip().lower()) for text in texts}
    return bool(found) and any(found <= set(pair) for pair in _TRUTHS)
