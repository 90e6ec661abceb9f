"""The one training loop: what every head does with a block of minibatches."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar, Literal

import torch
from lightning.pytorch import LightningModule
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torchmetrics import Metric, MetricCollection

from src.errors import TrainingDiverged
from src.spec import Block, DataSpec, Task

Stage = Literal["train", "val", "test"]
ScoreKeeper = Metric | MetricCollection


class Scheduling:
    """How the learning rate changes: a scheduler yet without its optimizer, and when it steps.

    Args:
        make: Optimizer to scheduler.
        interval: Step after each `epoch` or after each optimiser `step`.
        monitor: Metric that `ReduceLROnPlateau` watches.
    """

    def __init__(
        self,
        make: Callable[[Optimizer], LRScheduler],
        interval: Literal["epoch", "step"] = "epoch",
        monitor: str | None = None,
    ) -> None:
        self.make, self.interval, self.monitor = make, interval, monitor


class Head(LightningModule, ABC):
    """A network and the loss, predictions and metrics of one task.

    Heads work on logits. With `automatic_optimization` a block holds one minibatch and the Trainer does the rest; without
    it the optimiser steps of a whole block run here, with the same results at a fraction of the Trainer's cost.

    Args:
        network: Rows [N, *input_shape] to outputs [N, num_outputs].
        spec: What the dataset is.
        make_optimizer: Parameters to optimizer.
        scheduling: How the learning rate changes; None keeps it.
    """

    tasks: ClassVar[tuple[Task, ...]]

    def __init__(
        self,
        network: nn.Module,
        spec: DataSpec,
        make_optimizer: Callable[[Iterator[nn.Parameter]], Optimizer],
        scheduling: Scheduling | None = None,
    ) -> None:
        super().__init__()
        self.network, self.spec = network, spec
        self.make_optimizer, self.scheduling = make_optimizer, scheduling
        self.metrics = nn.ModuleDict({f"{stage}_metric": self.new_metric() for stage in ("train", "val", "test")})

    # What a task defines

    @classmethod
    @abstractmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """Outputs that the network needs for this dataset."""

    @abstractmethod
    def forward(self, x: Tensor) -> Tensor:
        """Logits (or, for regression, values) of rows x [N, *input_shape]."""

    @abstractmethod
    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean loss, a scalar, over logits as `forward` returns them and targets y [N]."""

    @abstractmethod
    def predictions(self, logits: Tensor) -> Tensor:
        """Labels [N] (or values [N]) that the logits stand for."""

    @abstractmethod
    def new_metric(self) -> ScoreKeeper:
        """A metric to be updated with predictions [N] and targets [N]."""

    @abstractmethod
    def scores(self, metric: Any) -> dict[str, Tensor]:
        """Name and value of each score that a metric of `new_metric` holds."""

    def tables(self, metric: Any) -> dict[str, Any]:
        """Name and value, as nested lists, of what a metric holds beyond its scores."""
        return {}

    @classmethod
    @abstractmethod
    def score_names(cls) -> tuple[str, ...]:
        """Names of the scores, without their stage; `loss` comes first."""

    # Training

    def training_step(self, block: Block, batch_idx: int) -> Tensor | None:
        """One optimiser step for each minibatch of the block."""
        if self.automatic_optimization:
            ((x, y),) = block
            logits = self(x)
            loss = self.loss(logits, y)
            self._record_training(block, [logits.detach()], loss.detach().unsqueeze(0))
            return loss
        all_logits, losses = self._take_steps(block)
        self._record_training(block, all_logits, torch.stack(losses))
        return None

    def _take_steps(self, block: Block) -> tuple[list[Tensor], list[Tensor]]:
        optimizer: Optimizer = self.optimizers(use_pl_optimizer=False)  # type: ignore[assignment]
        scheduler = self._scheduler("step")
        all_logits, losses = [], []
        for x, y in block:
            logits = self(x)
            loss = self.loss(logits, y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
            all_logits.append(logits.detach())
            losses.append(loss.detach())
        self._count_steps(len(block))
        return all_logits, losses

    def _count_steps(self, num_steps: int) -> None:
        """Tell the Trainer of optimiser steps that it did not see, or it would count a block as one step or as none."""
        epoch_loop = self.trainer.fit_loop.epoch_loop
        progress = epoch_loop.manual_optimization.optim_step_progress
        for tracker in (progress.total, progress.current):
            tracker.ready += num_steps
            tracker.completed += num_steps
        epoch_loop._batches_that_stepped += num_steps - 1  # loggers' x axis; the Trainer adds the last one itself

    def _record_training(self, block: Block, all_logits: list[Tensor], losses: Tensor) -> None:
        if not torch.isfinite(losses).all():
            self._raise_diverged(losses)
        sizes = torch.tensor([float(len(y)) for _, y in block], device=losses.device)
        num_rows = sum(len(y) for _, y in block)
        mean = torch.dot(losses.float(), sizes) / num_rows
        self.log("train/loss", mean, on_step=False, on_epoch=True, batch_size=num_rows)
        self._update("train", torch.cat(all_logits), torch.cat([y for _, y in block]))
        if self.trainer.is_last_batch:
            self._log_scores("train")

    def _raise_diverged(self, losses: Tensor) -> None:
        first_bad = int((~torch.isfinite(losses)).nonzero()[0])
        step = self.trainer.global_step + 1 - (0 if self.automatic_optimization else len(losses) - first_bad)
        raise TrainingDiverged(
            f"train/loss became {losses[first_bad].item()} in epoch {self.current_epoch + 1}, step {step}; "
            "try a lower optimizer.lr, data.standardize=true or trainer.gradient_clip_val=1.0"
        )

    def on_train_epoch_end(self) -> None:
        """Step the scheduler where the Trainer leaves that to us."""
        scheduler = None if self.automatic_optimization else self._scheduler("epoch")
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(self.trainer.callback_metrics[str(self.scheduling and self.scheduling.monitor)])
        elif scheduler is not None:
            scheduler.step()

    def _scheduler(self, interval: str) -> Any:
        return self.lr_schedulers() if self.scheduling is not None and self.scheduling.interval == interval else None

    def configure_optimizers(self) -> Any:
        """Lightning's hook: the optimizer and, where there is one, its scheduler."""
        optimizer = self.make_optimizer(self.parameters())
        if self.scheduling is None:
            return optimizer
        config: dict[str, Any] = {"scheduler": self.scheduling.make(optimizer)}
        if self.automatic_optimization:
            config |= {"interval": self.scheduling.interval, "monitor": self.scheduling.monitor}
        return {"optimizer": optimizer, "lr_scheduler": config}

    # Evaluation

    def validation_step(self, block: Block, batch_idx: int) -> None:
        """Update the validation metrics."""
        self._evaluate("val", block)

    def test_step(self, block: Block, batch_idx: int) -> None:
        """Update the test metrics."""
        self._evaluate("test", block)

    def _evaluate(self, stage: Stage, block: Block) -> None:
        for x, y in block:
            logits = self(x)
            self.log(f"{stage}/loss", self.loss(logits, y), on_step=False, on_epoch=True, batch_size=len(y))
            self._update(stage, logits, y)

    def on_validation_epoch_end(self) -> None:
        """Log the validation scores."""
        self._log_scores("val")

    def on_test_epoch_end(self) -> None:
        """Log the test scores."""
        self._log_scores("test")

    @torch.no_grad()
    def evaluate(self, blocks: Iterable[Block]) -> dict[str, Any]:
        """Loss, scores and tables of some rows as plain numbers, without a Trainer."""
        self.eval()
        metric = self.new_metric().to(self.device)
        total, num_rows = 0.0, 0
        for x, y in (batch for block in blocks for batch in block):
            logits = self(x)
            total += self.loss(logits, y).item() * len(y)
            num_rows += len(y)
            metric.update(self.predictions(logits), y)
        scores = {name: value.item() for name, value in self.scores(metric).items()}
        return {"loss": total / num_rows, **scores, **self.tables(metric)}

    # Metrics

    def metric(self, stage: Stage) -> ScoreKeeper:
        """The metric of one stage."""
        metric = self.metrics[f"{stage}_metric"]
        assert isinstance(metric, ScoreKeeper)
        return metric

    def _update(self, stage: Stage, logits: Tensor, y: Tensor) -> None:
        self.metric(stage).update(self.predictions(logits), y)

    def _log_scores(self, stage: Stage) -> None:
        metric = self.metric(stage)
        for name, value in self.scores(metric).items():
            self.log(f"{stage}/{name}", value, on_step=False, on_epoch=True, batch_size=1)
        metric.reset()

    # Checkpoints

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the random state, so that dropout goes on after a resume as it would have without it."""
        checkpoint["rng_state"] = torch.get_rng_state()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the random state up again."""
        if "rng_state" in checkpoint:
            torch.set_rng_state(checkpoint["rng_state"])
