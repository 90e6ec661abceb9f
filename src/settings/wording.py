"""The message for a broken rule: the key, the rule, the value and, if it is clear, what to write instead."""

import re
from typing import Any

from pydantic import ValidationError

from src.errors import nearest

_TYPES = "str", "int", "float", "bool"  # pydantic's names for the members of a union
_MOST_SHOWN = 100  # characters of a value in a message


def one_line(group: str, error: ValidationError) -> str:
    """The keys, the rules that they break and their values, in one line.

    Args:
        group: The config group of the keys, empty for those outside all groups.
        error: The error from pydantic.

    Example:
        >>> from src.settings.libraries import OptimizerRules
        >>> try:
        ...     OptimizerRules(lr=-1)
        ... except ValidationError as error:
        ...     one_line("optimizer", error)
        "optimizer.lr: input should be greater than 0 or input should be 'auto' (got -1)"
    """
    messages: dict[str, list[str]] = {}
    received: dict[str, Any] = {}
    remedies: dict[str, str] = {}
    for detail in error.errors():
        path = [part for part in detail["loc"] if isinstance(part, int) or (part.isidentifier() and part not in _TYPES)]
        top = [part for i, part in enumerate(path) if i == 0 or isinstance(part, int) or group == ""]
        key = ".".join(str(part) for part in ([group] if group else []) + top)
        unknown = detail["type"] in ("unexpected_keyword_argument", "extra_forbidden")
        message = "unknown key" if unknown else detail["msg"][0].lower() + detail["msg"][1:]
        remedies[key] = _remedy(key, detail)
        if message not in messages.setdefault(key, []):
            messages[key].append(message)
        received[key] = detail["input"]
    lines = [f"{key}: {' or '.join(found)} (got {shown(received[key])})" for key, found in messages.items()]
    return "; ".join(line + remedies[key] for key, line in zip(messages, lines, strict=True))


def _remedy(key: str, detail: Any) -> str:
    """What to write instead, if that is clear."""
    given = detail["input"]
    if detail["type"] == "literal_error" and isinstance(given, str):
        near = nearest(given, re.findall(r"'([^']+)'", detail["ctx"]["expected"]), cutoff=0.6)
        return f"; did you mean {near}?" if near else ""
    if detail["type"] == "list_type" and isinstance(given, int | float) and len(repr(given)) < _MOST_SHOWN // 5:
        return f"; write {key}=[{given}]"
    if detail["type"] == "list_type" and isinstance(given, str) and re.fullmatch(r"\(?\d[\d\s.,;x]{1,30}\)?", given):
        return f"; write {key}=[{','.join(re.findall(r'[.0-9]+', given))}]"  # (8,8) and 8x8, as in other languages
    if isinstance(given, str) and (share := re.fullmatch(r"(\d{1,3}(?:\.\d{1,6})?) ?%", given)):
        return f"; write {key}={float(share[1]) / 100:g}"
    if isinstance(given, str) and (ends := re.fullmatch(r"(\d{1,9})(?:\.\.|-)(\d{1,9})", given)):
        return f"; sweep over a range with -m {key}='range({ends[1]},{int(ends[2]) + 1})'"
    return ""


def shown(value: Any) -> str:
    """A `value` as shown in a message, shortened if it is long.

    Example:
        >>> shown("a"), shown(10**400)[-12:]
        ("'a'", '0000… of 401')
    """
    text = repr(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}… of {len(text)}"
