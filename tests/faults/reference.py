"""Runs that nothing happened to, trained once for all processes of a test run."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import pytest


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """The folder that `make(folder)` fills when it is first asked for, by whichever process.

    Args:
        factory: Pytest's; each process of pytest-xdist has a folder of its own in a common one.
        name: Of the folder.
        make: Fills the folder, which it finds empty.
    """
    root = factory.getbasetemp()
    common = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, done = common / "references" / name, common / "references" / f"{name}.done"
    folder.mkdir(parents=True, exist_ok=True)
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        if not done.exists():
            make(folder)
            done.touch()
    finally:
        os.close(opened)
    return folder
