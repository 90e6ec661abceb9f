"""A run of a user's own LightningModule or LightningDataModule, with this project's Trainer and folders.

`PlainRun` leaves to the Trainer what `Run` does with a head: metrics are those that the module logs.
"""

import inspect
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import DictConfig

from src.building.build import make_head
from src.building.making import make
from src.building.plan import settled, threads_for
from src.building.trainer import make_trainer
from src.building.whitening import check_unfitted
from src.callbacks.monitors import Monitors
from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.heads.drawing import Drawing
from src.reporting import summary as report
from src.runs.curves import module_curves
from src.runs.training import Run
from src.settings.composed import option_keys
from src.spec import DataSpec
from src.trust import targets
from src.trust.checkpoints import read_checkpoint

log = logging.getLogger(__name__)


@dataclass
class PlainParts:
    """What a plain run is made of.

    Attributes:
        datamodule: The dataset.
        head: The module to train.
        trainer: Lightning's Trainer, with the run's callbacks and loggers.
        unused: Keys and groups of the configuration that none of them uses.
    """

    datamodule: pl.LightningDataModule
    head: pl.LightningModule
    trainer: pl.Trainer
    unused: list[str]


def build_plain(cfg: DictConfig, folder: Path) -> PlainParts:
    """Build a plain run: each class gets the keys of its group that it accepts; a module may also accept the `spec`.

    Args:
        cfg: The composed configuration.
        folder: The folder for callbacks and loggers.

    Raises:
        ConfigError: A value that a constructor refuses, or parts that do not fit together.
    """
    targets.check(cfg, folder)
    pl.seed_everything(cfg.seed, verbose=False)
    cfg = settled(cfg)
    datamodule, unused = _made(cfg, "data", pl.LightningDataModule)
    spec = getattr(datamodule, "spec", None)
    if issubclass(targets.find(cfg, "head"), Head):
        head: pl.LightningModule = make_head(cfg, _checked_spec(spec, cfg))
        check_unfitted(head, type(datamodule).__name__)
        if head.chooses:
            raise ConfigError(
                f"head.threshold: {head.rule} is chosen on the rows of a dataset of this project "
                f"(got {type(datamodule).__name__}); give a number"
            )
    else:
        if isinstance(datamodule, InMemoryDataModule):
            datamodule.blocks = False
        offered = {} if spec is None else {"spec": spec}
        head, unused_by_head = _made(cfg, "head", pl.LightningModule, **offered)
        unused += [*unused_by_head, "network", "optimizer", "scheduler"]
    trainer = make_trainer(cfg, folder, head, Monitors())
    torch.set_num_threads(threads_for(cfg))
    return PlainParts(datamodule, head, trainer, unused)


def _made(cfg: DictConfig, group: str, kind: type[Any], **offered: Any) -> tuple[Any, list[str]]:
    """The object of a group, and the keys of the group's options that its class does not accept."""
    owner = targets.find(cfg, group)
    if not issubclass(owner, kind):
        raise ConfigError(f"{group}._target_: should be a {kind.__name__} (got {owner.__qualname__}); subclass it")
    parameters = inspect.signature(owner).parameters
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    known = option_keys(group)
    unused = [str(key) for key in cfg[group] if key in known and key not in parameters and not takes_all]
    arguments = {name: value for name, value in offered.items() if name in parameters}
    return make(cfg, group, leave_out=tuple(unused), **arguments), [f"{group}.{key}" for key in unused]


def _checked_spec(spec: Any, cfg: DictConfig) -> DataSpec:
    """The spec of a user's DataModule, checked, to build one of our heads."""
    if isinstance(spec, DataSpec):
        return spec
    data, head = (targets.find(cfg, group).__name__ for group in ("data", "head"))
    raise ConfigError(
        f"data: {head} needs to know the shape and the classes of {data}'s rows; give it an attribute `spec`, such as "
        'src.spec.DataSpec("binary", input_shape=(2,), class_names=("no", "yes")), or set head._target_ to a '
        "LightningModule of your own"
    )


@dataclass
class PlainRun(Run):
    """One training run of modules that are not this project's, and its folder.

    Attributes:
        parts: The datamodule, the module and the Trainer.
    """

    parts: PlainParts  # type: ignore[assignment]

    def _take(self, path: Path) -> dict[str, Any]:
        checkpoint = read_checkpoint(path, needs=("state_dict", "epoch"))
        try:
            self.parts.head.load_state_dict(checkpoint["state_dict"])
        except RuntimeError as error:
            reason = str(error).strip().splitlines()[-1].strip()
            raise ConfigError(f"{path}: belongs to another module ({reason})") from error
        return checkpoint

    def _take_up(self, path: Path) -> dict[str, Any]:
        return self._take(path)  # only the module's data could tell whether the rows are the same

    def _log_graph(self) -> None:
        """Do nothing: only the module knows an example input for its graph, and Lightning's loggers ask it."""

    def evaluate(self) -> None:
        """Validate and test the best weights with the Trainer, as far as the module and the data can."""
        module, datamodule, trainer = self.parts.head, self.parts.datamodule, self.parts.trainer
        best_epoch = trainer.current_epoch
        if self.files.best_checkpoint.exists() and not self.cfg.trainer.fast_dev_run:
            best_epoch = self._take(self.files.best_checkpoint)["epoch"] + 1
        with _silent(trainer):
            for stage, measure in (("validation", trainer.validate), ("test", trainer.test)):
                loader = f"{stage[:3] if stage == 'validation' else stage}_dataloader"
                has_step = _overrides(module, f"{stage}_step", pl.LightningModule)
                if has_step and _overrides(datamodule, loader, pl.LightningDataModule):
                    for results in measure(module, datamodule=datamodule, verbose=False):
                        self.metrics |= {name: float(value) for name, value in results.items()}
        self._count(best_epoch)
        self.metrics["solved"] = self._verdict()

    def _verdict(self) -> bool | None:
        rule = dict(self.cfg.solved)
        has_bound = rule["at_least"] is not None or rule["at_most"] is not None
        if has_bound and rule["metric"] not in self.metrics:
            log.warning("solved.metric: the module logs no %s; the run is not judged", rule["metric"])
            return None
        return report.is_solved(self.metrics, rule)

    def _last_drawings(self) -> list[Drawing]:
        """The curves of what the module logs; other figures need a head of this project."""
        curves = module_curves(self._rows(), self.metrics["best_epoch"])
        return [] if curves is None else [curves]

    def headline(self) -> str:
        """The first line of a run's output."""
        parts = self.parts
        num_parameters = sum(p.numel() for p in parts.head.parameters())
        names = f"{type(parts.datamodule).__name__}; {type(parts.head).__name__} with {num_parameters:,} parameters"
        unused = f"; not used: {', '.join(parts.unused)}" if parts.unused else ""
        return f"{names}{unused}{self._seldom()}"

    def summary(self) -> str:
        """The last lines of a run's output."""
        measured = {name: value for name, value in self.metrics.items() if name != "fit_seconds"}
        return self._closed([*self._opening(), report.evaluation_table(measured), ""])


@contextmanager
def _silent(trainer: pl.Trainer) -> Iterator[None]:
    """Use no logger inside the block, since scores of the best epoch are not part of the curves, and no tuners."""
    owner: Any = trainer
    loggers, callbacks = owner.loggers, owner.callbacks
    owner.loggers = []
    owner.callbacks = [each for each in callbacks if not isinstance(each, pl.callbacks.BatchSizeFinder)]
    try:
        yield
    finally:
        owner.loggers, owner.callbacks = loggers, callbacks


def _overrides(owner: Any, name: str, base: type[Any]) -> bool:
    return getattr(type(owner), name, None) is not getattr(base, name, None)
