"""A stack: members in, finished run folders out."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import lightning.pytorch as pl
import torch
from omegaconf import OmegaConf

from src import interrupts
from src.building.build import Parts
from src.building.making import make
from src.building.plan import settled
from src.building.trainer import make_trainer
from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.errors import InterruptedRunError, TrainingDivergedError
from src.reporting import summary as report
from src.stacking import answers
from src.stacking.checkpoints import Checkpoints
from src.stacking.clipping import CLIPPING
from src.stacking.image_rows import ImageRows
from src.stacking.losses import Losses, stacked_weights
from src.stacking.making import Start, make_module
from src.stacking.measuring import measure
from src.stacking.members import Member, MemberFactory, answer_in_units_of
from src.stacking.mixed import joined
from src.stacking.module import StackModule
from src.stacking.network import load
from src.stacking.progress import Progress
from src.stacking.rows import StackLoader, StackRows
from src.stacking.stack_checkpoint import Place, Saved, StackCheckpoint

_SPLITS: tuple[Split, ...] = "train", "val", "test"


class Stack:
    """Runs that differ only in seeds, numbers and layers, trained as one with Lightning's Trainer.

    Args:
        members: The runs, with data and weights.
        factory: The factory that made them.
        title: Name of the stack in progress lines; without a name there are none.
        place: Where its checkpoint is written during training; None for nowhere.
        saved: The checkpoint to resume from; None starts from scratch.

    Raises:
        ConfigError: The checkpoint belongs to other runs, or is damaged.
    """

    def __init__(
        self,
        members: list[Member],
        factory: MemberFactory,
        title: str = "",
        place: Place | None = None,
        saved: Saved | None = None,
    ) -> None:
        self.members, self.factory, self.saved = members, factory, saved
        self.cfg = members[0].cfg
        self.template = OmegaConf.create(self.cfg)
        self.splits = _rows(members)
        self.network = joined([_given(member.network) for member in members])
        self.module = self._module()
        self.module.numbers = [member.number for member in members]
        self.seconds = saved.seconds if saved else 0.0
        self.checkpoint = StackCheckpoint(place, members, self.seconds) if place else None
        self.trainer = self._trainer(title)
        if saved:
            saved.restore(self.module, members)
        self._places = {member.number: place for place, member in enumerate(members)}

    def _module(self) -> StackModule:
        head, members = self.factory.parts.head, self.members
        answer_in_units_of(_given(members[0].data), head)
        answers.use(head, self.factory.rule, None, on_training=False)
        data = self.factory.parts.datamodule
        seeds = [member.cfg["data"].get("shuffle_seed") for member in members]
        seeds = [_given(m.data).seed if seed is None else seed for m, seed in zip(members, seeds, strict=True)]
        steps = data.block_size() if data.steps_per_execution == 1 else data.steps_per_execution
        counts = self.splits["train"].counts
        loader = StackLoader(list(counts), data.batch_size or max(counts), int(steps), seeds)
        rows = {name: self.splits[name] for name in ("train", "val")}
        if isinstance(rows["train"], ImageRows):
            rows["train"].loader = loader
        start = Start(
            torch.stack([self.network.row_of(_given(member.network), _given(member.weights)) for member in members]),
            [member.hyperparams for member in members],
            torch.stack([_given(member.rng_state) for member in members]),
            stacked_weights([member.class_weights for member in members]),
            [member.cfg["scheduler"] for member in members],
        )
        return make_module(StackModule, self.cfg, head, self.network, start, rows, loader)

    def _trainer(self, title: str) -> pl.Trainer:
        cfg = settled(
            OmegaConf.create({**self.cfg, "callbacks": {}, "logger": {}})
        )  # we write the members' files ourselves
        callbacks = [*([Progress(title)] if title else []), *([self.checkpoint] if self.checkpoint else [])]
        return make_trainer(cfg, self.members[0].folder, self.module, *callbacks, leave_out=CLIPPING)

    def run(
        self,
        write: Callable[[Member, list[list[Any]]], None],
        choose: Callable[[list[Member]], None] | None = None,
        record: Callable[[list[Member]], None] | None = None,
    ) -> None:
        """Train, evaluate the best weights on all splits and write the members' folders.

        Args:
            write: Writes a member's files, given the rows of its `metrics.csv`, or none if it gets no folder.
            choose: Decides by the results which members get a folder, before any is written.
            record: Records all members once the folders are written, before the stack's checkpoint is removed.

        Raises:
            InterruptedRunError: Ctrl-C or another signal; the state after the last complete epoch is written.
        """
        try:
            interrupt = self.fit() if self.module.num_runs else None
            if interrupt:
                self.module.interrupt()
            else:
                self._measure()
                if choose is not None:
                    choose(self.members)
            self._write(write)
        finally:
            self.module.close()
        if interrupt:
            message = f"interrupted in epoch {self.trainer.current_epoch + 1}"
            raise InterruptedRunError(message, interrupts.exit_code(interrupt))
        if record is not None:
            record(self.members)
        if self.checkpoint:
            self.checkpoint.remove()

    def fit(self) -> KeyboardInterrupt | None:
        """Train; returns the interrupt that ended it, if any."""
        threads = torch.get_num_threads()
        start = time.perf_counter()
        device = self.trainer.strategy.root_device
        for rows in self.splits.values():
            rows.to(device)
        self.module.optimizer.to(device)
        torch.set_num_threads(1)  # runs are divided among threads instead, which synchronise once per block
        interrupts.take_over(self.trainer)
        try:
            path = self.saved.path if self.saved else None
            self.trainer.fit(self.module, self.module.loader, range(1), ckpt_path=path, weights_only=True)
        except SystemExit as error:  # Lightning's answer to an interrupt
            interrupt = interrupts.behind(error)
            if interrupt is None:
                raise
            return interrupt
        finally:
            torch.set_num_threads(threads)
            self.seconds += time.perf_counter() - start
        return None

    def parts_of(self, member: Member) -> Parts:
        """A member's data and the head with its best weights, valid until the next call."""
        parts = self.factory.parts
        parts.head.network = _given(member.network)
        best = self.network.pieces_of(parts.head.network, self._chosen()[self._places[member.number]])
        load(parts.head.network, best)
        answer_in_units_of(_given(member.data), parts.head)
        if member.class_weights is not None:
            parts.head.class_weights = member.class_weights
        answers.use(parts.head, self.factory.rule, member.answer, _given(member.data).validates_on_training)
        return Parts(_given(member.data), parts.head, parts.trainer, parts.plan)

    def _chosen(self) -> torch.Tensor:
        history = self.module.history
        return (history.best if history.best.tensors else history.last).tensors["params"]

    @property
    def newest(self) -> torch.Tensor:
        """The newest parameters [M, P] of all members, on the CPU: those of the last epoch for members that ended."""
        module, last = self.module, self.module.history.last.tensors
        params = module.optimizer.params.detach().cpu()
        newest = last["params"].clone() if last else torch.zeros(len(self.members), params.shape[1])
        newest[module.runs] = params
        return newest

    def verdicts(self) -> list[bool | None]:
        """Whether each member would count as solved if training ended now; None without a rule.

        As in `metrics.json`, the weights of its best epoch decide. Members whose loss diverged are not solved, and
        neither is any before the first validation.
        """
        history, rule = self.module.history, self.cfg["solved"]
        if rule["at_least"] is None and rule["at_most"] is None:
            return [None] * len(self.members)
        if not history.best.tensors:
            return [False] * len(self.members)
        found = self._scores([rule["metric"].partition("/")[0]])
        return [run not in history.failed and report.is_solved(each, rule) for run, each in enumerate(found)]

    def _scores(self, splits: Sequence[str] = _SPLITS) -> list[dict[str, Any]]:
        """Scores and tables of each member's best weights on some splits, named as in `metrics.json`."""
        module = self.module
        params = self._chosen().to(module.optimizer.params.device)
        rows = _rows(self.members, params.device)
        head, network = module.head, self.network
        found = answers.settled(head, network, params, rows["val"], [member.number for member in self.members])
        for member, answer in zip(self.members, found, strict=True):
            member.answer = answer
        losses = Losses(head, stacked_weights([member.class_weights for member in self.members]))
        scores: list[dict[str, Any]] = [{} for _ in self.members]
        for name in splits:
            measured, tables = measure(head, network, params, rows[name], losses, True, found)
            plain = {key: each.tolist() for key, each in measured.items()}
            for run, own in enumerate(scores):
                named = {key: each[run] for key, each in plain.items()} | tables[run]
                own |= {f"{name}/{key}": value for key, value in named.items()}
        return scores

    def _measure(self) -> None:
        """Fill `metrics` of every member that finished, and `error` of those whose loss diverged."""
        history = self.module.history
        for run, reason in history.failed.items():
            self.members[run].error = TrainingDivergedError(reason)
        steps = {epoch.number: epoch.step for epoch in history.epochs}
        for run, (member, scores) in enumerate(zip(self.members, self._scores(), strict=True)):
            if member.error is not None or member.finished:
                continue
            member.metrics["fit_seconds"] = round(self.seconds / len(self.members), 4)
            member.metrics |= scores
            epochs = history.last.epoch[run]
            best_epoch = history.best.epoch[run] or epochs
            size = sum(parameter.numel() for parameter in _given(member.network).parameters())
            member.metrics |= report.counts(epochs, best_epoch, steps[epochs], size)
            member.metrics["solved"] = report.is_solved(member.metrics, member.cfg["solved"])

    def _write(self, write: Callable[[Member, list[list[Any]]], None]) -> None:
        callbacks = {name: cfg for name, cfg in self.cfg["callbacks"].items() if cfg is not None}
        checkpoints = None
        if "model_checkpoint" in callbacks:
            made = {
                name: make(self.template, f"callbacks.{name}")
                for name in ("early_stopping", "model_checkpoint")
                if name in callbacks
            }
            checkpoints = Checkpoints(self.module, self.network, made.get("early_stopping"), made["model_checkpoint"])
        unfinished = [(run, member) for run, member in enumerate(self.members) if not member.finished]
        curves = self.module.history.curves([run for run, member in unfinished if member.kept])
        for run, member in unfinished:
            if checkpoints is not None and member.kept:
                checkpoints.write(run, member)
            write(member, next(curves) if member.kept else [])


def _rows(members: list[Member], device: torch.device | None = None) -> dict[str, StackRows]:
    """The splits of all members; shared data are held once."""
    places: dict[int, int] = {}
    which = torch.tensor([places.setdefault(id(member.data), len(places)) for member in members])
    datasets: list[InMemoryDataModule] = list({id(member.data): _given(member.data) for member in members}.values())
    splits: dict[str, StackRows] = {}
    for name in _SPLITS:
        if datasets[0].scaled_when_served:
            rows: StackRows = ImageRows(datasets, name, which)
        else:
            rows = StackRows([getattr(data.splits, name) for data in datasets], which)
        splits[name] = rows.to(device or torch.device("cpu"))
    return splits


def _given(value: Any) -> Any:
    assert value is not None
    return value
