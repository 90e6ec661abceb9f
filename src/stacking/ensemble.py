"""A run of an ensemble: its members train as one stack and predict as one."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import DictConfig, OmegaConf
from torch import Tensor, nn

from src.building.build import Parts, make_head
from src.building.choosing import settle
from src.building.fitting import check_outputs, leaves_one, refuse_one_row
from src.building.making import make
from src.building.plan import planned, settled
from src.building.run_length import check_schedule
from src.building.trainer import make_trainer
from src.compat.lightning import counts_blocks
from src.compat.missing import installed
from src.data.affording import MOST_MEMBERS, epochs_for
from src.data.base import InMemoryDataModule, stream_seed
from src.data.member_scaler import MemberScaler
from src.data.members import MOST_FOLDS
from src.errors import ConfigError
from src.heads.base import Head
from src.loggers.tensorboard import TensorBoardLogger
from src.networks.members import Members
from src.networks.size import refuse_too_many
from src.reporting.summary import several, trained_for
from src.runs.doubts import say_doubts
from src.runs.resuming import check_planned, check_resumable
from src.runs.training import Run, carried_out
from src.settings.undecided import AUTO, is_undecided
from src.stacking import grouping
from src.stacking import head as heads
from src.stacking import network as networks
from src.stacking.clipping import CLIPPING
from src.stacking.ensemble_checkpoint import EnsembleCheckpoint, restore
from src.stacking.ensemble_module import EnsembleModule
from src.stacking.making import Start, make_module
from src.stacking.member_rows import MemberRows
from src.stacking.optimizers import hyperparams_of
from src.stacking.rows import StackLoader, StackRows
from src.trust import targets

_ORDERS, _MASKS = 1_000_000, 2_000_000  # offsets of the seeds of members, separate from all others


@dataclass
class EnsembleRun(Run):
    """A run of several networks that each validate on a different part of the rows.

    Attributes:
        module: The module that trains them; `parts.head` predicts for all of them.
        most_epochs: The epochs of the configuration, which the size of the table may reduce.
    """

    module: EnsembleModule | None = None
    most_epochs: int = 0

    @property
    def _stack(self) -> EnsembleModule:
        assert self.module is not None
        return self.module

    def _train(self, checkpoint: Path | None) -> None:
        module, trainer = self._stack, self.parts.trainer
        device = trainer.strategy.root_device
        for rows in module.rows.values():
            rows.to(device)
        module.optimizer.to(device)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # members are divided among threads instead
        try:
            trainer.fit(module, module.loader, range(1), ckpt_path=checkpoint, weights_only=True)
        finally:
            torch.set_num_threads(threads)
            module.close()
        trainer.strategy.connect(self.parts.head)  # it predicts from now on, also for callbacks at the end
        trainer.datamodule = self.parts.datamodule  # type: ignore[attr-defined]
        network: Any = self.parts.head.network
        for member, weights in zip(network.networks, module.chosen(), strict=True):
            networks.load(member, module.stacked.pieces(weights))

    def _check_resumable(self, checkpoint: dict[str, Any], path: Path) -> None:
        module, data = self._stack, self.parts.datamodule
        check_resumable(checkpoint, module, self.parts.trainer, path)
        module.rows = _rows(data)  # the checkpoint may encode and scale them differently
        module.loader = _loader(data, module.rows["train"].counts)
        restore(module, checkpoint, path)
        schedulers = [each for own in checkpoint["stack"]["schedulers"] for each in own]
        check_planned(schedulers, self.cfg, partial(_num_steps, self.cfg, module))

    def _ended(self, checkpoint: dict[str, Any]) -> str | None:
        if self._stack.num_runs == 0:
            epochs = checkpoint["epoch"] + 1
            return f"holds members that have all stopped early, the last after {several(epochs, 'epoch')}; train again"
        return super()._ended(checkpoint)

    def _log_graph(self) -> None:
        x = self.parts.datamodule.plain("train", slice(1))
        for logger in self.parts.trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.log_network(self._stack.head.network, x)

    def _count(self, best_epoch: int) -> None:
        super()._count(best_epoch)
        self.metrics["members"] = self._stack.history.num_runs

    def _opening(self) -> list[str]:
        metrics, epochs = self.metrics, self._stack.chosen_epochs()
        best = f"the best epochs of its {len(epochs)} members were {min(epochs)} to {max(epochs)}"
        best += f", their median {metrics['best_epoch']}"
        if min(epochs) == max(epochs):
            best = f"the best epoch of each of its {len(epochs)} members was {metrics['best_epoch']}"
        return ["", f"{trained_for(metrics)}; {best}", ""]

    def _rows_named(self, train: int, val: int, test: int) -> str:
        return f"{train:,} rows that train and validate in turn, {test:,} test rows"

    def _network_named(self) -> str:
        network, members = self._stack.head.network, self._stack.history.num_runs
        folds = min(members, MOST_FOLDS)
        each = f"{type(network).__name__} with {sum(p.numel() for p in network.parameters()):,} parameters"
        return f"an ensemble of {members}, each {each}, on {folds} folds{self._shrunk()}"

    def _shrunk(self) -> str:
        """How many members and epochs the size of the table leaves, if it leaves fewer."""
        members, epochs, most = self._stack.history.num_runs, self.parts.trainer.max_epochs, self.most_epochs
        if self.cfg.network.members != AUTO or (members, epochs) == (MOST_MEMBERS, most):
            return ""
        rows, columns = self.parts.datamodule.splits.train.x.shape
        return (
            f"; network.members=auto leaves {members} of {MOST_MEMBERS} members and {epochs:,} of {most:,} epochs for "
            f"{rows:,} × {columns:,} numbers"
        )


def train(cfg: DictConfig, folder: Path) -> float | None:
    """Train, evaluate and write a run of several members; returns the value for a sweeper to optimise.

    Args:
        cfg: The composed configuration.
        folder: The run's folder, which exists.

    Raises:
        ConfigError: The run cannot be trained this way, or a constructor refuses a value.
    """
    run = build_ensemble(cfg, folder)
    say_doubts(cfg, run.parts.datamodule)
    return carried_out(run)


def build_ensemble(cfg: DictConfig, folder: Path) -> EnsembleRun:
    """Build everything that a run of an ensemble with `cfg` needs; it will write to `folder`.

    Raises:
        ConfigError: The run cannot be trained this way, or a constructor refuses a value.
    """
    if is_undecided(cfg):
        settle(cfg, folder)
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    targets.check(plain, folder)
    asked, most_epochs = cfg.network.members, cfg.trainer.max_epochs
    _refuse(grouping.cannot_train_together(plain), asked)
    pl.seed_everything(cfg.seed, verbose=False)
    data: InMemoryDataModule = make(cfg, "data")
    data.divide_among(None if asked == AUTO else asked)
    spec = data.spec
    cfg = settled(_afforded(cfg, data) if asked == AUTO else cfg)
    single = make_head(cfg, spec)
    _refuse(_cannot_stack(single, data), asked)
    check_outputs(single, data.plain("train", slice(1)))
    single.check_rule(data.splits.val.y)
    size = data.members * sum(each.numel() for each in single.parameters())
    refuse_too_many(size, "network.members", f"{data.members} members")
    pl.seed_everything(cfg.seed, verbose=False)  # the first member starts with the weights of a single run
    joint = make_head(cfg, spec, members=data.members)
    joint.automatic_optimization = False  # steps are counted like those of its trainer
    plan = planned(cfg, data, single.network, [], data.members)
    data.steps_per_execution = plan.steps_per_execution
    module = _module(OmegaConf.to_container(cfg, resolve=True), data, single, joint)
    check_schedule(cfg, _num_steps(cfg, module))
    if leaves_one(module.loader.most, module.loader.batch_size):
        refuse_one_row(module.loader.most, module.loader.batch_size, data.plain("train", slice(1)), single.network)
    trainer = _trainer(cfg, folder, module, data)
    _refuse(None if counts_blocks(trainer) else f"{installed('lightning')} counts steps differently", asked)
    return EnsembleRun(cfg, folder, Parts(data, joint, trainer, plan), module=module, most_epochs=most_epochs)


def _refuse(reason: str | None, members: Any) -> None:
    if reason is not None:
        raise ConfigError(f"network.members: {reason} (got {members} members); change that, or use network.members=1")


def _afforded(cfg: DictConfig, data: InMemoryDataModule) -> DictConfig:
    """A configuration with the epochs that the size of a table allows."""
    cfg = cfg.copy()
    rows, columns = data.splits.train.x.shape
    most = cfg.trainer.max_epochs
    epochs = epochs_for(rows, columns, data.members, most)
    if cfg.scheduler.get("T_max") == most:  # a cosine over all epochs
        cfg.scheduler.T_max = epochs
    if epochs < most and cfg.scheduler.get("T_0") is not None:  # cosines with restarts: stop at the end of one
        epochs = _whole_cycles(epochs, cfg.scheduler.T_0, cfg.scheduler.get("T_mult", 1))
    cfg.trainer.max_epochs = epochs
    return cfg


def _whole_cycles(epochs: int, first: int, factor: int) -> int:
    """The epochs of as many complete cycles as fit, each `factor` times as long as the last; all if none fits.

    Example:
        >>> _whole_cycles(40, first=3, factor=2), _whole_cycles(2, first=3, factor=2)
        (21, 2)
    """
    end, length = 0, first
    while end + length <= epochs:
        end, length = end + length, length * factor
    return end or epochs


def _cannot_stack(head: Head, data: InMemoryDataModule) -> str | None:
    if data.weights is not None:
        return "rows with weights cannot be trained by several networks as one"
    rows = data.splits.train
    return heads.cannot_stack(head, data.plain("train", slice(2)), rows.y) or networks.cannot_stack(head.network)


def _module(cfg: Any, data: InMemoryDataModule, single: Head, joint: Head) -> EnsembleModule:
    """The module that trains the networks of a `joint` head, with the loss of the `single` head."""
    network = joint.network
    assert isinstance(network, Members)
    rows = _rows(data)
    optimizer = single.make_optimizer(iter([nn.Parameter(torch.zeros(1))]))
    start = Start(
        torch.stack([networks.as_row(each) for each in network.networks]),
        [hyperparams_of(optimizer.param_groups[0])] * len(network),
        torch.stack([_random_state(stream_seed(data.seed, _MASKS + m)) for m in range(len(network))]),
    )
    return make_module(
        EnsembleModule,
        cfg,
        single,
        networks.StackedNetwork(single.network),
        start,
        rows,
        _loader(data, rows["train"].counts),
    )


def _num_steps(cfg: DictConfig, module: EnsembleModule) -> int:
    return int(module.loader.num_batches * cfg.trainer.max_epochs)


def _rows(data: InMemoryDataModule) -> dict[str, StackRows]:
    """The training and the validation rows of each member."""
    trained, held, scaler = data.voices("train"), data.voices("val"), data.scaler
    assert trained is not None
    assert held is not None
    assert isinstance(scaler, MemberScaler)
    return {
        "train": MemberRows(data.splits.train, trained, scaler),
        "val": MemberRows(data.splits.val, held, scaler),
    }


def _loader(data: InMemoryDataModule, counts: list[int]) -> StackLoader:
    """A loader with an order for each member's `counts` rows; each epoch uses as many as the smallest count."""
    least, members = min(counts), range(len(counts))
    seeds = [stream_seed(data.shuffle_seed, _ORDERS + member) for member in members]
    size = min(data.batch_size or least, least)
    return StackLoader([least] * len(counts), size, int(data.steps_per_execution), seeds, counts)


def _random_state(seed: int) -> Tensor:
    return torch.Generator().manual_seed(seed).get_state()


def _trainer(cfg: DictConfig, folder: Path, module: EnsembleModule, data: InMemoryDataModule) -> pl.Trainer:
    """Lightning's Trainer without callbacks that choose or save weights: the module and its own checkpoint do that."""
    cfg = cfg.copy()
    keeps = cfg.callbacks.get("model_checkpoint")
    for name in ("early_stopping", "model_checkpoint"):
        if name in cfg.callbacks:
            cfg.callbacks[name] = None
    more = [] if keeps is None else [EnsembleCheckpoint(keeps.get("seconds_between_writes", 1.0), data, data.spec)]
    return make_trainer(cfg, folder, module, *more, leave_out=CLIPPING)
