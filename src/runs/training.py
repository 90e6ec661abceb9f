"""A run from start to end: build, fit, test, write."""

import logging
import shlex
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from src import interrupts
from src.building.build import Parts, build, is_plain
from src.building.run_length import num_steps
from src.callbacks.at_end import AtEnd
from src.callbacks.pruning import Pruning, current_judge
from src.errors import ConfigError, InterruptedRunError
from src.heads.drawing import Drawing, last_drawings
from src.heads.ours import as_head
from src.heads.outcome import Outcome
from src.loggers import trackers
from src.loggers.tensorboard import TensorBoardLogger
from src.reporting import summary as report
from src.reporting.columns import folded
from src.runs import answers, boards, data_facts, fold_predictions, provenance, rows_seen, tuning
from src.runs.complaints import complaint
from src.runs.doubts import say_doubts
from src.runs.opening import take
from src.runs.printed import Printed
from src.runs.resuming import accepted_change, check_planned, check_resumable, with_classes_kept
from src.storage.contents import PARTS
from src.storage.folders import RunFolder
from src.storage.marks import read_mark
from src.storage.removal import remove_listed
from src.storage.values import write_json
from src.trust.checkpoints import read_checkpoint
from src.trust.plain import read_json

log = logging.getLogger(__name__)


@dataclass
class Run(Printed):
    """One training run and its folder.

    Attributes:
        cfg: The composed configuration.
        folder: The folder for everything that is written.
        parts: The datamodule, the head and the Trainer.
        metrics: The contents of `metrics.json`, once the run has been evaluated.
        tested: Predictions of the best weights for the test rows, also after the evaluation; None for foreign modules.
    """

    cfg: DictConfig
    folder: Path
    parts: Parts
    metrics: dict[str, Any] = field(default_factory=dict)
    tested: Outcome | None = None

    def fit(self) -> None:
        """Train, starting from `last.ckpt` if the run is resumed.

        Raises:
            TrainingDivergedError: The loss became NaN or infinite.
            InterruptedRunError: Ctrl-C or another signal; the state after the last complete epoch is written.
            KeyboardInterrupt: The same before the first epoch.
        """
        datamodule, trainer = self.parts.datamodule, self.parts.trainer
        checkpoint = self._checkpoint_to_resume()
        if not self.cfg.trainer.fast_dev_run:
            self._begin_boards()
            self._log_graph()
            if trainer.is_global_zero:
                rows_seen.write(self.folder, datamodule)
                provenance.write(self.folder, self.cfg.seed, datamodule, trainer)
                data_facts.write(self.folder, datamodule)
        interrupts.take_over(trainer)
        start = time.perf_counter()
        try:
            self._train(checkpoint)
        except SystemExit as error:  # Lightning's answer to an interrupt
            interrupt = interrupts.behind(error)
            if interrupt is None:
                raise
            if not trainer.fit_loop.epoch_progress.current.ready:
                raise interrupt from None
            raise self.interrupted(f"in epoch {trainer.current_epoch + 1}", interrupt) from error
        except Exception as error:
            refusal = complaint(error, trainer)
            if refusal is None:
                raise
            raise refusal from error
        self.metrics["fit_seconds"] = round(time.perf_counter() - start, 3)

    def _train(self, checkpoint: Path | None) -> None:
        parts = self.parts
        parts.trainer.fit(parts.head, datamodule=parts.datamodule, ckpt_path=checkpoint, weights_only=True)

    def _checkpoint_to_resume(self) -> Path | None:
        if self.cfg.resume is None:
            return None
        if self.parts.trainer.is_global_zero:
            remove_listed(self.folder, PARTS)
        path = _resumed(self.cfg.resume, self.folder)
        if path != Path(self.cfg.resume) and not path.exists():
            log.info("%s has no checkpoint yet and is trained from the start", self.folder)
            return None
        checkpoint = self._take_up(path)
        self._check_resumable(checkpoint, path)
        tuning.resume(self.parts.trainer)
        epochs_done = checkpoint["epoch"] + 1
        if ended := self._ended(checkpoint):
            if not self._is_finished(epochs_done):  # only evaluation and writing are left
                self.parts.trainer.fit_loop.max_epochs = epochs_done
                return path
            raise ConfigError(f"resume: {path} {ended}")
        check_planned(checkpoint["lr_schedulers"], self.cfg, partial(num_steps, self.cfg, self.parts.datamodule))
        return path

    def _take_up(self, path: Path) -> dict[str, Any]:
        """Restore a run that continues from the checkpoint at `path`; returns the checkpoint."""
        checkpoint = read_checkpoint(path)
        change = accepted_change(checkpoint, self.parts.datamodule, self.cfg.allow_changed_data, path)
        take(checkpoint, self.parts.head, self.parts.datamodule, path)
        if change is not None:
            self.metrics |= rows_seen.said(change, self.parts.datamodule)
        return checkpoint

    def _check_resumable(self, checkpoint: dict[str, Any], path: Path) -> None:
        check_resumable(checkpoint, self.parts.head, self.parts.trainer, path)

    def _ended(self, checkpoint: dict[str, Any]) -> str | None:
        """Why training ended with this checkpoint, and what would continue it; None if epochs are left."""
        epochs_done, max_epochs = checkpoint["epoch"] + 1, self.parts.trainer.max_epochs
        told = report.several(epochs_done, "epoch")
        stopping = self.parts.trainer.early_stopping_callback
        state = None if stopping is None else checkpoint["callbacks"].get(stopping.state_key)
        if stopping is not None and state and state["wait_count"] >= stopping.patience:
            return f"stopped early after {told}; raise callbacks.early_stopping.patience (got {stopping.patience})"
        if max_epochs is not None and epochs_done >= max_epochs:
            return f"has trained its {told}; raise trainer.max_epochs (got {max_epochs})"
        return None

    def _is_finished(self, epochs: int) -> bool:
        """Whether the run was evaluated after this many epochs; if not, it was killed between training and the end."""
        metrics = read_json(self.files.metrics) if self.files.finished else None
        return isinstance(metrics, dict) and metrics.get("epochs") is not None and metrics["epochs"] >= epochs

    def interrupted(self, when: str, error: KeyboardInterrupt) -> InterruptedRunError:
        """An error that says `when` the run was interrupted, and how to resume it."""
        message = f"interrupted {when}; resume with: python -m src.train resume={shlex.quote(str(self.folder))}"
        return InterruptedRunError(message, interrupts.exit_code(error))

    def _take(self, path: Path) -> dict[str, Any]:
        """Load the weights and the scaler of the checkpoint at `path`; returns the checkpoint."""
        checkpoint = read_checkpoint(path)
        take(checkpoint, self.parts.head, self.parts.datamodule, path)
        return checkpoint

    def _begin_boards(self) -> None:
        """Have loggers connect to their services, and describe the run to TensorBoard."""
        head = as_head(self.parts.head)
        names = [name for name, node in self.cfg.logger.items() if node is not None]
        for name, logger in zip(names, self.parts.trainer.loggers, strict=True):
            trackers.contact(logger, f"logger.{name}")
            if isinstance(logger, TensorBoardLogger):
                logger.watch(self.parts.head)
                boards.begin(logger, self.cfg, self.folder, ("loss",) if head is None else head.score_names)

    def _log_graph(self) -> None:
        x = self.parts.datamodule.seen("train", slice(1))
        for logger in self.parts.trainer.loggers:
            if isinstance(logger, TensorBoardLogger):
                logger.log_network(self.parts.head.network, x)

    def evaluate(self) -> None:
        """Evaluate the best weights on all splits; the test split is used only here, once."""
        head, datamodule, trainer = self.parts.head, self.parts.datamodule, self.parts.trainer
        best_epoch = trainer.current_epoch
        if self.files.best_checkpoint.exists() and not self.cfg.trainer.fast_dev_run:
            best_epoch = self._take(self.files.best_checkpoint)["epoch"] + 1
        head.to(trainer.strategy.root_device)
        answers.settle(head, datamodule)
        if trainer.is_global_zero:
            answers.write(self.folder, head)
        for split in ("train", "val", "test"):
            self.tested = head.outcome(*head.outputs(datamodule.whole(split)))  # at the end, those of the test split
            self.metrics |= {f"{split}/{name}": value for name, value in self.tested.measured.items()}
        self._count(best_epoch)
        self.metrics["solved"] = report.is_solved(self.metrics, dict(self.cfg.solved))

    def _count(self, best_epoch: int) -> None:
        trainer = self.parts.trainer
        num_parameters = sum(p.numel() for p in self.parts.head.parameters())
        self.metrics |= report.counts(trainer.current_epoch, best_epoch, trainer.global_step, num_parameters)

    def write(self) -> None:
        """Write the figures, TensorBoard's table and, to mark the run as finished, `metrics.json`."""
        trainer = self.parts.trainer
        if self.cfg.trainer.fast_dev_run or not trainer.is_global_zero:
            return
        self._draw()
        for logger in trainer.loggers:
            boards.end(logger, self.cfg, self.folder, self.metrics, trainer.global_step, self.tested)
        fold_predictions.write(self.folder, self.parts.datamodule, self.parts.head)
        write_json(self.files.metrics, self.metrics, durable=True)

    def _draw(self) -> None:
        for callback in self.parts.trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, AtEnd):
                callback.on_run_end(self.parts.trainer, self._last_drawings, self.metrics)

    def _last_drawings(self) -> list[Drawing]:
        return last_drawings(self.parts.head, self.parts.datamodule, self._rows(), self.metrics)


def train(cfg: DictConfig, folder: Path) -> float | None:
    """Train, evaluate and write one run; returns the monitored metric of the best epoch, for a sweeper to optimise.

    Args:
        cfg: The composed configuration.
        folder: The run's folder, which exists.
    """
    return carried_out(_begun(cfg, folder))


def carried_out(run: Run) -> float | None:
    """Train, evaluate and write a `run` that has been built; returns the value for a sweeper to optimise."""
    announce = log.info if run.parts.trainer.is_global_zero else log.debug
    announce("%s", folded("\n".join([run.headline(), *data_facts.lines(run.parts.datamodule)])))
    _let_be_judged(run)
    try:
        _fit_and_measure(run)
    finally:
        for logger in run.parts.trainer.loggers:
            trackers.close(logger)
    announce("%s", run.summary())
    return run.metrics.get(OmegaConf.select(run.cfg, "callbacks.model_checkpoint.monitor") or "val/loss")


def _fit_and_measure(run: Run) -> None:
    run.fit()
    try:
        run.evaluate()
        run.write()
    except KeyboardInterrupt as error:
        raise run.interrupted("after training", error) from error


def _let_be_judged(run: Run) -> None:
    """Let the search that a `run` belongs to prune it."""
    judge = current_judge()
    if judge is not None and isinstance(number := read_mark(run.files.mark).get("number"), int):
        run.parts.trainer.callbacks.append(Pruning(number, judge))  # type: ignore[attr-defined]


def _resumed(resume: str, folder: Path) -> Path:
    """The checkpoint to `resume` from: that of the run in a `folder`, unless one is named."""
    named = Path(resume)
    return named if named.suffix == ".ckpt" else RunFolder(folder).last_checkpoint


def _begun(cfg: DictConfig, folder: Path) -> Run:
    if not is_plain(cfg):
        run = Run(cfg, folder, build(cfg, folder))
        if cfg.resume is not None:
            kept = with_classes_kept(cfg, run.parts.head.spec.class_names, _resumed(cfg.resume, folder))
            run = run if kept is None else Run(kept, folder, build(kept, folder))
        say_doubts(cfg, run.parts.datamodule)
        return run
    from src.runs.plain import PlainRun, build_plain

    return PlainRun(cfg, folder, build_plain(cfg, folder))
