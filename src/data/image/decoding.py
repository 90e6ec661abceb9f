"""One picture of a file as pixels: which formats, and what their values, transparency and orientation mean."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageOps
from PIL.Image import DecompressionBombError
from torch import Tensor

from src.errors import ConfigError

FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TGA", "TIFF", "WEBP")
"""Pillow's names of what is read; formats that other programs would have to draw, such as EPS, are not."""

MOST_PIXELS = 2**26
"""Pixels of a picture that is decoded, 200 MB in colour; a file of twenty kilobytes may claim ten times as many."""

_MARKED = tuple(name for name in FORMATS if name != "TGA")  # which has no mark to be known by

BROKEN = (OSError, ValueError, SyntaxError, DecompressionBombError)
"""What Pillow raises where a file is not an image, or a damaged one."""

DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's names of pixels with more than 8 bits."""

_WHITE_OF_16_BITS = 65535


def decode(path: Path, side: int, color: bool, as_seen: bool = True) -> Tensor:
    """One file as uint8 [C, side, side], upright, on white where it is transparent, cut to a square about its middle.

    Pixels of 16 bits are divided by 257, so that 65,535 is white; numbers with a fraction are shares of white where
    none is above 1, and else up to 255 or up to 65,535.

    Args:
        path: The file.
        side: Height and width in pixels.
        color: Three channels; false is one, grey.
        as_seen: False takes the numbers as they stand in the file: what shows through is as it is stored there, often
            black, and all that is above 255 is white.

    Raises:
        ConfigError: It does not decode, has more than `MOST_PIXELS`, or pixels below 0, above 65,535 or not finite.
    """
    try:
        with _opened(path) as image:
            if image.width * image.height > MOST_PIXELS:
                image.draft("RGB" if color else "L", (side, side))  # a JPEG can be decoded smaller than it is
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width:,} × {image.height:,}"
                raise ValueError(f"{size} pixels, and at most {MOST_PIXELS:,} are decoded")
            return squared(image, side, color, as_seen)
    except BROKEN as error:
        raise ConfigError(
            f"data: {path} does not decode as an image ({' '.join(str(error).split())}); "
            "mend or remove it, or set data.skip_broken=true"
        ) from error


def squared(image: Any, side: int, color: bool, as_seen: bool = True) -> Tensor:
    """Pillow's `image` as uint8 [C, side, side]; the other arguments are those of `decode`.

    Args:
        image: Of Pillow.
        side: Height and width in pixels.
        color: Three channels; false is one, grey.
        as_seen: As for `decode`.
    """
    upright = ImageOps.exif_transpose(image)
    plain = (_plain(upright) if as_seen else upright).convert("RGB" if color else "L")
    pixels = np.array(ImageOps.fit(plain, (side, side), Image.Resampling.BILINEAR))
    return torch.from_numpy(pixels.reshape(side, side, -1)).permute(2, 0, 1)


def depth(path: Path) -> str | None:
    """How the pixels of the file at `path` are stored, in words, where they have more than 8 bits; else None."""
    try:
        with _opened(path) as image:
            mode = image.mode
    except BROKEN:  # which is said where it is decoded
        return None
    return None if mode not in DEEP else "numbers with a fraction" if mode == "F" else "more than 8 bits"


def is_picture(path: Path) -> bool:
    """Whether the file at `path` begins as one of `FORMATS`, whatever its name is."""
    try:
        with _opened(path, _MARKED):
            return True
    except DecompressionBombError:
        return True
    except BROKEN:
        return False


def _opened(path: Path, formats: tuple[str, ...] = FORMATS) -> Any:
    """Pillow's image of a file, of which no more than the head has been read."""
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # ours is the stricter rule
    return Image.open(path, formats=formats)


def _plain(image: Any) -> Any:
    """An image of 8 bits a channel without transparency: white shows through."""
    if image.mode in DEEP:
        return Image.fromarray(_of_8_bits(np.asarray(image)))
    if not image.has_transparency_data:
        return image
    over = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)


def _of_8_bits(pixels: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= _WHITE_OF_16_BITS):  # also where one of them is not a number
        raise ValueError(f"pixels from {low:g} to {high:g}, and only 0 to {_WHITE_OF_16_BITS:,} are known")
    is_whole = np.issubdtype(pixels.dtype, np.integer)
    white = 1 if high <= 1 and not is_whole else 255 if high <= 255 and not is_whole else _WHITE_OF_16_BITS
    return np.asarray(np.rint(pixels.astype(np.float64) * (255 / white)).astype(np.uint8))
