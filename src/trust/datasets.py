"""The state of a dataset in a checkpoint that somebody else may have written: checked before it is used."""

import math
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Annotated, Any, Self

import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from torch import Tensor

from src.errors import ConfigError
from src.spec import DataSpec
from src.trust.checkpoints import validated, wrong

_Character = Annotated[str, Field(min_length=1, max_length=1)]
_SPEC = TypeAdapter(DataSpec)
_MOST_MEMBERS = 4096


class _SourceState(BaseModel):
    """The files of a dataset."""

    model_config = ConfigDict(strict=True)
    counts: dict[str, int]
    digest: str
    mixed: bool
    content: str = ""
    whole: bool = False


class _Reading(BaseModel):
    """The format of a file of rows."""

    model_config = ConfigDict(strict=True)
    separator: _Character
    quote: _Character
    escape: _Character
    skip: Annotated[int, Field(ge=0, lt=2**31)]
    header: bool
    comments: bool
    encoding: Annotated[str, Field(max_length=40)]
    missing: list[str]


class _EncoderState(BaseModel):
    """The columns of a table."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)
    numeric: list[str] | None = None
    categories: dict[str, list[str]] | None = None
    spellings: list[Annotated[list[str], Field(min_length=2, max_length=2)]] | None = None
    dates: dict[str, Annotated[list[str], Field(min_length=2)]] | None = None
    indicators: list[str] | None = None


class _Counted(BaseModel):
    """The number of networks in a checkpoint."""

    model_config = ConfigDict(strict=True)
    members: Annotated[int, Field(ge=1, le=_MOST_MEMBERS)] = 1


class _MembersState(BaseModel):
    """The columns for the members of an ensemble, and for all their rows together."""

    model_config = ConfigDict(strict=True)
    layout: _EncoderState
    encoders: Annotated[list[_EncoderState], Field(min_length=1)]
    which: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=_MOST_MEMBERS)]

    @model_validator(mode="after")
    def _named(self) -> Self:
        if max(self.which) >= len(self.encoders):
            raise ValueError("it names an encoder that does not exist")
        return self


class _DataState(_EncoderState):
    """The state of a dataset in a checkpoint."""

    mean: Tensor | None = None
    scale: Tensor | None = None
    fill: Tensor | None = None
    members: _MembersState | None = None
    reading: _Reading | None = None
    classes: tuple[str, ...] | None = None
    source: _SourceState | None = None


def members_of(checkpoint: Mapping[str, Any], path: Path) -> int:
    """The number of ensemble members in a checkpoint at `path`; 1 for a single network.

    Raises:
        ConfigError: The number is not valid.
    """
    known: int = validated(_Counted, checkpoint, path).members
    return known


def spec_of(checkpoint: Mapping[str, Any], path: Path) -> DataSpec:
    """The dataset that a checkpoint at `path` was trained on.

    Raises:
        ConfigError: It has no valid specification.
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
    """The state of a dataset in a checkpoint: its scaler and, for tables, columns and categories.

    Args:
        checkpoint: The checkpoint from `read_checkpoint`.
        name: Name of the dataset's class.
        spec: The dataset that the run was trained on.
        path: Path of the checkpoint, for messages.

    Raises:
        ConfigError: Values have another type, or belong to other columns than those of `spec`.
    """
    state = checkpoint.get(name, {})
    known = validated(_DataState, state, path, f"{name}.")
    for key in ("mean", "scale", "fill"):
        tensor = getattr(known, key)
        if tensor is not None:
            _check_scale(key, tensor, spec, members_of(checkpoint, path), f"{path}: {name}.{key}")
    of_members = 1 if known.members is None else len(known.members.which)
    if of_members != members_of(checkpoint, path):
        raise ConfigError(f"{path}: {name}: is of {of_members:,} networks; use a checkpoint that this project wrote")
    if known.numeric is not None and known.categories is not None:
        columns = len(known.numeric) + sum(map(len, known.categories.values())) + len(known.indicators or ())
        columns += sum(len(parts) - 1 for parts in (known.dates or {}).values())
        if columns != prod(spec.input_shape):
            raise ConfigError(f"{path}: {name}: has {columns:,} columns and its network {prod(spec.input_shape):,}")
    return dict(state)


def source_state(checkpoint: Mapping[str, Any], name: str, path: Path) -> dict[str, Any] | None:
    """The state of the files that a dataset read; None if there is none.

    Args:
        checkpoint: The checkpoint from `read_checkpoint`.
        name: Name of the dataset's class.
        path: Path of the checkpoint, for messages.

    Raises:
        ConfigError: Values have another type.
    """
    state = checkpoint.get(name, {})
    known = validated(_DataState, state, path, f"{name}.").source
    return None if known is None else dict(state["source"])


def _check_scale(key: str, tensor: Tensor, spec: DataSpec, members: int, where: str) -> None:
    shape = spec.input_shape if members == 1 else (members, *spec.input_shape)
    try:
        fits = torch.broadcast_shapes(tensor.shape, shape) == torch.Size(shape)
    except RuntimeError:
        fits = False
    if not fits or not tensor.is_floating_point() or (members > 1 and tensor.shape != torch.Size(shape)):
        raise ConfigError(f"{where}: should be of shape {list(shape)} (got {list(tensor.shape)[:8]})")
    if not torch.isfinite(tensor).all() or (key == "scale" and (tensor == 0).any()):
        raise ConfigError(
            f"{where}: contains values that rows cannot be scaled with (NaN, infinite or 0); train the run again"
        )
