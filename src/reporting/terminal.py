"""Safe terminal output: names of columns, classes and files are plain text and cannot control the terminal."""

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ACTS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters including escape; tabs and line breaks are our own
    "\u2028-\u202e\u2066-\u2069"  # line separators, and characters that change the direction of text
    "\ud800-\udfff]"  # bytes of a file name that are not UTF-8
)


def printable(text: str) -> str:
    r"""A text in which a terminal displays every character and executes none; line breaks and tabs stay.

    Example:
        >>> printable("cat\x1b[2J"), printable("größe 🙂"), printable("a\rb")
        ('cat\\x1b[2J', 'größe 🙂', 'a\\rb')
    """
    return _ACTS.sub(lambda match: match[0].encode("unicode_escape", "surrogatepass").decode(), text)


class Formatter(logging.Formatter):
    """Formats a message for a terminal or a log that is read on one."""

    def format(self, record: logging.LogRecord) -> str:
        """The message, without anything that a terminal would execute."""
        return printable(super().format(record))


class BelowWarning(logging.Filter):
    """Lets through records below warnings, which go to stderr."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is below a warning."""
        return record.levelno < logging.WARNING


@contextmanager
def messages_on_stderr() -> Iterator[None]:
    """Within the block, log to stderr and leave the standard output to data."""
    handlers = [each for each in logging.getLogger().handlers if getattr(each, "stream", None) is sys.stdout]
    for handler in handlers:
        handler.setStream(sys.stderr)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        for handler in handlers:
            handler.setStream(sys.stdout)  # type: ignore[attr-defined]
