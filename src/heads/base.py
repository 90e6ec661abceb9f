"""The training loop that all heads share: what they do with a block of minibatches."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.func import vmap
from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau

from src.compat.lightning import count_steps
from src.compat.torch import bare_calls, bare_step, without_functions
from src.errors import ConfigError, TrainingDivergedError
from src.heads.answering import Answering
from src.heads.checkpoints import Loadable
from src.heads.counting import Counting, Stage
from src.heads.gradients import gradients_of
from src.heads.joint import joint_logits
from src.heads.scheduling import Scheduling
from src.heads.steps import carry_steps, divergence
from src.heads.tuning import Tunable
from src.metrics.running import Meter, Scores
from src.networks.members import Members
from src.spec import AnyBatch, Batch, Block, DataSpec, HeardBatch, Task, WeightedBatch, as_block

_HALF = (torch.bfloat16, torch.float16)


class Head(Counting, Answering, Loadable, Tunable, ABC):
    """A network with the loss, predictions and metrics of one task.

    Heads work on logits. With `automatic_optimization` a block holds one minibatch and the Trainer does the rest;
    without it the optimiser steps of a whole block run here, with the same results at a fraction of the Trainer's cost.

    Attributes:
        tasks: Tasks of the datasets that the head is for.
        chosen_by: The metric that chooses the best epoch where the configuration says `auto`.

    Args:
        network: Maps rows [N, *input_shape] to outputs [N, num_outputs].
        spec: The specification of the dataset.
        make_optimizer: Makes an optimizer of parameters.
        scheduling: How the learning rate changes; None keeps it constant.
    """

    tasks: ClassVar[tuple[Task, ...]]
    chosen_by: ClassVar[str] = "val/loss"
    loss_title = "loss"  # the label of its axis

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

    # What a task defines

    @classmethod
    @abstractmethod
    def num_outputs(cls, spec: DataSpec) -> int:
        """The number of outputs that the network needs for a dataset with this `spec`."""

    def logits(self, outputs: Tensor) -> Tensor:
        """The logits [..., N, *] for `loss` and `predictions`, from the network's outputs [..., N, num_outputs]."""
        return outputs

    @abstractmethod
    def loss(self, logits: Tensor, y: Tensor) -> Tensor:
        """Mean loss, a scalar, over logits [N, *] as `logits` returns them and targets y [N, *]."""

    @abstractmethod
    def predictions(self, logits: Tensor) -> Tensor:
        """Labels [N] or [N, L], or values [N], for logits [N, *]."""

    @abstractmethod
    def new_scores(self, num_runs: int = 1, everywhere: bool = True) -> Scores:
        """Empty scores of `num_runs` runs with this head.

        Args:
            num_runs: Number of runs that train as one; 1 for a single run.
            everywhere: Whether to count the rows of all processes that train together instead of only this one's.
        """

    @cached_property
    def score_names(self) -> tuple[str, ...]:
        """Names of the loss and the scores, without their stage; `loss` comes first."""
        return ("loss", *self.new_scores().names)

    @property
    def all_score_names(self) -> tuple[str, ...]:
        """Names of all numbers that `measure` returns: the loss, the scores, and the closing scores."""
        return tuple(dict.fromkeys((*self.score_names, *self.closing_names)))

    def weighted_loss(self, logits: Tensor, y: Tensor, weights: Tensor) -> Tensor:
        """Mean loss, a scalar, over logits [N, *] and targets y [N, *] of rows with `weights` [N].

        Weights of 0, 1, 2, … have the effect of repeating each row that often.
        """
        each = vmap(self.loss)(logits.unsqueeze(1), y.unsqueeze(1))
        return (each * weights).mean()

    def losses(self, logits: Tensor, y: Tensor) -> Tensor:
        """Loss [M] of each of M runs with logits [M, N, *] and targets y [M, N, *]."""
        return vmap(self.loss)(logits, y)

    def targets_of_loss(self, y: Tensor) -> Tensor:
        """Targets y [N, …] as the loss computes with them, so that many minibatches are converted at once."""
        return y

    def forward(self, x: Tensor, voices: Tensor | None = None) -> Tensor:
        """Logits [N, *] divided by the temperature, or values [N], of rows x [N, *input_shape].

        For the network of an ensemble, x is [N, M, *input_shape] and `voices` are as in `HeardBatch`.
        """
        logits = self.logits(self.run_network(x, voices))
        if isinstance(self.network, Members):
            logits = joint_logits(self, logits, voices)
        return self.tempered(logits)

    def run_network(self, x: Tensor, voices: Tensor | None = None) -> Tensor:
        """The network's outputs [N, num_outputs] for rows x [N, *input_shape] of any floating-point type.

        Where the network is an ensemble's, `voices` are as in `HeardBatch`, and its outputs are [M, N, num_outputs].

        The network computes in its own precision. Outputs in half precision become float32, so that losses,
        probabilities and metrics are not rounded again.
        """
        x = x.to(self.dtype)
        outputs: Tensor = self.network(x) if voices is None else self.network(x, voices)
        return outputs.float() if outputs.dtype in _HALF else outputs

    # Training

    def training_step(self, batch: Batch | Block, batch_idx: int) -> Tensor | None:
        """One optimiser step per minibatch; returns the loss, a scalar, if the Trainer takes that step.

        Raises:
            ConfigError: The Trainer takes the steps, one at a time, but the block holds several.
        """
        block = as_block(batch)
        if self.automatic_optimization:
            if len(block) > 1:
                raise ConfigError(
                    "steps_per_execution: automatic optimization takes one step at a time "
                    f"(got {len(block)}); use 1, or set head.automatic_optimization = False"
                )
            (rows,) = block
            logits = self(rows[0])
            loss = self.loss_of(rows, logits)
            self._record_training(block, [logits], [loss])
            return loss
        all_logits, losses = self._take_steps(block)
        self._record_training(block, all_logits, losses)
        return None

    def _take_steps(self, block: Block) -> tuple[list[Tensor], list[Tensor]]:
        optimizer: Optimizer = self.optimizers(use_pl_optimizer=False)  # type: ignore[assignment]
        scheduler = self._scheduler("step")
        step = bare_step(optimizer)
        all_logits, losses = [], []
        with bare_calls(self.network):
            compute = gradients_of(self, optimizer)
            for batch in block:
                logits, loss = compute(batch)
                step()
                if scheduler is not None:
                    scheduler.step()
                all_logits.append(logits)
                losses.append(loss)
        count_steps(self.trainer, len(block))
        return all_logits, losses

    def loss_of(self, batch: AnyBatch, logits: Tensor) -> Tensor:
        """The loss, a scalar, of a minibatch `batch` with these `logits` [N, *]; its rows may have weights."""
        if isinstance(batch, WeightedBatch):
            return self.weighted_loss(logits, batch.y, batch.weights)
        return self.loss(logits, batch[1])

    @torch.no_grad()
    def _record_training(self, block: Block, all_logits: list[Tensor], all_losses: list[Tensor]) -> None:
        losses = torch.stack(all_losses)
        if not torch.isfinite(losses).all():
            self._raise_diverged(losses)
        y = torch.cat([batch[1] for batch in block])
        sizes = torch.tensor([len(batch[1]) for batch in block], dtype=losses.dtype, device=losses.device)
        self.count("train", losses.dot(sizes) / len(y), self.predictions(torch.cat(all_logits)), y)
        if self.trainer.is_last_batch:
            self.publish("train")

    def _raise_diverged(self, losses: Tensor) -> None:
        first_bad = int((~torch.isfinite(losses)).nonzero()[0])
        step = self.trainer.global_step + 1 - (0 if self.automatic_optimization else len(losses) - first_bad)
        half = self.dtype == torch.float16
        raise TrainingDivergedError(divergence(losses[first_bad].item(), self.current_epoch + 1, step, half))

    def on_train_epoch_end(self) -> None:
        """Step the scheduler if the Trainer leaves that to us."""
        scheduler = None if self.automatic_optimization else self._scheduler("epoch")
        if isinstance(scheduler, ReduceLROnPlateau):
            scheduler.step(self.trainer.callback_metrics[str(self.scheduling and self.scheduling.monitor)])
        elif scheduler is not None:
            scheduler.step()

    def _scheduler(self, interval: str) -> Any:
        return self.lr_schedulers() if self.scheduling is not None and self.scheduling.interval == interval else None

    def configure_optimizers(self) -> Any:
        """Lightning's hook: the optimizer and its scheduler, if there is one."""
        optimizer = self.with_rate(
            self.make_optimizer(parameter for parameter in self.parameters() if parameter.requires_grad)
        )
        if self.scheduling is None:
            return optimizer
        config: dict[str, Any] = {"scheduler": self.scheduling.make(optimizer)}
        if self.automatic_optimization:
            config |= {"interval": self.scheduling.interval, "monitor": self.scheduling.monitor}
        return {"optimizer": optimizer, "lr_scheduler": config}

    # Evaluation

    def validation_step(self, batch: Batch | Block, batch_idx: int) -> None:
        """Update the validation metrics."""
        self._evaluate("val", as_block(batch))

    def test_step(self, batch: Batch | Block, batch_idx: int) -> None:
        """Update the test metrics."""
        self._evaluate("test", as_block(batch))

    def predict_step(self, batch: Batch | Block | Tensor, batch_idx: int) -> Tensor:
        """Labels [B] or [B, L], or values [B], for the rows of a batch, with or without targets."""
        block = [(batch, batch)] if isinstance(batch, Tensor) else as_block(batch)
        return torch.cat([self.predictions(self(batch[0])) for batch in block])

    def _evaluate(self, stage: Stage, block: Block) -> None:
        for x, y, *_ in block:
            logits = self(x)
            self.count(stage, self.loss(logits, y), self.predictions(logits), y)

    def on_validation_epoch_end(self) -> None:
        """Log the validation metrics."""
        self.publish("val")

    def on_test_epoch_end(self) -> None:
        """Log the test metrics."""
        self.publish("test")

    def evaluate(self, blocks: Iterable[Batch | Block]) -> dict[str, Any]:
        """Loss, scores and tables of the rows in `blocks` as plain numbers, without a Trainer."""
        return self.measure(*self.outputs(blocks))

    @torch.no_grad()
    def outputs(self, blocks: Iterable[Batch | Block]) -> tuple[Tensor, Tensor]:
        """The results [N, …] of `forward` for the rows in `blocks`, and targets y [N, …]: on the CPU, in order."""
        self.eval()
        found = [(self._said(batch).float().cpu(), batch[1].cpu()) for block in blocks for batch in as_block(block)]
        return torch.cat([logits for logits, _ in found]), torch.cat([y for _, y in found])

    def _said(self, batch: AnyBatch) -> Tensor:
        x = batch[0].to(self.device)
        said: Tensor = self(x, batch.voices.to(self.device)) if isinstance(batch, HeardBatch) else self(x)
        return said

    @torch.no_grad()
    def measure(self, logits: Tensor, y: Tensor) -> dict[str, Any]:
        """Loss, scores and tables of rows with logits [N, …] from `forward` and targets y [N, …], as plain numbers."""
        logits, y = logits.to(self.device), y.to(self.device)
        meter = Meter(self.new_scores(everywhere=False), self.device, everywhere=False)
        predictions = self.predictions(logits)[None]
        meter.update(self.loss(logits, y)[None], predictions, y[None])
        values = meter.values() | self.closing_scores(logits[None], predictions, y[None])
        return {name: value.item() for name, value in values.items()} | meter.scores.tables()[0]

    # Checkpoints

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Save the dataset's spec, the random state (for dropout), and the scores within an epoch."""
        checkpoint["spec"] = asdict(self.spec)
        for part in checkpoint.keys() & {"callbacks", "lr_schedulers"}:
            checkpoint[part] = without_functions(checkpoint[part])
        checkpoint["rng_state"] = torch.get_rng_state()
        super().on_save_checkpoint(checkpoint)

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore the random state, the count of steps and the scores within an epoch."""
        carry_steps(checkpoint, self.automatic_optimization)
        if "rng_state" in checkpoint:
            torch.set_rng_state(checkpoint["rng_state"])
        super().on_load_checkpoint(checkpoint)
