"""Opening a run's folder again: its configuration, its weights and, if rows are needed, its data."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.building.build import is_plain, make_head
from src.building.making import make
from src.data.base import InMemoryDataModule
from src.data.source import Source
from src.errors import ConfigError, suggestion
from src.heads.base import Head
from src.reporting.remarks import remark
from src.runs import answers, rows_seen
from src.runs.sizes import check_sizes
from src.settings.wording import shown
from src.spec import DataSpec
from src.storage.folders import RUN, RunFolder
from src.trust import targets
from src.trust.checkpoints import read_checkpoint
from src.trust.datasets import data_state, members_of, spec_of
from src.trust.references import resolved
from src.trust.saved import Config, check_amounts, guarded, saved_config

_DIVIDING = {"data.split_seed", "data.split_column", "data.test_fraction", "data.val_fraction", "data.stratify"}
_DIVIDING |= {"data.folds", "data.fold", "data.group", "data.split", "data.time"}


@dataclass
class OpenRun:
    """A run opened from its folder. Its data are read only when rows are needed.

    Attributes:
        folder: The run's folder.
        cfg: Its configuration.
        spec: The specification of its dataset.
        datamodule: Its dataset, with the scaler fitted in training.
        head: Its network with the best weights and the chosen threshold, in evaluation mode.
        changes: Dotted keys of its configuration that have been changed.
        original: Returns its configuration without these changes.
    """

    folder: Path
    cfg: DictConfig
    spec: DataSpec
    datamodule: InMemoryDataModule
    head: Head
    changes: frozenset[str]
    original: Callable[[], DictConfig]

    def check_data(self, allow: bool = False, refuse: bool = False) -> dict[str, Any]:
        """Read the data; returns and prints a note for results if they are not those that the run was trained on.

        Another file than the run's own is used for testing as a whole, and so is one that has changed, if allowed:
        except for the rows that the run has seen.

        Args:
            allow: Whether data may have changed.
            refuse: Whether changed data that are not allowed raise an error, instead of being split like the run's own.

        Raises:
            ConfigError: The data are of another kind.
            ChangedDataError: The data have changed.
        """
        data = self.datamodule
        data.tests_all = allow or "data.path" in self.changes
        data.refuses_change = refuse and not data.tests_all
        trained = data.trained_source
        data.trained_digests = rows_seen.read_digests(self.folder)
        if trained is not None and (data.tests_all or trained.mixed):
            data.leave_out(rows_seen.read(self.folder))
        found = self.datamodule.spec
        for what in ("task", "input_shape", "class_names"):
            mine, theirs = getattr(self.spec, what), getattr(found, what)
            if mine != theirs:
                raise ConfigError(
                    f"data: the run was trained with {what} {_spoken(mine)} (got {_spoken(theirs)}); "
                    "undo the change in data"
                )
        self._mention_unknown(data.source)
        change = data.change() or data.mixture()
        if data.change() is not None:
            for kind, text in data.settle(data.source.name if data.source else "the data"):
                remark(kind, text)
        return {} if change is None else rows_seen.said(change, data)

    def check_source(self, allow: bool) -> None:
        """Raise `ChangedDataError` if existing files have changed and `allow` is False."""
        source = self.datamodule.source_now()
        self._mention_unknown(source)
        self.datamodule.refuses_change = not allow
        self.datamodule.refuse_change(source)

    def _mention_unknown(self, source: Source | None) -> None:
        if source is not None and self.datamodule.trained_source is None:
            remark("unknown", rows_seen.UNKNOWN.format(name=source.name))


def open_run(
    folder: Path, changes: Any = None, data_dir: str | None = None, trust: Any = None, anew: Collection[str] = ()
) -> OpenRun:
    """Open a run's folder, which anybody may have written: no code in it is run, and nothing is written outside of it.

    Args:
        folder: The folder that contains `.hydra/config.yaml`.
        changes: Nested changes of its configuration.
        data_dir: The current folder of its data; None is the original one.
        trust: Package, or list of packages, whose classes the configuration may name besides this project's.
        anew: `calibration` or `threshold` if it will be determined again, so that its file may be damaged.

    Raises:
        ConfigError: The configuration or the checkpoint is not this project's, a changed key does not exist, or no
            checkpoint fits.
    """
    cfg = _configuration(folder, changes or {}, data_dir, trust)
    path = RunFolder(folder).best_checkpoint
    if is_plain(cfg):
        raise ConfigError(
            f"{folder}: was trained with Lightning modules of its own ({cfg.data._target_}, {cfg.head._target_}), and "
            f"this needs a dataset and a head of this project; load {path} with the module's load_from_checkpoint"
        )
    checkpoint = read_checkpoint(path)
    datamodule: InMemoryDataModule = make(cfg, "data")
    head = _made_head(cfg, checkpoint, path)
    take(checkpoint, head, datamodule, path)
    answers.read(folder, head, anew)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    own = frozenset(f"{group}.{key}" for group, values in _plain(changes or {}).items() for key in values)
    original = partial(_configuration, folder, {}, data_dir, trust)
    return OpenRun(folder, cfg, head.spec, datamodule, head.eval().to(device), own, original)


def open_head(path: Path, trust: Any = None) -> Head:
    """The head of a checkpoint in a run's folder, built as for training, with the checkpoint's weights.

    Args:
        path: The checkpoint; `best.ckpt` includes its temperature and threshold.
        trust: As for `open_run`.

    Raises:
        ConfigError: As for `open_run`, or the checkpoint is not in a run's folder.
    """
    folder = path.absolute().parent.parent
    if not RunFolder(folder).config.is_file():
        raise ConfigError(
            f"{path}: is not in a run folder, which describes its network; move it back to "
            f"<run folder>/{RUN.checkpoints}, or give network, spec and make_optimizer"
        )
    cfg = _configuration(folder, {}, None, trust)
    checkpoint = read_checkpoint(path)
    head = _made_head(cfg, checkpoint, path)
    take_weights(checkpoint, head, path)
    if path.name == RUN.best_checkpoint.name:
        answers.read(folder, head)
    return head


def _made_head(cfg: DictConfig, checkpoint: dict[str, Any], path: Path) -> Head:
    """The head that a configuration describes, for the data of a checkpoint at `path`, without its weights."""
    spec = spec_of(checkpoint, path)
    members = members_of(checkpoint, path)
    check_sizes(cfg, spec, checkpoint["state_dict"], path, members)
    planned = [scheduler.get("total_steps") for scheduler in checkpoint.get("lr_schedulers", [])]
    steps = next((steps for steps in planned if isinstance(steps, int) and steps > 0), 1)
    return make_head(cfg, spec, steps, members)


def _configuration(folder: Path, changes: Any, data_dir: str | None, trust: Any) -> DictConfig:
    """A run's configuration, changed and resolved, without anything that could do harm."""
    saved, path = saved_config(folder), RunFolder(folder).config
    if data_dir is not None:
        saved["data_dir"] = data_dir
    own = _apply(saved, _plain(changes))
    _refuse_other_splits(saved, own, trust)
    cfg = resolved({**guarded(saved, own), "trust": _plain(trust)}, path)
    check_amounts(cfg, own)
    targets.check(cfg, folder)
    try:
        return OmegaConf.create(cfg)
    except OmegaConfBaseException as error:
        raise ConfigError(f"{path}: {' '.join(str(error).split())}; restore it") from error


def _refuse_other_splits(cfg: Config, own: set[str], trust: Any) -> None:
    """Refuse changes that split a run's rows differently, since training rows would become test rows."""
    kind = targets.find({"data": cfg["data"], "trust": _plain(trust)}, "data")
    dividing = _DIVIDING if getattr(kind, "draws_rows", False) else {*_DIVIDING, "data.seed"}
    if "data.path" not in own:
        dividing = {*dividing, "data.target", "data.classes"}  # splits are stratified by their values
    if wrong := sorted(own & dividing):
        raise ConfigError(
            f"{wrong[0]}: splits the run's rows differently, so training rows would become test rows "
            f"(got {cfg['data'][wrong[0].removeprefix('data.')]}); leave it out"
        )


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _apply(cfg: Config, changes: Any) -> set[str]:
    """Apply nested changes to a configuration; returns the dotted keys that they set."""
    own: set[str] = set()
    for group, values in changes.items():
        if not isinstance(values, dict) or not isinstance(cfg.get(group), dict):
            raise ConfigError(f"changes: should be keys of the run's groups (got {shown(changes)}); set data.KEY=VALUE")
        for key, value in values.items():
            if key not in cfg[group]:
                known = {f"{group}.{name}" for name in cfg[group]}
                raise ConfigError(f"{group}.{key}: the run has no such key; {suggestion(f'{group}.{key}', known)}")
            cfg[group][key] = value
            own.add(f"{group}.{key}")
    return own


def take(checkpoint: dict[str, Any], head: Head, datamodule: InMemoryDataModule, path: Path) -> int:
    """Load the weights and the scaler of a checkpoint; returns the number of epochs it was trained.

    Args:
        checkpoint: The checkpoint from `read_checkpoint`.
        head: The head for the weights.
        datamodule: The dataset for the scaler.
        path: Path of the checkpoint, for messages.

    Raises:
        ConfigError: It belongs to another network.
    """
    take_weights(checkpoint, head, path)
    state = data_state(checkpoint, type(datamodule).__qualname__, head.spec, path)
    try:
        datamodule.load_state_dict(state)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: has nothing about the run's data ({error}); use another checkpoint") from error
    return int(checkpoint["epoch"]) + 1


def take_weights(checkpoint: dict[str, Any], head: Head, path: Path) -> None:
    """Load the weights of a checkpoint at `path` into a head; raises `ConfigError` if they are another network's."""
    saved = spec_of(checkpoint, path)
    head.spec = replace(head.spec, target_centre=saved.target_centre, target_unit=saved.target_unit)
    try:
        head.load_state_dict(checkpoint["state_dict"])
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise ConfigError(
            f"{path}: belongs to another network ({reason}); use the checkpoints of this run's folder"
        ) from error


def _spoken(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
