"""Remarks on what is allowed but rarely intended: a line on stderr, once per command, however many runs it trains."""

import logging
import os

log = logging.getLogger(__name__)

_made: set[str] = set()


def remark(kind: str, text: str) -> None:
    """Print `text` unless a remark of this `kind` was printed before; of several processes, only the first prints."""
    if kind not in _made and os.environ.get("LOCAL_RANK", "0") == "0":
        _made.add(kind)
        log.warning("%s", text)


def forget() -> None:
    """Forget all remarks, for a new command."""
    _made.clear()
