"""A run's folder opened again: its configuration, its weights and, where rows are needed, its data."""

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
from src.settings.composed import shown
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
    """A run from its folder alone. Its data are read when rows of them are first asked for.

    Attributes:
        folder: The run's folder.
        cfg: Its configuration.
        spec: What its dataset was.
        datamodule: Its data, with the scaler that training fitted.
        head: Its network with the best weights and the threshold chosen, in evaluation mode.
        changes: Keys of its configuration that are different now, dotted.
        original: Gives its configuration without these changes.
    """

    folder: Path
    cfg: DictConfig
    spec: DataSpec
    datamodule: InMemoryDataModule
    head: Head
    changes: frozenset[str]
    original: Callable[[], DictConfig]

    def check_data(self, allow: bool = False, refuse: bool = False) -> dict[str, Any]:
        """Read the data; what results say where they are not those that the run was trained on, which a line says too.

        Another file that was named instead of the run's own is tested as a whole, and one that has changed likewise
        where that is allowed: apart from the rows that the run has seen.

        Args:
            allow: To work with data that have changed.
            refuse: Raise an error for them where they are not allowed, instead of dividing them as the run's own.

        Raises:
            ConfigError: They are of another kind.
            ChangedDataError: They have changed.
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
                    "undo what was changed in data"
                )
        self._mention_unknown(data.source)
        change = data.change() or data.mixture()
        if data.change() is not None:
            for kind, text in data.settle(data.source.name if data.source else "the data"):
                remark(kind, text)
        return {} if change is None else rows_seen.said(change, data)

    def check_source(self, allow: bool) -> None:
        """Raise `ChangedDataError` where files, if they are there, have changed and that is not to `allow`."""
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
    """Open a run's folder, which anybody may have written: nothing in it is run, and nothing is written outside of it.

    Args:
        folder: Where `.hydra/config.yaml` is.
        changes: Keys of its configuration that are to be different, nested.
        data_dir: Where its data are now; None is where they were.
        trust: Package, or list of packages, whose classes the configuration may name beside this project's.
        anew: `calibration` or `threshold`, where it is found anew, so that what the folder has of it may be damaged.

    Raises:
        ConfigError: A configuration or a checkpoint that is not this project's, a change of a key that is not there, or
            no checkpoint that fits.
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
    """The head of a checkpoint in a run's folder, as it was built for training, with the checkpoint's weights.

    Args:
        path: The checkpoint; `best.ckpt` comes with the temperature and the threshold that were found for it.
        trust: As for `open_run`.

    Raises:
        ConfigError: As `open_run`, or the checkpoint lies in no run's folder.
    """
    folder = path.absolute().parent.parent
    if not RunFolder(folder).config.is_file():
        raise ConfigError(
            f"{path}: lies in no run folder, which would say what it is a checkpoint of; move it back to "
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
    """The head that a configuration describes, for the data of a checkpoint at `path`, yet without its weights."""
    spec = spec_of(checkpoint, path)
    members = members_of(checkpoint, path)
    check_sizes(cfg, spec, checkpoint["state_dict"], path, members)
    planned = [scheduler.get("total_steps") for scheduler in checkpoint.get("lr_schedulers", [])]
    steps = next((steps for steps in planned if isinstance(steps, int) and steps > 0), 1)
    return make_head(cfg, spec, steps, members)


def _configuration(folder: Path, changes: Any, data_dir: str | None, trust: Any) -> DictConfig:
    """A run's configuration, changed and resolved, of which nothing is left that could do harm."""
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
    """Refuse changes that divide a run's rows anew: rows that it was trained on would test it."""
    kind = targets.find({"data": cfg["data"], "trust": _plain(trust)}, "data")
    dividing = _DIVIDING if getattr(kind, "draws_rows", False) else {*_DIVIDING, "data.seed"}
    if "data.path" not in own:
        dividing = {*dividing, "data.target", "data.classes"}  # whose values are in equal shares in all splits
    if wrong := sorted(own & dividing):
        raise ConfigError(
            f"{wrong[0]}: divides the run's rows anew, so that rows it was trained on would test it "
            f"(got {cfg['data'][wrong[0].removeprefix('data.')]}); leave it out"
        )


def _plain(value: Any) -> Any:
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value


def _apply(cfg: Config, changes: Any) -> set[str]:
    """Make changes, nested, in a configuration; the keys that they set, dotted."""
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
    """Take the weights and the scaler of a checkpoint; the number of epochs it was trained.

    Args:
        checkpoint: As `read_checkpoint` returns it.
        head: Takes the weights.
        datamodule: Takes the scaler.
        path: Where the checkpoint was, for messages.

    Raises:
        ConfigError: It belongs to another network.
    """
    take_weights(checkpoint, head, path)
    state = data_state(checkpoint, type(datamodule).__qualname__, head.spec, path)
    try:
        datamodule.load_state_dict(state)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{path}: holds nothing of the run's data ({error}); use another checkpoint") from error
    return int(checkpoint["epoch"]) + 1


def take_weights(checkpoint: dict[str, Any], head: Head, path: Path) -> None:
    """Let a head take the weights of a checkpoint at `path`, or raise `ConfigError` where it is another network's."""
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
