"""What a dataset keeps in a checkpoint that somebody else may have written: checked before it is used."""

import math
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from torch import Tensor

from src.errors import ConfigError
from src.spec import DataSpec
from src.trust.checkpoints import validated, wrong

_Character = Annotated[str, Field(min_length=1, max_length=1)]
_SPEC = TypeAdapter(DataSpec)


class _SourceState(BaseModel):
    """What a dataset's files were."""

    model_config = ConfigDict(strict=True)
    counts: dict[str, int]
    digest: str
    mixed: bool
    content: str = ""
    whole: bool = False


class _Reading(BaseModel):
    """How a file of rows was written."""

    model_config = ConfigDict(strict=True)
    separator: _Character
    quote: _Character
    escape: _Character
    skip: Annotated[int, Field(ge=0, lt=2**31)]
    header: bool
    comments: bool
    encoding: Annotated[str, Field(max_length=40)]
    missing: list[str]


class _DataState(BaseModel):
    """What a dataset keeps in a checkpoint."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)
    mean: Tensor | None = None
    scale: Tensor | None = None
    fill: Tensor | None = None
    numeric: list[str] | None = None
    categories: dict[str, list[str]] | None = None
    spellings: list[Annotated[list[str], Field(min_length=2, max_length=2)]] | None = None
    dates: dict[str, Annotated[list[str], Field(min_length=2)]] | None = None
    indicators: list[str] | None = None
    reading: _Reading | None = None
    classes: tuple[str, ...] | None = None
    source: _SourceState | None = None


def spec_of(checkpoint: Mapping[str, Any], path: Path) -> DataSpec:
    """The dataset that a checkpoint at `path` was trained on.

    Raises:
        ConfigError: It says nothing of the kind.
    """
    try:
        spec = _SPEC.validate_python(checkpoint["spec"])
    except ValidationError as error:
        raise wrong(path, "spec", error) from error
    if not spec.input_shape or min(spec.input_shape) < 1 or len(spec.input_shape) > 8:
        raise ConfigError(f"{path}: spec.input_shape: should be sizes of 1 or more (got {list(spec.input_shape)[:8]})")
    if not math.isfinite(spec.target_centre) or not 0 < spec.target_unit < math.inf:
        raise ConfigError(
            f"{path}: spec.target_unit: should be above 0 (got {spec.target_unit}); use another checkpoint"
        )
    for what, wanted in (("class_counts", len(spec.class_names)), ("feature_names", prod(spec.input_shape))):
        found = len(getattr(spec, what))
        if found and found != wanted:
            raise ConfigError(
                f"{path}: spec.{what}: has {found:,} entries and its data {wanted:,}; use another checkpoint"
            )
    return spec


def data_state(checkpoint: Mapping[str, Any], name: str, spec: DataSpec, path: Path) -> dict[str, Any]:
    """What a dataset keeps in a checkpoint: its scaler and, for tables, columns and categories.

    Args:
        checkpoint: As `read_checkpoint` returns it.
        name: Of the dataset's class.
        spec: The dataset that the run was trained on.
        path: Where the checkpoint was, for messages.

    Raises:
        ConfigError: Values of another type, or for other columns than `spec` has.
    """
    state = checkpoint.get(name, {})
    known = validated(_DataState, state, path, f"{name}.")
    for key in ("mean", "scale", "fill"):
        tensor = getattr(known, key)
        if tensor is not None:
            _check_scale(key, tensor, spec, f"{path}: {name}.{key}")
    if known.numeric is not None and known.categories is not None:
        columns = len(known.numeric) + sum(map(len, known.categories.values())) + len(known.indicators or ())
        columns += sum(len(parts) - 1 for parts in (known.dates or {}).values())
        if columns != prod(spec.input_shape):
            raise ConfigError(f"{path}: {name}: has {columns:,} columns and its network {prod(spec.input_shape):,}")
    return dict(state)


def source_state(checkpoint: Mapping[str, Any], name: str, path: Path) -> dict[str, Any] | None:
    """What a dataset keeps of the files that it read; None where it keeps nothing.

    Args:
        checkpoint: As `read_checkpoint` returns it.
        name: Of the dataset's class.
        path: Where the checkpoint was, for messages.

    Raises:
        ConfigError: Values of another type.
    """
    state = checkpoint.get(name, {})
    known = validated(_DataState, state, path, f"{name}.").source
    return None if known is None else dict(state["source"])


def _check_scale(key: str, tensor: Tensor, spec: DataSpec, where: str) -> None:
    try:
        fits = torch.broadcast_shapes(tensor.shape, spec.input_shape) == torch.Size(spec.input_shape)
    except RuntimeError:
        fits = False
    if not fits or not tensor.is_floating_point():
        raise ConfigError(f"{where}: should be of shape {list(spec.input_shape)} (got {list(tensor.shape)[:8]})")
    if not torch.isfinite(tensor).all() or (key == "scale" and (tensor == 0).any()):
        raise ConfigError(f"{where}: holds what no row can be scaled with (NaN, infinite or 0); train the run anew")
