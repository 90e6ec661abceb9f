"""The end of a command's process, without taking PyTorch apart first, which takes a third of a second."""

import atexit
import gc
import io
import logging
import os

_FILES = (io.TextIOWrapper, io.BufferedWriter, io.BufferedRandom)
_codes: list[int] = []  # of the command that has ended


def expect() -> None:
    """Let the process end quickly once it has been `told` its exit code.

    What is registered with `atexit` later than this is called before, and so is logging's shutdown.
    """
    atexit.register(_end)


def told(code: int) -> int:
    """Note the exit `code` of the command that the process was started for; returns it."""
    _codes[:] = [code]
    return code


def _end() -> None:
    if not _codes:  # an unexpected error: Python ends as usual
        return
    try:
        logging.shutdown()
        gc.unfreeze()  # otherwise the files that were opened early would be missing
        for each in gc.get_objects():
            if type(each) in _FILES and not each.closed:
                each.flush()
    except Exception:  # Python tells of a full disk or a closed pipe when it tries again
        return
    os._exit(_codes[0])
