"""What a page may send: anything else is not from the page."""

import json
from typing import Any

MOST_BYTES = 64 * 1024  # per message from a page
_DOS = {
    "play",
    "pause",
    "fast",
    "step",
    "epoch",
    "reset",
    "seed",
    "usual",
    "set",
    "show",
    "stop",
    "seen",
    "save",
    "test",
    "open",
    "leave",
    "points",
    "starts",
    "weights",
    "next_step",
    "landscape",
    "replay",
    "lock",
    "draw",
    "row",
    "cell",
}


def understood(text: str) -> dict[str, Any] | None:
    """The message of a page in a JSON `text`; None if a page would not send it."""
    try:
        found = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    known = isinstance(found, dict) and isinstance(found.get("do"), str) and found["do"] in _DOS
    return found if known else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a JSON number")
