"""Decodes an image file to pixels: the formats, and the meaning of values, transparency and orientation."""

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
"""Pillow's names of the formats that are read; those that need other programs, such as EPS, are not."""

MOST_PIXELS = 2**26
"""Maximum number of pixels to decode, 200 MB in colour; a file of twenty kilobytes may claim ten times as many."""

_MARKED = tuple(name for name in FORMATS if name != "TGA")  # TGA has no signature to recognise

BROKEN = (OSError, ValueError, SyntaxError, DecompressionBombError)
"""What Pillow raises for a file that is not an image, or is damaged."""

DEEP = ("I;16", "I;16L", "I;16B", "I;16N", "I", "F")
"""Pillow's names of pixels with more than 8 bits."""

_WHITE_OF_16_BITS = 65535


def decode(path: Path | str, side: int, color: bool, as_seen: bool = True) -> Tensor:
    """One file as uint8 [C, side, side], upright, cropped to the central square, with transparency on white.

    Pixels of 16 bits are divided by 257, so that 65,535 is white; white in floating-point images is 1, or 255 or 65,535
    if a value exceeds the smaller limit.

    Args:
        path: The file.
        side: Height and width in pixels.
        color: Whether to return three channels instead of a grey one.
        as_seen: Whether to decode what a viewer would show; False takes the numbers in the file: transparent pixels are
            as stored, often black, and everything above 255 is white.

    Raises:
        ConfigError: The file does not decode, has more than `MOST_PIXELS` pixels, or has values below 0, above 65,535
            or not finite.
    """
    try:
        with _opened(path) as image:
            if image.width * image.height > MOST_PIXELS:
                image.draft("RGB" if color else "L", (side, side))  # a JPEG can be decoded at a smaller size
            if image.width * image.height > MOST_PIXELS:
                size = f"{image.width:,} × {image.height:,}"
                raise ValueError(f"{size} pixels, more than the {MOST_PIXELS:,} that are decoded")
            return squared(image, side, color, as_seen)
    except BROKEN as error:
        raise ConfigError(
            f"data: {path} does not decode as an image ({' '.join(str(error).split())}); "
            "replace or remove it, or set data.skip_broken=true"
        ) from error


def squared(image: Any, side: int, color: bool, as_seen: bool = True) -> Tensor:
    """Pillow's `image` as uint8 [C, side, side]; the other arguments are those of `decode`.

    Args:
        image: A Pillow image.
        side: Height and width in pixels.
        color: Whether to return three channels instead of a grey one.
        as_seen: As for `decode`.
    """
    upright = ImageOps.exif_transpose(image)
    plain = (_plain(upright) if as_seen else upright).convert("RGB" if color else "L")
    pixels = np.array(ImageOps.fit(plain, (side, side), Image.Resampling.BILINEAR))
    return torch.from_numpy(pixels.reshape(side, side, -1)).permute(2, 0, 1)


def depth(path: Path) -> str | None:
    """How the pixels of the file at `path` are stored, in words, if they have more than 8 bits; otherwise None."""
    try:
        with _opened(path) as image:
            mode = image.mode
    except BROKEN:  # reported when it is decoded
        return None
    return None if mode not in DEEP else "numbers with a fraction" if mode == "F" else "more than 8 bits"


def is_image(path: Path) -> bool:
    """Whether the file at `path` starts like one of `FORMATS`, whatever its name."""
    try:
        with _opened(path, _MARKED):
            return True
    except DecompressionBombError:
        return True
    except BROKEN:
        return False


def _opened(path: Path | str, formats: tuple[str, ...] = FORMATS) -> Any:
    """Pillow's image of a file, with only its header read."""
    warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)  # our own limit is stricter
    return Image.open(path, formats=formats)


def _plain(image: Any) -> Any:
    """An image of 8 bits per channel without transparency: on a white background."""
    if image.mode in DEEP:
        return Image.fromarray(_of_8_bits(np.asarray(image)))
    if not image.has_transparency_data:
        return image
    over = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)


def _of_8_bits(pixels: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= _WHITE_OF_16_BITS):  # also if one of them is NaN
        raise ValueError(f"pixels from {low:g} to {high:g}, outside the known range from 0 to {_WHITE_OF_16_BITS:,}")
    is_whole = np.issubdtype(pixels.dtype, np.integer)
    white = 1 if high <= 1 and not is_whole else 255 if high <= 255 and not is_whole else _WHITE_OF_16_BITS
    return np.asarray(np.rint(pixels.astype(np.float64) * (255 / white)).astype(np.uint8))
