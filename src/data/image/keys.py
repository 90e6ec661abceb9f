"""Keys of pictures in files, by their bytes: a picture that moved, or that is there twice, is the same."""

import hashlib
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch

from src.data.identity import KEY_BYTES, Keys
from src.storage.files import make_folders
from src.storage.saving import save

log = logging.getLogger(__name__)

MOST_BYTES = 2**17
"""Bytes of a picture that are looked at; of a larger one its beginning and its end, half as many each."""


def file_keys(paths: Sequence[Path], cache: Path, remember: bool = True) -> Keys:
    """A key [N] for each file at `paths`, by its size and its bytes.

    Args:
        paths: The files.
        cache: Folder from which they are taken, if they are there and no file has changed since.
        remember: Keep them there.
    """
    remembered = cache / f"{_fingerprint(paths)}.keys.pt"
    if (found := _remembered(remembered, len(paths))) is not None:
        return found
    with ThreadPoolExecutor(4) as pool:
        keys = np.fromiter(pool.map(_key, paths, chunksize=64), dtype=np.uint64, count=len(paths))
    if remember:
        try:
            make_folders(cache)
            save(torch.from_numpy(keys.astype(np.int64)), remembered)
        except OSError as error:
            log.warning("the pictures' keys are not kept for the next time: %s: %s", error.filename, error.strerror)
    return keys


def _key(path: Path) -> int:
    """The key of one file; 0 where it cannot be read, which is said as it is decoded."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            seen = file.read(MOST_BYTES // 2 if size > MOST_BYTES else MOST_BYTES)
            if size > MOST_BYTES:
                file.seek(size - MOST_BYTES // 2)
                seen += file.read(MOST_BYTES // 2)
    except OSError:
        return 0
    digest = hashlib.blake2b(seen, digest_size=KEY_BYTES, key=size.to_bytes(8))
    return int.from_bytes(digest.digest())


def _fingerprint(paths: Sequence[Path]) -> str:
    """Changes when a file does."""
    facts = [(str(path.resolve()), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in paths]
    return hashlib.sha256(repr(facts).encode(errors="surrogateescape")).hexdigest()[:32]


def _remembered(path: Path, count: int) -> Keys | None:
    """What `file_keys` has kept in a file; None where there is none, or no such thing."""
    try:
        keys = torch.load(path, weights_only=True)
        if keys.dtype == torch.int64 and keys.shape == (count,):
            return np.asarray(keys.numpy().astype(np.uint64))
    except (OSError, RuntimeError, EOFError, ValueError, TypeError, AttributeError, KeyError, UnpicklingError):
        pass
    return None
