"""A checkpoint that somebody else may have written: inspected before it is loaded, and checked before it is used.

Its file is a zip archive with the bytes of each tensor and one pickle. What is read from it is never larger than the
file: no compression, no code, and no tensor that claims more numbers than are stored.
"""

import pickle
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import torch
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from torch import Tensor

from src.errors import ConfigError
from src.trust.pickles import look_through

MOST_PICKLE = 16 * 2**20
"""The most bytes of the pickle without tensors: a ResNet with its optimizer has fifty thousand."""

MOST_LEVELS = 32
"""The most levels of nested containers."""

_MOST_VALUES = 2**20


class _Checkpoint(BaseModel):
    """The parts of a checkpoint with types that do not follow from the run."""

    model_config = ConfigDict(strict=True, arbitrary_types_allowed=True)
    epoch: Annotated[int, Field(ge=-1, lt=2**31)]  # -1 during the first epoch
    global_step: Annotated[int, Field(ge=0, lt=2**62)] = 0
    state_dict: dict[str, Tensor]
    spec: dict[str, Any] = {}
    optimizer_states: list[dict[str, Any]] = []
    lr_schedulers: list[dict[str, Any]] = []
    callbacks: dict[str, Any] = {}
    loops: dict[str, Any] = {}
    rng_state: Tensor | None = None


def read_checkpoint(path: Path, needs: tuple[str, ...] = ("state_dict", "spec", "epoch")) -> dict[str, Any]:
    """The plain values and tensors of a checkpoint. One with code in it is refused without executing any of it.

    Args:
        path: Path of the checkpoint.
        needs: Keys that it must have.

    Raises:
        ConfigError: There is none, it is not ours, or it would take more memory than its file.
    """
    if not path.exists():
        folder = path.parent.parent
        raise ConfigError(f"{path}: there is no such checkpoint; finish the run with resume={folder}")
    look_at(path)
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _carries(path, "holds something other than tensors") from error
    except Exception as error:  # loading a damaged file may raise anything
        raise ConfigError(f"{path}: is not a checkpoint, or is damaged; use one that this project wrote") from error
    if not isinstance(state, dict) or not set(needs) <= state.keys():
        raise ConfigError(f"{path}: holds no run of this project; use a checkpoint that it wrote")
    _check_values(state, path)
    validated(_Checkpoint, state, path)
    _check_rng_state(state.get("rng_state"), path)
    for name, tensor in state["state_dict"].items():
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise ConfigError(
                f"{path}: its weights are not all numbers (NaN or infinite in {name}); train the run again"
            )
    return state


def check_alike(mine: Any, theirs: Any, where: str, path: Path) -> None:
    """Refuse a state from a checkpoint with other types than the state that it would replace.

    Args:
        mine: The current state; None may become anything.
        theirs: The checkpoint's state.
        where: Its name, for messages.
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
    """Refuse a file at `path` that would grow when loaded, or do more than load data.

    Raises:
        ConfigError: It is such a file, or not written by PyTorch.
    """
    broken = ConfigError(f"{path}: is not a checkpoint, or is damaged; use one that this project wrote")
    if not path.is_file():
        raise broken
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ConfigError(f"{path}: is compressed, unlike any checkpoint; use one that this project wrote")
            if sum(entry.file_size for entry in entries) > path.stat().st_size:
                raise broken
            pickles = [entry for entry in entries if entry.filename.endswith("/data.pkl")]
            if len(pickles) != 1:
                raise broken
            if pickles[0].file_size > MOST_PICKLE:
                raise ConfigError(f"{path}: its values take more than {MOST_PICKLE // 2**20} MiB besides the tensors")
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
    """Refuse numbers, nesting and tensors beyond what a file of this size can hold."""
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
    """Every value of nested containers, and its depth; endless for containers that contain themselves."""
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
    whole = rng_state.is_contiguous() and rng_state.storage_offset() == 0  # PyTorch reads beyond the end of a part
    if rng_state.dtype != own.dtype or rng_state.shape != own.shape or not whole:
        raise ConfigError(
            f"{path}: rng_state: is not a random state of PyTorch; use a checkpoint that this project wrote"
        )


def validated(model: type[BaseModel], state: Any, path: Path, prefix: str = "") -> Any:
    """A `state` from the checkpoint at `path` as a `model`; `prefix` precedes its keys in messages.

    Raises:
        ConfigError: A value of another type.
    """
    try:
        return model.model_validate(state)
    except ValidationError as error:
        raise wrong(path, prefix, error) from error


def wrong(path: Path, prefix: str, error: ValidationError) -> ConfigError:
    """The first wrong type in an `error`, without the value, which may be anything.

    Args:
        path: The checkpoint.
        prefix: What precedes the key.
        error: The error from pydantic.
    """
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
