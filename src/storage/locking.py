"""A lock so that one process at a time trains in a folder; the system releases it when the process dies."""

import logging
import os
from pathlib import Path

from src.errors import ConfigError

try:
    import fcntl
except ImportError:  # not available on this system
    fcntl = None  # type: ignore[assignment]

log = logging.getLogger(__name__)

_locked: dict[str, int] = {}


def lock(folder: Path, key: str, shared: bool = False) -> None:
    """Keep other processes from training in a folder until `release`, or until this process ends.

    The lock is on the folder itself, so that no file is needed and a copied folder is not locked. Processes that a run
    starts for distributed training share the lock of the first one.

    Args:
        folder: Folder of a run or a sweep.
        key: The setting, for messages.
        shared: Whether other processes may share the folder, but none may have it alone: a sweep with one run being
            resumed.

    Raises:
        ConfigError: Another process holds the lock.
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
        raise ConfigError(f"{key}: another process trains in {folder} now; wait until it has finished") from None
    except OSError:
        os.close(opened)
        log.warning("%s: its file system has no locks; make sure that no other process trains there", folder)
    else:
        _locked[place] = opened


def release(folder: Path | None = None) -> None:
    """Release the lock of a folder; None releases all locks of this process."""
    places = list(_locked) if folder is None else [str(folder.resolve())]
    for place in places:
        if place in _locked:
            os.close(_locked.pop(place))


# Otherwise processes that decode images would keep the lock after the run is killed.
os.register_at_fork(after_in_child=release)
