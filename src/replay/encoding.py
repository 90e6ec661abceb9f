"""Tensors encoded as text for a page."""

import base64
from typing import Any

import torch
from torch import Tensor

_TYPES = {torch.float32: "float32", torch.uint8: "uint8", torch.uint16: "uint16"}


def encoded(values: Tensor) -> dict[str, Any]:
    """The type of some values [...] and their bytes, row by row and little-endian, in base 64.

    Example:
        >>> encoded(torch.tensor([1.0, 0.5]))
        {'type': 'float32', 'bytes': 'AACAPwAAAD8='}
    """
    plain = values.detach().cpu().contiguous().numpy()
    little = plain.astype(plain.dtype.newbyteorder("<"), copy=False)
    return {"type": _TYPES[values.dtype], "bytes": base64.b64encode(little.tobytes()).decode()}
