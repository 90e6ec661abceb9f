"""Ctrl-C, SIGTERM and SIGHUP as one exception, and work that such a signal must not cut short.

The first signal interrupts whatever the process is doing, even in the middle of a block of minibatches, so that what is
held in memory can be saved. A second one ends the process at once.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from types import FrameType
from typing import Any

_SIGNALS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]

_SECONDS_BETWEEN_LOOKS = 0.2

# Handlers belong to the process, and so does their state.
_terminals: list[int] = []
_received: list[int] = []
_holds = 0
_nothing_to_save = False
_last_words: Callable[[], str] | None = None


class Interrupt(KeyboardInterrupt):
    """A signal that asks the process to end. Libraries treat it as Ctrl-C, whatever the signal was.

    Args:
        exit_code: The process's exit code: 128 plus the signal's number, as in shells.
    """

    def __init__(self, exit_code: int) -> None:
        super().__init__()
        self.exit_code = exit_code


def exit_code(error: BaseException) -> int:
    """The exit code of an interrupted command by its `error`: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.

    Example:
        >>> exit_code(KeyboardInterrupt()), exit_code(Interrupt(143))
        (130, 143)
    """
    return getattr(error, "exit_code", 128 + signal.SIGINT)


def behind(error: SystemExit) -> KeyboardInterrupt | None:
    """The interrupt that Lightning's Trainer turned into this error after all callbacks; None for other errors."""
    return error.__context__ if isinstance(error.__context__, KeyboardInterrupt) else None


def answer(last_words: Callable[[], str]) -> None:
    """Raise `Interrupt` on Ctrl-C, SIGTERM and SIGHUP until this process, which runs a command or a part of it, ends.

    A signal that the process was started to ignore, such as SIGHUP under `nohup`, is still ignored.

    Args:
        last_words: Called when a signal ends the process at once; returns the text to print.
    """
    global _last_words, _holds
    _last_words, _holds = last_words, 0
    _terminals[:] = [number for number in range(3) if os.isatty(number)]
    _received.clear()
    for number in _SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _on_signal)


def answered() -> bool:
    """Whether this is the process of a command, in which signals raise `Interrupt`."""
    return signal.getsignal(signal.SIGTERM) is _on_signal


def answer_too(number: int) -> Any:
    """Also raise `Interrupt` on `number`, the signal of a cluster before a time limit; returns its previous handler."""
    _received.clear()
    return signal.signal(number, _on_signal)


def take_over(trainer: Any) -> None:
    """Handle SIGTERM in place of a Lightning `trainer`, in the process of a command.

    Lightning would wait for the end of a block and, in distributed training, for processes that wait for this one.
    """
    if answered():
        from src.compat.lightning import leave_sigterm_alone

        leave_sigterm_alone(trainer)


@contextmanager
def held() -> Iterator[None]:
    """Make a first signal wait until the block ends, so that files that belong together are all written."""
    global _holds
    waiting = len(_received)
    _holds += 1
    try:
        yield
    finally:
        _holds -= 1
    if not _holds and len(_received) > waiting:
        raise Interrupt(128 + _received[0])


@contextmanager
def at_once() -> Iterator[None]:
    """Let even the first signal end the process inside the block, where there is nothing to save yet."""
    global _nothing_to_save
    before, _nothing_to_save = _nothing_to_save, True
    try:
        yield
    finally:
        _nothing_to_save = before


@cache
def end_with_parent() -> None:
    """End this worker process when the one that started it dies; otherwise it would train alongside its successor."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_SECONDS_BETWEEN_LOOKS)
        os._exit(128 + signal.SIGTERM)

    threading.Thread(target=watch, daemon=True).start()


def _on_signal(number: int, frame: FrameType | None) -> None:
    first = not _received
    _received.append(number)
    hung_up = number == getattr(signal, "SIGHUP", None)
    if hung_up:
        _leave_terminal()
    if _nothing_to_save or not (first or hung_up):  # a closing terminal sends SIGHUP more than once
        _end(128 + number)
    if first and not _holds:
        raise Interrupt(128 + number)


def _end(code: int) -> None:
    try:
        sys.stderr.write(f"{_last_words() if _last_words else 'interrupted'}\n")
    finally:
        os._exit(code)


def _leave_terminal() -> None:
    """Discard further output, which a closed terminal would refuse."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in _terminals:
        os.dup2(nowhere, number)
    os.close(nowhere)
