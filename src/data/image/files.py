"""Images in files that are decoded on demand and cached."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from src.data.image.decoding import decode
from src.data.image.remembering import Cache, fingerprint
from src.errors import ConfigError

_WAYS = {False: 1, True: 2}  # of decoding, by `as_seen`; part of the name in the cache


def left_out(lost: int, total: int) -> str:
    """A line saying that `lost` of `total` images are left out."""
    return f"data.skip_broken: {lost:,} of {total:,} images do not decode and are left out"


class ImageFiles:
    """Images that are decoded when indexed: a stand-in for a uint8 tensor [N, C, side, side].

    Args:
        paths: Their files. They are held as text, which takes a third of the memory; and since garbage collection never
            looks at it, worker processes share it.
        side: Height and width of a decoded image in pixels.
        color: Whether there are three channels instead of one.
        skip_broken: Whether to leave out what does not decode instead of raising `ConfigError`.
        as_seen: As for `decode`.
    """

    dtype, ndim = torch.uint8, 4

    def __init__(
        self, paths: Sequence[Path | str], side: int, color: bool, skip_broken: bool = False, as_seen: bool = True
    ) -> None:
        self.paths, self.side, self.color = [str(path) for path in paths], side, color
        self.skip_broken, self.as_seen = skip_broken, as_seen

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The shape of the tensor."""
        return len(self.paths), 3 if self.color else 1, self.side, self.side

    @property
    def nbytes(self) -> int:
        """The size of the tensor in bytes."""
        return int(np.prod(self.shape))

    def at(self, places: Sequence[int]) -> "ImageFiles":
        """The images at some `places`."""
        paths = [self.paths[place] for place in places]
        return ImageFiles(paths, self.side, self.color, self.skip_broken, self.as_seen)

    def __getitem__(self, rows: slice | Tensor) -> Tensor:
        """Decode some images, uint8 [B, C, side, side]."""
        return self.read(list(range(len(self.paths))[rows]) if isinstance(rows, slice) else rows.tolist())[0]

    def read(self, places: Sequence[int]) -> tuple[Tensor, list[int]]:
        """Images uint8 [B, C, side, side] at the given `places`, and the places of those that decoded."""
        decoded, kept = [], []
        for place in places:
            try:
                decoded.append(decode(self.paths[place], self.side, self.color, self.as_seen))
                kept.append(place)
            except ConfigError:
                if not self.skip_broken:
                    raise
        return torch.stack(decoded) if decoded else torch.empty(0, *self.shape[1:], dtype=torch.uint8), kept

    def read_all(self, cache: Cache) -> tuple[Tensor, list[int]]:
        """All images [N, C, side, side] and the positions of those that decoded; shows progress.

        They come from the `cache` if no file has changed since they were decoded, and are put there otherwise.
        """
        name = f"{fingerprint(map(Path, self.paths), self.side, self.color, self.skip_broken, _WAYS[self.as_seen])}.pt"
        if (remembered := cache.load(name, self._are_ours)) is not None:
            x, kept = remembered
            return x, kept
        x, kept = torch.empty(self.shape, dtype=self.dtype), list[int]()
        parts = [range(start, min(start + 64, len(self))) for start in range(0, len(self), 64)]
        with (
            ThreadPoolExecutor(os.cpu_count()) as pool,
            tqdm(total=len(self), desc="decoding", unit=" images", leave=False, disable=None) as bar,
        ):
            for part, places in pool.map(self.read, parts):
                x[len(kept) : len(kept) + len(part)] = part
                kept += places
                bar.update(len(part))
        if len(kept) < len(self):
            x = x[: len(kept)].clone()  # or the place of those left out would be saved too
        cache.keep(name, (x, kept))
        return x, kept

    def _are_ours(self, remembered: tuple[Tensor, list[int]]) -> bool:
        x, kept = remembered
        shape = (len(kept), *self.shape[1:])
        return x.dtype == self.dtype and x.shape == shape and set(kept) <= {*range(len(self))}
