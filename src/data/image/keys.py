"""Keys of pictures in files, by their bytes: a picture that moved, or that is there twice, is the same."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch

from src.data.identity import KEY_BYTES, Keys
from src.data.image.remembering import Cache, fingerprint

MOST_BYTES = 2**17
"""Bytes of a picture that are looked at; of a larger one its beginning and its end, half as many each."""


def file_keys(paths: Sequence[Path], cache: Cache) -> Keys:
    """A key [N] for each file at `paths`, by its size and its bytes; from the `cache` where no file has changed."""
    name = f"{fingerprint(paths)}.keys.pt"
    found = cache.load(name, lambda keys: keys.dtype == torch.int64 and keys.shape == (len(paths),))
    if found is not None:
        return np.asarray(found.numpy().astype(np.uint64))
    with ThreadPoolExecutor(4) as pool:
        keys = np.fromiter(pool.map(_key, paths, chunksize=64), dtype=np.uint64, count=len(paths))
    cache.keep(name, torch.from_numpy(keys.astype(np.int64)))
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
