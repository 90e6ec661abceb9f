"""One process at a time trains in a folder: a lock that the system takes back when the process dies."""

import logging
import os
from pathlib import Path

from src.errors import ConfigError

try:
    import fcntl
except ImportError:  # not on this system
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

_locked: dict[str, int] = {}


def lock(folder: Path, key: str, shared: bool = False) -> None:
    """Keep other processes from training in a folder until `release`, or until this process ends.

    The lock is the folder's own, so that no file is needed and a folder that is copied takes no lock along. Processes
    that a run starts to train with it belong to the first one, which has the lock.

    Args:
        folder: Of a run or a sweep.
        key: What the user set, for messages.
        shared: Other processes may have the folder as well, but none alone: a sweep of which one run is resumed.

    Raises:
        ConfigError: Another process has it.
    """
    place = str(folder.resolve())
    if "LOCAL_RANK" in os.environ or place in _locked:
        return
    opened = os.open(place, os.O_RDONLY)
    try:
        if fcntl is None:
            raise OSError
        fcntl.flock(opened, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(opened)
        raise ConfigError(f"{key}: another process trains in {folder} now; wait until it has ended") from None
    except OSError:
        os.close(opened)
        log.warning("%s: its file system has no locks; take care that no other process trains there", folder)
    else:
        _locked[place] = opened


def release(folder: Path | None = None) -> None:
    """Give back the lock of a folder; None gives back all that this process has."""
    places = list(_locked) if folder is None else [str(folder.resolve())]
    for place in places:
        if place in _locked:
            os.close(_locked.pop(place))


# Else processes that decode images would keep the lock of a run that was killed.
os.register_at_fork(after_in_child=release)
