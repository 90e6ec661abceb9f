"""The checkpoint of the stack in progress: a file in the sweep's folder, from which `sweep_resume` continues."""

import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import lightning.pytorch as pl
import torch
from torch import Tensor

from src.errors import ConfigError
from src.stacking.members import Member
from src.stacking.module import StackModule
from src.storage.files import flush_all
from src.storage.removal import remove_listed
from src.storage.saving import save
from src.storage.throttle import Throttle
from src.trust.checkpoints import look_at

_PLACES = {"runs_dir", "data_dir"}  # a moved sweep is the same sweep


class Place(NamedTuple):
    """Where and how often a sweep's stacks write their checkpoint.

    Attributes:
        path: The file, one per sweep, since its stacks train one after the other.
        seconds_between_writes: The pause between two writes.
    """

    path: Path
    seconds_between_writes: float


class Snapshots(pl.callbacks.Checkpoint):
    """Writes the state of all runs after the newest epoch: regularly, when training ends, and when it is interrupted.

    Args:
        seconds_between_writes: The pause between two writes.
    """

    def __init__(self, seconds_between_writes: float) -> None:
        self._throttle = Throttle(seconds_between_writes)
        self._start = time.perf_counter()
        self._written: int | None = None

    def write(self, trainer: pl.Trainer, module: Any, snapshot: dict[str, Any]) -> None:
        """Write a `snapshot` of the module under this `trainer`."""
        raise NotImplementedError

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        self._start = time.perf_counter()
        self._throttle.restart()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write after a pause. Checkpoint callbacks come after the module's own hook."""
        if self._throttle.due():
            self._write(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Write the last state, from which the folders can be written."""
        self._write(trainer, pl_module)

    def on_exception(self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException) -> None:
        """Write the state after the last complete epoch."""
        self._write(trainer, pl_module)

    def _write(self, trainer: pl.Trainer, module: Any) -> None:
        snapshot = module.snapshot()
        if snapshot is not None and snapshot["epoch"] != self._written:
            self.write(trainer, module, snapshot)
            self._written = snapshot["epoch"]


class StackCheckpoint(Snapshots):
    """Writes the state of a sweep's stack.

    The file is a checkpoint in Lightning's format, with our own part under `stack`.

    Args:
        place: The file, and the pause between two writes.
        members: The runs of the stack.
        seconds_before: Time inside `Trainer.fit` before this process.
    """

    def __init__(self, place: Place, members: list[Member], seconds_before: float = 0.0) -> None:
        super().__init__(place.seconds_between_writes)
        self.path, self._members, self._before = place.path, members, seconds_before
        self._fingerprints: list[str] | None = None

    def write(self, trainer: pl.Trainer, module: Any, snapshot: dict[str, Any]) -> None:
        """Write the `snapshot` and the runs it belongs to."""
        self._fingerprints = self._fingerprints or fingerprints(self._members)
        snapshot["stack"] |= {
            "numbers": [member.number for member in self._members],
            "fingerprints": self._fingerprints,
            "seconds": self._before + time.perf_counter() - self._start,
        }
        save(snapshot, self.path, durable=True)

    def remove(self) -> None:
        """Wait until the folders of all members are on the disk, then remove the file."""
        flush_all()
        remove_listed(self.path.parent, [self.path.name])


def fingerprints(members: list[Member]) -> list[str]:
    """A text for each of the `members` that changes with its configuration, rows or initial weights."""
    rows: dict[int, bytes] = {}
    texts = []
    for member in members:
        assert member.data is not None
        assert member.weights is not None
        if id(member.data) not in rows:
            rows[id(member.data)] = _digest(*(part for split in member.data.splits for part in split)).digest()
        settings = {key: value for key, value in member.cfg.items() if key not in _PLACES}
        digest = _digest(member.weights)
        digest.update(rows[id(member.data)])
        digest.update(json.dumps(settings, sort_keys=True, default=str).encode())
        texts.append(digest.hexdigest())
    return texts


def _digest(*tensors: Tensor) -> Any:
    digest = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        digest.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().data)
    return digest


@dataclass
class Saved:
    """The contents of a stack's checkpoint.

    Attributes:
        path: The file.
        numbers: The members' numbers in the sweep.
        state: The whole checkpoint.
    """

    path: Path
    numbers: list[int]
    state: dict[str, Any]

    @property
    def epoch(self) -> int:
        """Number of complete epochs."""
        return int(self.state["epoch"]) + 1

    @property
    def seconds(self) -> float:
        """Time inside `Trainer.fit`."""
        return float(self.state["stack"]["seconds"])

    def restore(self, module: StackModule, members: list[Member]) -> None:
        """Let the module of a new stack continue from here, without the members that have already finished.

        Raises:
            ConfigError: The checkpoint belongs to other runs, or is damaged; the stack can then not be used.
        """
        stack = self.state["stack"]
        known = dict(zip(self.numbers, stack["fingerprints"], strict=True))
        changed = [
            member.number
            for member, fingerprint in zip(members, fingerprints(members), strict=True)
            if known.get(member.number) != fingerprint
        ]
        if changed or len(members) != len(known):
            which = f"run #{changed[0]} has" if changed else "some runs have"
            raise ConfigError(f"{self.path}: {which} different settings, rows or initial weights now")
        try:
            check_shapes(stack, module)
            module.restore(self.state, torch.tensor([member.finished for member in members]))
        except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
            raise ConfigError(f"{self.path}: damaged") from error


def read(path: Path) -> Saved:
    """The checkpoint at `path`, without executing any code in it.

    Raises:
        ConfigError: It contains code, is damaged or is not ours.
    """
    try:
        look_at(path)
        state = torch.load(path, map_location="cpu", weights_only=True)
        stack = _with_words_of_today(state["stack"])
        numbers = [int(number) for number in stack["numbers"]]
        if not len(numbers) == len(set(numbers)) == len(stack["fingerprints"]) > 0:
            raise ValueError("a fingerprint for each member")
        return Saved(path, numbers, state)
    except Exception as error:  # torch.load raises many kinds
        raise ConfigError(f"{path}: damaged, or not a checkpoint of a sweep") from error


def _with_words_of_today(stack: dict[str, Any]) -> dict[str, Any]:
    """A stack saved by an earlier version, with today's names."""
    if "ledger" in stack:
        stack["history"] = stack.pop("ledger")
    parts = stack, *(stack.get("history", {}).get(name, {}) for name in ("best", "last"))
    for tensors in (part.get("tensors", {}) for part in parts):
        if "values" in tensors:
            tensors["params"] = tensors.pop("values")
        if "seen" in tensors:
            tensors["best"] = torch.where(tensors.pop("seen"), tensors["best"], torch.nan)
            tensors.setdefault("tied", torch.full_like(tensors["best"], torch.inf))
            tensors["stop_reason"] = torch.zeros_like(tensors["waited"])
    return stack


def check_shapes(stack: dict[str, Any], module: StackModule) -> None:
    """Raise an error if tensors or lists of a `stack` do not match those of a `module`, before any is used."""
    num_runs, runs, history = module.num_runs, stack["runs"], stack["history"]
    fresh = module.state(0)
    like = {name: (value.dtype, value.shape[1:]) for name, value in fresh.tensors.items()}
    keys = [[each.keys() for each in schedulers] for schedulers in fresh.schedulers]
    kept = [(stack["tensors"], len(runs)), *((history[name]["tensors"], num_runs) for name in ("best", "last"))]
    right = [
        runs.dtype == torch.int64 and torch.equal(runs, torch.arange(num_runs)[runs]),
        [[each.keys() for each in schedulers] for schedulers in stack["schedulers"]] == keys[: len(runs)],
        *({name: (each.dtype, each.shape[1:]) for name, each in tensors.items()} in ({}, like) for tensors, _ in kept),
        *(len(each) == size for tensors, size in kept for each in tensors.values()),
        *(len(history[name]["epoch"]) == len(history[name]["schedulers"]) == num_runs for name in ("best", "last")),
        *({0, *history["progress"]} >= set(history[name]["epoch"]) for name in ("best", "last")),
    ]
    if not all(right):
        raise ValueError("shapes differ from those of the stack")
