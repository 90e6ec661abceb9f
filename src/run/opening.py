"""A run's folder opened again: its configuration, its weights and, where rows are needed, its data."""

import json
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from src.build import make, make_head
from src.data.base import InMemoryDataModule
from src.errors import ConfigError, suggestion
from src.folders import CONFIG
from src.heads.base import Head
from src.heads.threshold import ThresholdHead
from src.metrics.threshold import parse_rule
from src.run.files import write_json
from src.spec import DataSpec

_THRESHOLD = "threshold.json"


@dataclass
class OpenRun:
    """A run from its folder alone. Its data are read when rows of them are first asked for.

    Attributes:
        folder: The run's folder.
        cfg: Its configuration.
        spec: What its dataset was.
        datamodule: Its data, with the scaler that training fitted.
        head: Its network with the best weights and the threshold chosen, in evaluation mode.
    """

    folder: Path
    cfg: DictConfig
    spec: DataSpec
    datamodule: InMemoryDataModule
    head: Head

    def check_data(self) -> None:
        """Read the data, and raise `ConfigError` where they are not of the kind that the run was trained on."""
        found = self.datamodule.spec
        for what in ("task", "input_shape", "class_names"):
            mine, theirs = getattr(self.spec, what), getattr(found, what)
            if mine != theirs:
                raise ConfigError(
                    f"data: the run was trained with {what} {_spoken(mine)} (got {_spoken(theirs)}); "
                    "undo what was changed in data"
                )


def open_run(folder: Path, changes: Any = None, data_dir: str | None = None) -> OpenRun:
    """Open a run's folder.

    Args:
        folder: Where `.hydra/config.yaml` is.
        changes: Keys of its configuration that are to be different, nested.
        data_dir: Where its data are now; None is where they were.

    Raises:
        ConfigError: A change of a key that is not there, or no checkpoint that fits.
    """
    cfg = OmegaConf.load(folder / CONFIG)
    assert isinstance(cfg, DictConfig)
    if data_dir is not None:
        cfg.data_dir = data_dir
    _apply(cfg, changes or {})
    OmegaConf.resolve(cfg)
    if "weights" in cfg.network:
        cfg.network.weights = None  # the checkpoint holds all weights, pretrained ones too
    checkpoint = read_checkpoint(folder / "checkpoints" / "best.ckpt")
    spec = DataSpec(**checkpoint["spec"])
    datamodule: InMemoryDataModule = make(cfg.data, "data")
    head = make_head(cfg, spec)
    take(checkpoint, head, datamodule, folder / "checkpoints" / "best.ckpt")
    _read_threshold(folder, head)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return OpenRun(folder, cfg, spec, datamodule, head.eval().to(device))


def _apply(cfg: DictConfig, changes: Any) -> None:
    for group, values in changes.items():
        for key, value in values.items():
            if key not in cfg[group]:
                known = {f"{group}.{name}" for name in cfg[group]}
                raise ConfigError(f"{group}.{key}: the run has no such key; {suggestion(f'{group}.{key}', known)}")
            cfg[group][key] = value


def read_checkpoint(path: Path, needs: tuple[str, ...] = ("state_dict", "spec", "epoch")) -> dict[str, Any]:
    """The plain values and tensors of a checkpoint. One that carries code is refused, none of it executed.

    Args:
        path: Where it is.
        needs: Keys that it must have.

    Raises:
        ConfigError: There is none, or it is none of ours.
    """
    if not path.exists():
        raise ConfigError(f"{path}: there is no such checkpoint; train the run to its end, or go on with resume=")
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise ConfigError(
            f"{path}: carries code or is damaged, and was not loaded; use a checkpoint that this project wrote"
        ) from error
    except (RuntimeError, EOFError, OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{path}: is no checkpoint or damaged; use one that this project wrote") from error
    if not isinstance(state, dict) or not set(needs) <= state.keys():
        raise ConfigError(f"{path}: holds no run of this project; use a checkpoint that it wrote")
    return state


def take(checkpoint: dict[str, Any], head: Head, datamodule: InMemoryDataModule, path: Path) -> int:
    """Take the weights and the scaler of a checkpoint; the number of epochs it was trained.

    Args:
        checkpoint: As `read_checkpoint` returns it.
        head: Takes the weights.
        datamodule: Takes the scaler.
        path: Where the checkpoint was, for messages.

    Raises:
        ConfigError: It belongs to another network.
    """
    try:
        head.load_state_dict(checkpoint["state_dict"])
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ConfigError(
            f"{path}: belongs to another network ({reason}); use the checkpoints of this run's folder"
        ) from error
    datamodule.load_state_dict(checkpoint.get(type(datamodule).__qualname__, {}))
    return int(checkpoint["epoch"]) + 1


def choose_threshold(opened: OpenRun, rule: str | float) -> None:
    """Choose the threshold of an `opened` run by a rule on its validation rows, and store it with the run.

    Raises:
        ConfigError: The run's head has none, or no threshold does what the rule wants.
    """
    if not isinstance(opened.head, ThresholdHead):
        raise ConfigError(f"threshold: {type(opened.head).__name__} has none (got {rule!r}); leave it out")
    opened.head.choose_thresholds(rule, *opened.head.outputs(opened.datamodule.whole("val")))
    write_threshold(opened.folder, opened.head)


def write_threshold(folder: Path, head: ThresholdHead) -> None:
    """Store the threshold that a head uses in a run's folder."""
    write_json(folder / _THRESHOLD, {"rule": str(head.rule), "thresholds": head.thresholds, "chosen_on": "val"})


def _read_threshold(folder: Path, head: Head) -> None:
    if isinstance(head, ThresholdHead) and (folder / _THRESHOLD).exists():
        stored = json.loads((folder / _THRESHOLD).read_text())
        head.set_thresholds(stored["thresholds"])
        head.rule = parse_rule(stored["rule"])


def _spoken(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
