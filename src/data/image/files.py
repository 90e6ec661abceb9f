"""Images in files: finding them, decoding them, and remembering what was decoded."""

import hashlib
import logging
import os
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from src.errors import ConfigError
from src.storage.files import make_folders
from src.storage.saving import save

log = logging.getLogger(__name__)

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")

MOST_PIXELS = 2**26
"""Pixels of a picture that is decoded, 200 MB in colour; a file of twenty kilobytes may claim ten times as many."""


def image_files(folder: Path) -> list[Path]:
    """The image files of a folder and the folders in it, sorted."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())


def decode(path: Path, side: int, color: bool) -> Tensor:
    """One file as uint8 [C, side, side], cut to a square about its middle.

    Args:
        path: The file.
        side: Height and width in pixels.
        color: Three channels; false is one, grey.

    Raises:
        ConfigError: It does not decode, or has more than `MOST_PIXELS`.
    """
    from PIL import Image, ImageOps

    try:
        warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # ours is the stricter rule
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                image.draft("RGB" if color else "L", (side, side))  # a JPEG can be decoded smaller than it is
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width:,} × {image.height:,} pixels, and at most {MOST_PIXELS:,} are decoded")
            upright = ImageOps.exif_transpose(image).convert("RGB" if color else "L")
            pixels = np.array(ImageOps.fit(upright, (side, side), Image.Resampling.BILINEAR))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise ConfigError(
            f"data: {path} does not decode as an image ({' '.join(str(error).split())}); "
            "mend or remove it, or set data.skip_broken=true"
        ) from error
    return torch.from_numpy(pixels.reshape(side, side, -1)).permute(2, 0, 1)


class ImageFiles:
    """Images that are decoded when they are indexed: a stand-in for a uint8 tensor [N, C, side, side] of them.

    Args:
        paths: Their files.
        side: Pixels of a decoded image's height and width.
        color: Three channels instead of one.
        skip_broken: Leave out what does not decode, instead of raising `ConfigError`.
    """

    dtype, ndim = torch.uint8, 4

    def __init__(self, paths: Sequence[Path], side: int, color: bool, skip_broken: bool = False) -> None:
        self.paths, self.side, self.color, self.skip_broken = list(paths), side, color, skip_broken

    def __len__(self) -> int:
        return len(self.paths)

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """What the tensor's shape would be."""
        return len(self.paths), 3 if self.color else 1, self.side, self.side

    @property
    def nbytes(self) -> int:
        """What the tensor's size would be, in bytes."""
        return int(np.prod(self.shape))

    def __getitem__(self, rows: slice | Tensor) -> Tensor:
        """Decode some images, uint8 [B, C, side, side]."""
        return self.read(list(range(len(self.paths))[rows]) if isinstance(rows, slice) else rows.tolist())[0]

    def read(self, places: Sequence[int]) -> tuple[Tensor, list[int]]:
        """Images uint8 [B, C, side, side] at some places, and the places of those that decoded."""
        decoded, kept = [], []
        for place in places:
            try:
                decoded.append(decode(self.paths[place], self.side, self.color))
                kept.append(place)
            except ConfigError:
                if not self.skip_broken:
                    raise
        return torch.stack(decoded) if decoded else torch.empty(0, *self.shape[1:], dtype=torch.uint8), kept

    def read_all(self, cache: Path, remember: bool = True) -> tuple[Tensor, list[int]]:
        """All images [N, C, side, side] and the places of those that decoded; shows progress.

        Args:
            cache: Folder from which they are taken if they were decoded before.
            remember: Keep them there.
        """
        remembered = cache / f"{self._fingerprint()}.pt"
        if (found := self._remembered(remembered)) is not None:
            return found
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            parts = [range(start, min(start + 64, len(self))) for start in range(0, len(self), 64)]
            bar = tqdm(total=len(self), desc="decoding", unit=" images", leave=False, disable=None)
            read = []
            for part in pool.map(self.read, parts):
                read.append(part)
                bar.update(len(part[0]))
            bar.close()
        x, kept = torch.cat([x for x, _ in read]), [place for _, places in read for place in places]
        if not remember:
            return x, kept
        try:
            make_folders(cache)
            save((x, kept), remembered)
        except OSError as error:
            log.warning("the decoded images are not kept for the next time: %s: %s", error.filename, error.strerror)
        return x, kept

    def _remembered(self, path: Path) -> tuple[Tensor, list[int]] | None:
        """What `read_all` has kept in a file; None where there is none, or a damaged one, which is then replaced."""
        try:
            x, kept = torch.load(path, weights_only=True)
            if x.dtype == self.dtype and x.shape == (len(kept), *self.shape[1:]) and set(kept) <= {*range(len(self))}:
                return x, kept
        except FileNotFoundError:
            return None
        except (OSError, RuntimeError, EOFError, ValueError, TypeError, AttributeError, KeyError, UnpicklingError):
            pass
        log.warning("the decoded images in %s are damaged; decoding them anew", path)
        return None

    def _fingerprint(self) -> str:
        """Changes when a file does, or how it is decoded."""
        facts = [(str(path.resolve()), (stat := path.stat()).st_size, stat.st_mtime_ns) for path in self.paths]
        return hashlib.sha256(repr((self.side, self.color, self.skip_broken, facts)).encode()).hexdigest()[:32]
