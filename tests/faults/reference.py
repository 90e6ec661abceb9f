"""Undisturbed runs, trained once for all processes of a test run."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.commands import run


class Reference(NamedTuple):
    """An undisturbed run: its folder, and the seconds that it took."""

    folder: Path
    seconds: float


def shared(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Reference:
    """The folder that `make(folder)` fills on first use, by whichever process.

    Args:
        factory: Pytest's; each process of pytest-xdist has a folder of its own in a common one.
        name: Name of the folder.
        make: Fills the empty folder.
    """
    root = factory.getbasetemp()
    common = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder, done = common / "references" / name, common / "references" / f"{name}.done"
    folder.mkdir(parents=True, exist_ok=True)
    opened = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened, fcntl.LOCK_EX)
        if not done.exists():
            run(["src.train", "--cfg=job"])  # the first command waits for the imports, which are no part of a run
            start = time.monotonic()
            make(folder)
            done.write_text(str(time.monotonic() - start))
    finally:
        os.close(opened)
    return Reference(folder, float(done.read_text()))
