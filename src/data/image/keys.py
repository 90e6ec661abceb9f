"""What distinguishes image files: their bytes, read once and cached."""

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from src.data.identity import KEY_BYTES, Keys
from src.data.image.remembering import Cache, fingerprint

MOST_BYTES = 2**17
"""Bytes of an image file that earlier versions read; of a larger file, half of them at each end."""

Contents = np.ndarray[tuple[int, ...], np.dtype[np.uint64]]
"""A digest of 16 bytes of each file's bytes, as two numbers."""

_THREADS = 4
_PATHS = 256  # of a thread at a time: something waiting for each file would take more memory than its path


def file_contents(paths: Sequence[Path], cache: Cache) -> Contents:
    """A digest [N, 2] of all bytes of each file at `paths`; from the `cache` if no file has changed.

    Decoding reads the files again, but by then the system has them in memory.
    """
    name = f"{fingerprint(paths)}.contents.pt"
    found = cache.load(name, lambda kept: kept.dtype == torch.int64 and kept.shape == (len(paths), 2))
    if found is None:
        read = np.frombuffer(_of_each(paths, _content), dtype="<i8").reshape(-1, 2)
        found = torch.from_numpy(read.astype(np.int64))
        cache.keep(name, found)
    return np.asarray(found.numpy().view(np.uint64))


def content_keys(contents: Contents) -> Keys:
    """A key [N] for each image from its `contents` [N, 2] only: a moved or duplicated image keeps its key."""
    return np.asarray(contents[:, 0] >> np.uint64(64 - 8 * KEY_BYTES))


def file_keys(paths: Sequence[Path], cache: Cache) -> Keys:
    """A key [N] for each file at `paths` as in earlier versions, from its size and its bytes at both ends.

    Taken from the `cache` if no file has changed.
    """
    name = f"{fingerprint(paths)}.keys.pt"
    found = cache.load(name, lambda keys: keys.dtype == torch.int64 and keys.shape == (len(paths),))
    if found is not None:
        return np.asarray(found.numpy().astype(np.uint64))
    keys = np.frombuffer(_of_each(paths, _key), dtype=">u8").astype(np.uint64)
    cache.keep(name, torch.from_numpy(keys.astype(np.int64)))
    return keys


def _of_each(paths: Sequence[Path], read: Callable[[Path], bytes]) -> bytes:
    """What threads `read` from each file, in the order of the `paths`; shows progress."""
    parts = [paths[start : start + _PATHS] for start in range(0, len(paths), _PATHS)]
    found = []
    with (
        ThreadPoolExecutor(_THREADS) as pool,
        tqdm(total=len(paths), desc="reading", leave=False, unit=" images", disable=None) as bar,
    ):
        for part, those in zip(parts, pool.map(lambda part: b"".join(map(read, part)), parts), strict=True):
            found.append(those)
            bar.update(len(part))
    return b"".join(found)


def _content(path: Path) -> bytes:
    """The digest of one file; of nothing if it cannot be read, which decoding reports."""
    try:
        return hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
    except OSError:
        return bytes(16)


def _key(path: Path) -> bytes:
    """The key of one file in eight bytes; 0 if it cannot be read, which decoding reports."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            seen = file.read(MOST_BYTES // 2 if size > MOST_BYTES else MOST_BYTES)
            if size > MOST_BYTES:
                file.seek(size - MOST_BYTES // 2)
                seen += file.read(MOST_BYTES // 2)
    except OSError:
        return bytes(8)
    digest = hashlib.blake2b(seen, digest_size=KEY_BYTES, key=size.to_bytes(8))
    return digest.digest().rjust(8, b"\0")
