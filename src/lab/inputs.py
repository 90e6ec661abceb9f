"""Python objects as rows of columns or as images: DataFrames, dicts, lists of dicts, image files."""

import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from src.data.image.decoding import decode, squared
from src.data.table import Table
from src.errors import ConfigError
from src.spec import DataSpec

_NOTHING = frozenset({"NAType", "NaTType"})  # pandas' types of a missing cell
_ADDRESS = re.compile(r"[a-z][a-z0-9+]+://", re.IGNORECASE)


def as_table(x: Any) -> Table | None:
    """Columns by name, of a pandas or Polars DataFrame, an Arrow table, a dict of columns or cells, or a list of dicts.

    None if `x` is none of these. No such library is imported; a DataFrame is recognised by its methods.

    Raises:
        ConfigError: Columns differ in length, or a row lacks a column.

    Example:
        >>> as_table([{"size": 1, "colour": "red"}, {"size": 2, "colour": None}]).columns
        {'size': [1, 2], 'colour': ['red', None]}
        >>> as_table({"size": 1.5, "colour": "red"}).columns
        {'size': [1.5], 'colour': ['red']}
    """
    columns = _columns(x)
    if columns is None:
        return None
    lengths = {name: len(cells) for name, cells in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} {length:,}" for name, length in list(lengths.items())[:3])
        raise ConfigError(f"x: columns should have the same length (got {shown}); use None for an unknown cell")
    if not any(lengths.values()):
        raise ConfigError("x: has no rows; give at least one")
    return Table({name: [_cell(cell) for cell in cells] for name, cells in columns.items()}, "x")


def as_rows(x: Any, spec: DataSpec) -> Tensor:
    """Rows [N, *input_shape] of numbers from a tensor, an array, nested lists, or a single row.

    Args:
        x: The rows.
        spec: Specification of the dataset that the run was trained on.

    Raises:
        ConfigError: The rows are not numbers, or have the wrong shape.
    """
    if isinstance(x, str | Path):
        is_address = _ADDRESS.match(str(x)) is not None
        remedy = "nothing is downloaded; save it here" if is_address else "use predict_file(input=…) for a file"
        raise ConfigError(f"x: should be rows, not a file name (got {str(x)!r}); {remedy}")
    try:
        rows = torch.as_tensor(np.asarray(x) if not isinstance(x, Tensor) else x)
    except (TypeError, ValueError, RuntimeError) as error:
        kind = type(x).__name__
        raise ConfigError(
            f"x: should be numbers in rows of one length, columns by name, or a DataFrame (got a {kind}: "
            f"{' '.join(str(error).split())[:80]}); fix it"
        ) from error
    rows = rows if rows.dtype == torch.uint8 else rows.float()
    if rows.ndim == 0 and spec.input_shape == (1,):
        rows = rows.reshape(1)
    return rows.unsqueeze(0) if rows.shape == spec.input_shape else rows


def as_images(x: Any, spec: DataSpec) -> Tensor | None:
    """Images uint8 [N, C, side, side] from paths, PIL images, arrays [H, W, C] or [H, W]: one or a list.

    They are cropped and resized like those of an image folder. None if `x` holds rows as the network sees them, or
    nothing.

    Args:
        x: The images.
        spec: Specification of the dataset that the run was trained on.

    Raises:
        ConfigError: An image cannot be decoded, or is given as a web address.
    """
    several = isinstance(x, Sequence) and not isinstance(x, str) and len(x) > 0
    found = [_picture(each, spec) for each in (x if several else [x])]
    if any(each is None for each in found):
        return None
    return torch.stack([each for each in found if each is not None])


def _picture(x: Any, spec: DataSpec) -> Tensor | None:
    channels, side, other = spec.input_shape
    if isinstance(x, str | Path):
        if _ADDRESS.match(str(x)):
            raise ConfigError(f"x: {x} is a web address, and nothing is downloaded; save the image and give its path")
        if not Path(x).expanduser().is_file():
            raise ConfigError(
                f"x: there is no image {x}; give a file's path, or use predict_file(input=…) for a folder"
            )
        return decode(Path(x).expanduser(), side, channels == 3)
    if hasattr(x, "convert") and hasattr(x, "getbands"):
        return squared(x, side, channels == 3)
    if _is_picture(x) and x.shape != spec.input_shape and side == other:
        from PIL import Image

        return squared(Image.fromarray(x[..., 0] if x.shape[2:] == (1,) else x), side, channels == 3)
    return None


def _is_picture(x: Any) -> bool:
    """Whether an array has pixels in the layout of other libraries: [H, W] or [H, W, C]."""
    is_pixels = isinstance(x, np.ndarray) and x.dtype == np.uint8
    return is_pixels and (x.ndim == 2 or (x.ndim == 3 and x.shape[2] in (1, 3, 4)))


def _columns(x: Any) -> dict[str, Any] | None:
    if isinstance(x, Mapping):
        return _of_mapping(x)
    if isinstance(x, Sequence) and not isinstance(x, str) and len(x) and all(isinstance(row, Mapping) for row in x):
        return _of_rows(x)
    names = getattr(x, "column_names", None) or getattr(x, "columns", None)
    if names is not None and hasattr(x, "__getitem__") and not callable(names):
        return {str(name): _listed(x[name]) for name in names}
    if hasattr(x, "to_dict") and hasattr(x, "index"):  # a row of a pandas DataFrame
        return _of_mapping(x.to_dict())
    return None


def _of_mapping(x: Mapping[Any, Any]) -> dict[str, Any]:
    """Columns, or one row given as single cells."""
    columns = {str(name): _listed(cells) for name, cells in x.items()}
    alone = [name for name, cells in columns.items() if cells is None]
    if alone and len(alone) < len(columns):
        other = next(name for name, cells in columns.items() if cells is not None)
        raise ConfigError(f"x: {alone[0]} is a single cell and {other} a list; give a list for each, or a single row")
    return {str(name): [cell] for name, cell in x.items()} if alone else columns


def _of_rows(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
    names = list(dict.fromkeys(name for row in rows for name in row))
    for number, row in enumerate(rows, start=1):
        if missing := [name for name in names if name not in row]:
            raise ConfigError(f"x: row {number} has no {missing[0]!r}, which others have; use None if it is unknown")
    return {str(name): [row[name] for row in rows] for name in names}


def _listed(cells: Any) -> Any:
    """Cells as a list; None for a single cell."""
    for way in ("to_pylist", "to_list", "tolist"):
        if hasattr(cells, way):
            found = getattr(cells, way)()
            return found if isinstance(found, list) else None
    return list(cells) if isinstance(cells, Sequence) and not isinstance(cells, str) else None


def _cell(cell: Any) -> Any:
    """A cell as it would be in a file."""
    if cell is None or type(cell).__name__ in _NOTHING:
        return None
    if isinstance(cell, datetime.datetime):
        return cell.date().isoformat() if cell.time() == datetime.time() else cell.isoformat(sep=" ")
    return cell.isoformat() if isinstance(cell, datetime.date) else cell
