"""A checkpoint that somebody else may have written: looked at before it is loaded, and checked before it is used.

Its file is a zip that holds the bytes of each tensor and one pickle. What comes out of it is never larger than the
file: no compression, no code, and no tensor that claims more numbers than were stored.
"""

import math
import pickle
import zipfile
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from torch import Tensor

from src.errors import ConfigError
from src.spec import DataSpec
from src.trust.pickles import look_through

MOST_PICKLE = 16 * 2**20
"""Bytes of the pickle, tensors aside: a ResNet with its optimizer has fifty thousand."""

MOST_LEVELS = 32
"""Containers within each other."""

_MOST_VALUES = 2**20
_Character = Annotated[str, Field(min_length=1, max_length=1)]
_SPEC = TypeAdapter(DataSpec)


class _SourceState(BaseModel):
    """What a dataset's files were."""

    model_config = ConfigDict(strict=True)
    counts: dict[str, int]
    digest: str
    mixed: bool
    content: str = ""


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


class _Checkpoint(BaseModel):
    """The parts of a checkpoint whose types do not follow from the run."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)
    epoch: Annotated[int, Field(ge=-1, lt=2**31)]  # -1 within the first
    global_step: Annotated[int, Field(ge=0, lt=2**62)] = 0
    state_dict: dict[str, Tensor]
    spec: dict[str, Any] = {}
    optimizer_states: list[dict[str, Any]] = []
    lr_schedulers: list[dict[str, Any]] = []
    callbacks: dict[str, Any] = {}
    loops: dict[str, Any] = {}
    rng_state: Tensor | None = None


def read_checkpoint(path: Path, needs: tuple[str, ...] = ("state_dict", "spec", "epoch")) -> dict[str, Any]:
    """The plain values and tensors of a checkpoint. One that carries code is refused, none of it executed.

    Args:
        path: Where it is.
        needs: Keys that it must have.

    Raises:
        ConfigError: There is none, it is none of ours, or it would take more memory than its file.
    """
    if not path.exists():
        folder = path.parent.parent
        raise ConfigError(f"{path}: there is no such checkpoint; train the run to its end, with resume={folder}")
    look_at(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _carries(path, "holds what is no tensor") from error
    except Exception as error:  # whatever a damaged file makes of the loader
        raise ConfigError(f"{path}: is no checkpoint or damaged; use one that this project wrote") from error
    if not isinstance(state, dict) or not set(needs) <= state.keys():
        raise ConfigError(f"{path}: holds no run of this project; use a checkpoint that it wrote")
    _check_values(state, path)
    _validated(_Checkpoint, state, path)
    _check_rng_state(state.get("rng_state"), path)
    for name, tensor in state["state_dict"].items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ConfigError(
                f"{path}: its weights are not all numbers (NaN or infinite in {name}); train the run anew"
            )
    return state


def spec_of(checkpoint: Mapping[str, Any], path: Path) -> DataSpec:
    """The dataset that a checkpoint at `path` was trained on.

    Raises:
        ConfigError: It says nothing of the kind.
    """
    try:
        spec = _SPEC.validate_python(checkpoint["spec"])
    except ValidationError as error:
        raise _wrong(path, "spec", error) from error
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
    known = _validated(_DataState, state, path, f"{name}.")
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
    known = _validated(_DataState, state, path, f"{name}.").source
    return None if known is None else dict(state["source"])


def check_alike(mine: Any, theirs: Any, where: str, path: Path) -> None:
    """Refuse a state from a checkpoint that is of other types than the state which it is to replace.

    Args:
        mine: The state now; None may become anything.
        theirs: The checkpoint's.
        where: What it is, for messages.
        path: The checkpoint.

    Raises:
        ConfigError: The first difference.
    """
    if mine is None or theirs is None:
        return
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in mine.keys() & theirs.keys():
            check_alike(mine[key], theirs[key], f"{where}.{key}", path)
    elif _sort(mine) != _sort(theirs):
        raise ConfigError(
            f"{path}: {where}: should be a {_sort(mine)} (got a {_sort(theirs)}); use a checkpoint of this run"
        )


def _sort(value: Any) -> str:
    if isinstance(value, Tensor):
        return "number" if value.ndim == 0 else "tensor"
    if isinstance(value, bool | int | float):
        return "number"
    return "list" if isinstance(value, list | tuple) else type(value).__name__


def look_at(path: Path) -> None:
    """Refuse a file at `path` that would grow as it is loaded, or do more than be loaded.

    Raises:
        ConfigError: It is such a file, or none that PyTorch has written.
    """
    broken = ConfigError(f"{path}: is no checkpoint or damaged; use one that this project wrote")
    if not path.is_file():
        raise broken
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ConfigError(f"{path}: is compressed, which no checkpoint is; use one that this project wrote")
            if sum(entry.file_size for entry in entries) > path.stat().st_size:
                raise broken
            pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise broken
            if pickles[0].file_size > MOST_PICKLE:
                raise ConfigError(f"{path}: its values take more than {MOST_PICKLE // 2**20} MiB beside the tensors")
            folder = pickles[0].filename.removesuffix("data.pkl") + "data/"
            records = {
                entry.filename.removeprefix(folder): entry.file_size
                for entry in entries
                if entry.filename.startswith(folder)
            }
            look_through(archive.read(pickles[0]), records)
    except ValueError as error:
        raise _carries(path, str(error)) from error
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise broken from error


def _check_values(state: Any, path: Path) -> None:
    """Refuse numbers, depths and tensors without bound: what a file of this size cannot hold."""
    room = path.stat().st_size
    for count, (value, levels) in enumerate(_each(state)):
        if levels > MOST_LEVELS or count > _MOST_VALUES:
            raise ConfigError(f"{path}: has more than {MOST_LEVELS} levels or {_MOST_VALUES:,} values; use another")
        if isinstance(value, int) and abs(value) >= 2**63:
            raise ConfigError(f"{path}: holds a number of {value.bit_length()} bits (at most 63); use another")
        if isinstance(value, Tensor):
            plain = value.layout == torch.strided and value.device.type == "cpu" and not value.is_quantized
            room -= value.numel() * value.element_size() if plain else 0
            if not plain or room < 0:
                raise ConfigError(
                    f"{path}: claims tensors of more numbers than its {path.stat().st_size:,} bytes hold; use another"
                )


def _each(state: Any) -> Iterator[tuple[Any, int]]:
    """Every value of nested containers, and how deep it is; containers that hold themselves never end."""
    pending = [(state, 0)]
    while pending:
        value, levels = pending.pop()
        yield value, levels
        if isinstance(value, dict):
            pending += [(each, levels + 1) for item in value.items() for each in item]
        elif isinstance(value, list | tuple | set):
            pending += [(each, levels + 1) for each in value]


def _check_rng_state(rng_state: Tensor | None, path: Path) -> None:
    own = torch.get_rng_state()
    if rng_state is None:
        return
    whole = rng_state.is_contiguous() and rng_state.storage_offset() == 0  # of a part, PyTorch reads beyond the end
    if rng_state.dtype != own.dtype or rng_state.shape != own.shape or not whole:
        raise ConfigError(
            f"{path}: rng_state: is no random state of PyTorch's; use a checkpoint that this project wrote"
        )


def _check_scale(key: str, tensor: Tensor, spec: DataSpec, where: str) -> None:
    try:
        fits = torch.broadcast_shapes(tensor.shape, spec.input_shape) == torch.Size(spec.input_shape)
    except RuntimeError:
        fits = False
    if not fits or not tensor.is_floating_point():
        raise ConfigError(f"{where}: should be of shape {list(spec.input_shape)} (got {list(tensor.shape)[:8]})")
    if not torch.isfinite(tensor).all() or (key == "scale" and (tensor == 0).any()):
        raise ConfigError(f"{where}: holds what no row can be scaled with (NaN, infinite or 0); train the run anew")


def _validated(model: type[BaseModel], state: Any, path: Path, prefix: str = "") -> Any:
    try:
        return model.model_validate(state)
    except ValidationError as error:
        raise _wrong(path, prefix, error) from error


def _wrong(path: Path, prefix: str, error: ValidationError) -> ConfigError:
    """The first wrong type, without the value, which may be anything."""
    first = error.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part)[:80] for part in first["loc"])
    separator = "." if prefix and place and not prefix.endswith(".") else ""
    name = f"{prefix}{separator}{place}".strip(".")
    return ConfigError(
        f"{path}: {name}: {first['msg'][0].lower()}{first['msg'][1:]}; use a checkpoint that this project wrote"
    )


def _carries(path: Path, what: str) -> ConfigError:
    return ConfigError(
        f"{path}: carries code or is damaged, and was not loaded ({what}); use a checkpoint that this project wrote"
    )
