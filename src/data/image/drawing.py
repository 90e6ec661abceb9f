"""A drawing as a picture like those of a dataset: made in the way in which the dataset's own pictures were made.

- `mnist`: the ink is scaled to fit a box of 20×20 pixels, and its centre of mass is moved to the middle of 28×28
  (LeCun, Cortes and Burges, "The MNIST database of handwritten digits").
- `fashion`: the garment is scaled until its longer side fills 28 pixels, and centred (Xiao, Rasul and Vollgraf 2017,
  arXiv:1708.07747).
- `digits`: the ink becomes a bitmap of 32 rows, which is counted in blocks of 4×4, so that 8×8 shades are left
  (Alpaydin and Kaynak 1998, "Optical recognition of handwritten digits").
"""

from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

Way = Literal["mnist", "fashion", "digits"]
"""How the pictures of a dataset were made, by the name of the dataset in which they became known."""

SIDE = 112
"""Height and width of a drawing in pixels, a multiple of those of all pictures."""

_SIDES: dict[Way, int] = {"mnist": 28, "fashion": 28, "digits": 8}
_BOX = 20  # of MNIST's digits
_BITMAP, _WIDEST, _BLOCK = 32, 20, 4  # of the handwritten digits: NIST's programs scaled them to 20×32
_MOST_WIDENED = 2.0  # so that a bare stroke stays one
_COVERED = 0.255, 0.36  # of the 1024 pixels of nine in ten of the handwritten digits: NIST thickened or thinned strokes

Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class Made(NamedTuple):
    """A picture made of a drawing.

    Attributes:
        picture: What the network is shown, before scaling: uint8 [1, S, S], with white ink on black.
        box: Width and height of the ink in pixels of the drawing.
        size: Width and height to which the ink was scaled.
    """

    picture: Tensor
    box: tuple[int, int]
    size: tuple[int, int]


def made(drawing: Pixels, way: Way) -> Made | None:
    """The picture made of a `drawing`, uint8 [SIDE, SIDE] with white ink on black, in some `way`; None without ink.

    Example:
        >>> drawing = np.zeros((SIDE, SIDE), dtype=np.uint8)
        >>> drawing[10:50, 10:30] = 255
        >>> found = made(drawing, "mnist")
        >>> found.box, found.size, found.picture.shape
        ((20, 40), (10, 20), torch.Size([1, 28, 28]))
    """
    ink = _cropped(drawing)
    if ink is None:
        return None
    height, width = ink.shape
    picture, size = (_counted if way == "digits" else _centred if way == "mnist" else _filled)(ink)
    return Made(torch.from_numpy(picture)[None], (width, height), size)


def unmoved(drawing: Pixels, way: Way) -> Tensor:
    """A `drawing` [SIDE, SIDE] as a picture uint8 [1, S, S] without moving or scaling its ink: the means of its blocks.

    A picture that was made in this `way`, and then enlarged to a drawing, comes back as it was.
    """
    side = _SIDES[way]
    means = drawing.reshape(side, SIDE // side, side, SIDE // side).mean(axis=(1, 3))
    if way == "digits":
        return shades(torch.from_numpy(np.rint(means * (_BLOCK**2 / 255))))[None]
    return torch.from_numpy(np.rint(means).astype(np.uint8))[None]


def shades(counts: Tensor) -> Tensor:
    """The handwritten digits' counts [...], 0 to 16, as uint8 from 0 for black to 255 for white."""
    return (counts * 255 / _BLOCK**2).round().to(torch.uint8)


def _cropped(drawing: Pixels) -> Pixels | None:
    """The smallest part of a drawing that contains all ink."""
    rows, columns = (np.flatnonzero(drawing.any(axis=axis)) for axis in (1, 0))
    return drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if len(rows) else None


def _scaled(ink: Pixels, width: int, height: int) -> Pixels:
    """Ink [h, w] as [height, width]: the mean of the area that each pixel covers."""
    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.BOX))


def _fitted(ink: Pixels, side: int) -> Pixels:
    """Ink scaled so that its longer side has `side` pixels."""
    height, width = ink.shape
    factor = side / max(height, width)
    return _scaled(ink, max(1, round(width * factor)), max(1, round(height * factor)))


def _centred(ink: Pixels) -> tuple[Pixels, tuple[int, int]]:
    side, scaled = _SIDES["mnist"], _fitted(ink, _BOX)
    mass = scaled.astype(np.float64)
    corner = []
    for axis in (0, 1):
        along = mass.sum(axis=1 - axis)
        middle = float(along @ np.arange(len(along))) / along.sum() if along.any() else len(along) / 2
        corner.append(min(max(0, round(side / 2 - middle)), side - len(along)))  # as far as the frame allows
    return _placed(scaled, side, *corner)


def _filled(ink: Pixels) -> tuple[Pixels, tuple[int, int]]:
    side = _SIDES["fashion"]
    scaled = _fitted(ink, side)
    return _placed(scaled, side, *((side - length + 1) // 2 for length in scaled.shape))  # as in 98 of 100 pictures


def _placed(scaled: Pixels, side: int, top: int, left: int) -> tuple[Pixels, tuple[int, int]]:
    height, width = scaled.shape
    frame = np.zeros((side, side), dtype=np.uint8)
    frame[top : top + height, left : left + width] = scaled
    return frame, (width, height)


def _counted(ink: Pixels) -> tuple[Pixels, tuple[int, int]]:
    height, width = ink.shape
    wide = min(_WIDEST, max(1, round(_MOST_WIDENED * width * _BITMAP / height)))
    strokes = _of_usual_thickness(_scaled(ink, wide, _BITMAP) >= 128)
    bitmap = np.zeros((_BITMAP, _BITMAP), dtype=bool)
    left = (_BITMAP - wide) // 2
    bitmap[:, left : left + wide] = strokes
    blocks = bitmap.reshape(_BITMAP // _BLOCK, _BLOCK, _BITMAP // _BLOCK, _BLOCK)
    return shades(torch.from_numpy(blocks.sum(axis=(1, 3)))).numpy(), (wide, _BITMAP)


def _of_usual_thickness(strokes: Any) -> Any:
    """Strokes, bool [32, W], thickened or thinned a pixel at a time until they cover as much as usual, or nearly."""
    least, most = (share * _BITMAP**2 for share in _COVERED)
    while 0 < strokes.sum() < least and (thicker := _grown(strokes)).sum() > strokes.sum():
        strokes = thicker
    while strokes.sum() > most and (thinner := ~_grown(~strokes)).sum() >= least:
        strokes = thinner
    return strokes


def _grown(strokes: Any) -> Any:
    """Strokes and the neighbours of their pixels, up, down, left and right."""
    around = np.pad(strokes, 1)
    return strokes | around[2:, 1:-1] | around[:-2, 1:-1] | around[1:-1, 2:] | around[1:-1, :-2]
