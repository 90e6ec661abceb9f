"""A cache of decoded images: limited in size, and rebuilt if it is damaged."""

import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple

import torch

from src.storage.files import aside, make_folders
from src.storage.removal import remove_listed
from src.storage.saving import save

log = logging.getLogger(__name__)

_INDEX = "remembered.json"
"""Names of the files that this project puts into the folder; no others are ever removed."""

_OURS = re.compile(r"[0-9a-f]{32}(\.keys|\.contents)?\.pt")
_DAMAGED = (OSError, RuntimeError, EOFError, ValueError, TypeError, AttributeError, KeyError, UnpicklingError)


class Cache(NamedTuple):
    """A folder of decoded images.

    Attributes:
        folder: The folder.
        gib: GiB that its files may take; beyond that the least recently used are removed.
        writes: Whether to store decoded images; otherwise the cache is only read.
    """

    folder: Path
    gib: float = 10.0
    writes: bool = True

    def load(self, name: str, is_right: Callable[[Any], bool]) -> Any:
        """What is stored under a `name`, if it `is_right`; None if it is missing or damaged."""
        path = self.folder / name
        try:
            found = torch.load(path, weights_only=True)
            if is_right(found):
                with suppress(OSError):
                    os.utime(path)  # mark it as just used
                return found
        except FileNotFoundError:
            return None
        except _DAMAGED:
            pass
        log.warning("the cached images in %s are damaged; decoding them again", path)
        return None

    def keep(self, name: str, value: Any) -> None:
        """Store a `value` of plain tensors under a `name`; if that fails, print a warning."""
        if not self.writes:
            return
        try:
            make_folders(self.folder)
            save(value, self.folder / name)
            self._make_room(name)
        except OSError as error:
            log.warning("decoded images cannot be cached: %s: %s", error.filename, error.strerror)

    def _make_room(self, newest: str) -> None:
        ours = [*self._listed(), newest]
        sizes = {name: (self.folder / name).lstat() for name in ours if (self.folder / name).is_file()}
        left = self.gib * 2**30
        kept: list[str] = []
        gone: list[str] = []
        for name in sorted(sizes, key=lambda name: (name == newest, sizes[name].st_mtime_ns), reverse=True):
            left -= sizes[name].st_size
            (kept if left >= 0 or name == newest else gone).append(name)
        with aside(self.folder / _INDEX) as part:
            part.write_text(json.dumps(sorted(kept)), encoding="utf-8")
        remove_listed(self.folder, gone)

    def _listed(self) -> list[str]:
        try:
            found = json.loads((self.folder / _INDEX).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        names = found if isinstance(found, list) else []
        return [name for name in names if isinstance(name, str) and _OURS.fullmatch(name)]


def fingerprint(paths: Iterable[Path], *how: Any) -> str:
    """A name that changes when one of the files at `paths` changes, or `how` they are read."""
    digest = hashlib.sha256(f"({how!r}, [".encode())  # of the text of a list that is never held: it may have millions
    for place, path in enumerate(paths):
        stat = path.stat()
        fact = str(path.resolve()), stat.st_size, stat.st_mtime_ns
        digest.update(f"{', ' if place else ''}{fact!r}".encode(errors="surrogateescape"))
    digest.update(b"])")
    return digest.hexdigest()[:32]
