"""Remarks on what is allowed and yet rarely meant: a line on stderr, once a command, however many runs it trains."""

import logging
import os

log = logging.getLogger(__name__)

_made: set[str] = set()


def remark(kind: str, text: str) -> None:
    """Say a text, unless one of this kind has been said; of processes that train together, the first speaks."""
    if kind not in _made and os.environ.get("LOCAL_RANK", "0") == "0":
        _made.add(kind)
        log.warning("%s", text)


def forget() -> None:
    """Begin a new command."""
    _made.clear()
