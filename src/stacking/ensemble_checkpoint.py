"""The two checkpoints of an ensemble's run: the best of each member, and the newest state of all."""

from dataclasses import asdict
from pathlib import Path
from statistics import median_low
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor

from src.callbacks.history import History
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.interrupts import held
from src.spec import DataSpec
from src.stacking.ensemble_module import EnsembleModule
from src.stacking.network import named
from src.stacking.stack_checkpoint import Snapshots, check_shapes
from src.storage.folders import RunFolder
from src.storage.saving import save


class EnsembleCheckpoint(Snapshots):
    """Writes `best.ckpt` and `last.ckpt` of a run, each with the weights of all members.

    They are written together, after `metrics.csv`, like those of any run. `last.ckpt` holds under `stack` what the
    members continue from, including the best state of each so far.

    Args:
        seconds_between_writes: The pause between two writes.
        data: The run's dataset.
        spec: Its specification.
    """

    def __init__(self, seconds_between_writes: float, data: InMemoryDataModule, spec: DataSpec) -> None:
        super().__init__(seconds_between_writes)
        self._data, self._spec = data, spec

    def write(self, trainer: pl.Trainer, module: Any, snapshot: dict[str, Any]) -> None:
        """Write a `snapshot` of the ensemble's `module` under this `trainer`."""
        files = RunFolder(Path(trainer.default_root_dir))
        shared = {
            **{key: value for key, value in snapshot.items() if key != "stack"},
            "spec": asdict(self._spec),
            "members": module.history.num_runs,
            type(self._data).__qualname__: self._data.state_dict(),
        }
        stack, best = snapshot["stack"], module.history.best
        with held():
            for callback in trainer.callbacks:  # type: ignore[attr-defined]
                if isinstance(callback, History):
                    callback.write(trainer)
            files.checkpoints.mkdir(exist_ok=True)
            if best.tensors:  # not before the first validation
                chosen = {"epoch": middle(best.epoch) - 1, "state_dict": _weights(module, best.tensors["params"])}
                save(shared | chosen, files.best_checkpoint, durable=True)
            newest = {"state_dict": _weights(module, _newest(module, stack)), "stack": stack}
            save(shared | newest, files.last_checkpoint, durable=True)


def middle(epochs: list[int]) -> int:
    """The median of some `epochs`, or the lower of two: it represents the best epochs of all members."""
    return median_low(epochs)


def restore(module: EnsembleModule, checkpoint: dict[str, Any], path: Path) -> None:
    """Let a new `module` continue from a `checkpoint` at `path`.

    Raises:
        ConfigError: The checkpoint belongs to another ensemble, or is damaged.
    """
    try:
        check_shapes(checkpoint["stack"], module)
        module.restore(checkpoint, torch.zeros(module.history.num_runs, dtype=torch.bool))
    except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise ConfigError(
            f"{path}: does not fit this run's ensemble ({' '.join(str(error).split())}); use a checkpoint of this run"
        ) from error


def _newest(module: EnsembleModule, stack: dict[str, Any]) -> Tensor:
    """The newest weights [M, P] of all members: those in the `stack`, and those that have already stopped."""
    current: Tensor = stack["tensors"]["params"]
    kept = module.history.last.tensors.get("params")
    newest = current.new_zeros(module.history.num_runs, current.shape[1]) if kept is None else kept.clone()
    newest[stack["runs"]] = current
    return newest


def _weights(module: EnsembleModule, params: Tensor) -> dict[str, Tensor]:
    """Parameters [M, P] by their names in a head with a network of class `Members`."""
    network = module.head.network
    return {
        f"network.networks.{member}.{name}": piece
        for member, row in enumerate(params)
        for name, piece in named(network, module.stacked, row).items()
    }
