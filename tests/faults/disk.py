"""A small disk for a test: a tmpfs, if mounting is allowed."""

import os
import subprocess
from pathlib import Path

import pytest

AMPLE = {"size": "64m", "nr_inodes": 10_000}


class Disk:
    """A disk that is mounted at `path`, with room for some bytes and for some files and folders.

    Args:
        path: An empty folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mount("none", **AMPLE)

    def limit(self, **room: int | str) -> None:
        """Change the limits: `size`, in bytes, or `nr_inodes`; the other is ample."""
        self._mount("remount,rw", **(AMPLE | room))

    def read_only(self) -> None:
        """Make the disk full."""
        subprocess.run(["mount", "-o", "remount,ro", str(self.path)], check=True)

    def used(self) -> dict[str, int]:
        """The space in use."""
        found = os.statvfs(self.path)
        size = (found.f_blocks - found.f_bfree) * found.f_frsize
        return {"size": size, "nr_inodes": found.f_files - found.f_ffree}

    def unmount(self) -> None:
        """Remove the disk, even from processes with open files on it."""
        subprocess.run(["umount", "--lazy", str(self.path)], check=True)

    def _mount(self, how: str, **room: int | str) -> None:
        options = ",".join([*([how] if how != "none" else []), *(f"{name}={value}" for name, value in room.items())])
        command = ["mount", "-t", "tmpfs", "-o", options, "none", str(self.path)]
        subprocess.run(command, check=True, capture_output=True)


def small_disk(folder: Path) -> Disk:
    """A new disk in a folder; the test is skipped if mounting is not allowed."""
    path = folder / "disk"
    path.mkdir()
    try:
        return Disk(path)
    except (subprocess.CalledProcessError, FileNotFoundError):
        pytest.skip("mounting is not allowed here")
