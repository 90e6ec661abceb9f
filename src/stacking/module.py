"""The LightningModule that trains M runs as one, each as if it were alone."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import lightning.pytorch as pl
import torch
from torch import Tensor

from src import interrupts
from src.callbacks.pruning import current_judge
from src.compat.lightning import checkpoint_of, count_steps
from src.compat.recorded import Recordings
from src.heads.base import Head
from src.heads.steps import divergence
from src.metrics.running import Meter
from src.stacking import dividing
from src.stacking.clipping import Clip
from src.stacking.dropout import Masks
from src.stacking.history import Epoch, StackHistory, State
from src.stacking.losses import Losses
from src.stacking.measuring import measure, new_meter, on_cpu
from src.stacking.monitor import StackMonitor
from src.stacking.network import StackedNetwork
from src.stacking.optimizers import StackedOptimizer
from src.stacking.rows import StackLoader, StackRows, alike
from src.stacking.schedules import Schedules
from src.stacking.steps import Steps, Taken


class StackModule(pl.LightningModule):
    """M networks, trained step by step together: one forward pass, one backward pass of their summed losses.

    Runs are independent: each has its rows, their order, its weights, its optimizer state and its learning rate. A run
    that has ended leaves the stack after its epoch; its results are in the history.

    Args:
        head: The head that all runs share; its own weights do not matter.
        network: The forward pass.
        optimizer: The parameters [M, P] and how they step.
        schedules: Learning rates.
        rows: Training and validation rows.
        loader: Orders of the training rows.
        monitor: Early stopping and the best epoch.
        history: Collects the results.
        threads: Number of CPU threads that share the runs.
        masks: Random numbers of dropout; None without dropout.
        clip: Clips gradients; None leaves them.
        class_weights: The weights of each run's classes [M, C]; None takes those of the head, if it has any.

    Attributes:
        runs: Indices of the runs that are still training among all [m].
        numbers: Numbers of all runs in their sweep.
    """

    def __init__(
        self,
        head: Head,
        network: StackedNetwork,
        optimizer: StackedOptimizer,
        schedules: Schedules,
        rows: dict[str, StackRows],
        loader: StackLoader,
        monitor: StackMonitor,
        history: StackHistory,
        threads: int = 1,
        masks: Masks | None = None,
        clip: Clip | None = None,
        class_weights: Tensor | None = None,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self._parts = (head,)  # in a tuple, so that it is not a submodule, which the Trainer would walk through
        self.stacked, self.optimizer, self.schedules = network, optimizer, schedules
        self.rows, self.loader, self.monitor, self.history = rows, loader, monitor, history
        self.masks, self.clip, self.losses = masks, clip, Losses(head, class_weights)
        self.runs = torch.arange(history.num_runs)
        self.numbers = list(range(history.num_runs))
        self.metrics: dict[str, Tensor] = {}
        self.num_threads = threads
        self._threads = ThreadPoolExecutor(threads) if threads > 1 else None
        self._train_meters: list[Meter] = []
        self._recordings: dict[tuple[int, int], Recordings] = {}
        self._broken: dict[int, str] = {}
        self._complete: tuple[Tensor, State] | None = None  # replaced in one step, since Ctrl-C may come at any moment

    @property
    def head(self) -> Head:
        """The head that all runs share."""
        return self._parts[0]

    @property
    def num_runs(self) -> int:
        """Number of runs that are still training."""
        return len(self.runs)

    def configure_optimizers(self) -> None:
        """Lightning's hook: nothing to do, since the steps are taken here."""
        return

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Move indices to the device; the rows are there already."""
        return batch.to(device) if isinstance(batch, Tensor) else batch

    # Training

    def training_step(self, order: Tensor, batch_idx: int) -> None:
        """One optimiser step of each run per minibatch of the block; `order` [m, rows] holds indices of their rows."""
        counts = self.loader.counts_in(batch_idx)
        if not self._train_meters:
            self._train_meters = [
                new_meter(self.head, len(counts[runs]), self.optimizer.params.device) for runs, _ in alike(counts)
            ]
        num_steps = -(-order.shape[1] // self.loader.batch_size)
        coming = {name: each.to(order.device) for name, each in self.schedules.coming(num_steps).items()}
        parts = dividing.parts(self.num_runs, sum(self.stacked.sizes), self.loader.batch_size, self.num_threads)
        how = self.head, self.losses, self.stacked, self.optimizer
        steps = Steps(*how, self.rows["train"], self.loader.batch_size, self.masks, self.clip, self._recordings)

        def take(part: slice) -> Taken:
            return steps.take(part, order[part], counts[part], coming)

        done = [take(part) for part in parts] if self._threads is None else list(self._threads.map(take, parts))
        self.optimizer.steps_done += num_steps
        all_losses = torch.cat([each.losses for each in done], dim=1)
        predictions, y = torch.cat([each.predictions for each in done]), torch.cat([each.y for each in done])
        self._count(all_losses, predictions, y, counts)
        self._note_broken(all_losses)
        count_steps(self.trainer, num_steps)

    def _count(self, all_losses: Tensor, predictions: Tensor, y: Tensor, counts: list[int]) -> None:
        """Add losses [S, m], predictions and targets [m, rows, …] to the metrics, for the `counts` rows of each run."""
        for meter, (runs, count) in zip(self._train_meters, alike(counts), strict=True):
            sizes = torch.tensor([len(each) for each in torch.arange(count).split(self.loader.batch_size)])
            loss = sizes.to(all_losses) @ all_losses[:, runs] / count
            meter.update(loss, predictions[runs, :count], y[runs, :count])

    def _note_broken(self, all_losses: Tensor) -> None:
        """Record runs whose loss is no longer a number, with the message of a single run."""
        bad = ~torch.isfinite(all_losses)
        if not bad.any():
            return
        for place in bad.any(dim=0).nonzero().flatten().tolist():
            first = int(bad[:, place].nonzero()[0])
            step = self.trainer.global_step + 1 + first
            self._broken.setdefault(place, divergence(all_losses[first, place].item(), self.current_epoch + 1, step))

    # Metrics

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Evaluate all validation rows of all runs."""
        scores, _ = measure(self.head, self.stacked, self.optimizer.params, self.rows["val"], self.losses)
        self.metrics |= {f"val/{name}": value for name, value in scores.items()}

    # The end of an epoch

    @interrupts.held()  # otherwise the curves may have an epoch more than the state from which training goes on
    def on_train_epoch_end(self) -> None:
        """Log metrics, choose the best, schedule and stop, in the same order as a single run's callbacks."""
        trained = [on_cpu(meter.values()) for meter in self._train_meters]
        self.metrics |= {f"train/{name}": torch.cat([each[name] for each in trained]) for name in trained[0]}
        for meter in self._train_meters:
            meter.reset()
        trainer = self.trainer
        epoch, every = self.current_epoch + 1, trainer.check_val_every_n_epoch or 1
        validated = epoch % every == 0
        healthy = torch.ones(self.num_runs, dtype=torch.bool)
        healthy[list(self._broken)] = False
        self._write_down(epoch, validated, healthy)
        improved = stopped = ~torch.ones_like(healthy)
        if validated:
            improved = self.monitor.improved(self.metrics)
            stopped = self.monitor.stopped(self.metrics) | self._given_up(epoch)
        if validated and every > 1:  # then the Trainer's callbacks run right after validation, before the scheduler
            self.history.best.put(*self._which(improved & healthy, self.state(epoch)))
        self.schedules.end_epoch(self.metrics)
        device = self.optimizer.params.device
        self.optimizer.hyperparams |= {name: each.to(device) for name, each in self.schedules.now().items()}
        state = self.state(epoch)
        self.history.progress[epoch] = checkpoint_of(trainer, weights_only=True)
        if validated and every == 1:
            self.history.best.put(*self._which(improved & healthy, state))
        self._release(stopped, healthy, state, last=epoch == trainer.max_epochs)
        self.history.forget_progress()

    def _given_up(self, epoch: int) -> Tensor:
        """Which runs [m] are ended early by a search that compares them during training."""
        judge = current_judge()
        if judge is None:
            return torch.zeros(self.num_runs, dtype=torch.bool)
        numbers = [self.numbers[run] for run in self.runs.tolist()]
        plain = {name: values.tolist() for name, values in self.metrics.items()}
        ended = judge(epoch, {n: {name: plain[name][i] for name in plain} for i, n in enumerate(numbers)})
        return torch.tensor([number in ended for number in numbers])

    def _write_down(self, epoch: int, validated: bool, healthy: Tensor) -> None:
        known = [name for name in self.history.columns if validated or name.startswith("train/")]
        values = torch.stack([self.metrics[name] for name in known], dim=1)
        rates = self.schedules.now()["lr"]
        step = self.trainer.global_step
        self.history.epochs.append(Epoch(self.runs[healthy], epoch, step, rates[healthy], values[healthy]))

    def state(self, epoch: int) -> State:
        """A copy of everything that changes, taken after an epoch."""
        tensors = {"params": self.optimizer.params, **self.optimizer.state}
        tensors = {name: value.clone() for name, value in tensors.items()}
        tensors |= self.schedules.now() | self.monitor.tensors()
        if self.masks is not None:
            tensors["rng_state"] = self.masks.states()
        return State(epoch, tensors, self.schedules.states())

    def _which(self, chosen: Tensor, state: State) -> tuple[Tensor, State, Tensor]:
        places = chosen.nonzero().flatten()
        return self.runs[places], state, places

    def _release(self, stopped: Tensor, healthy: Tensor, state: State, last: bool) -> None:
        """Release runs that are done: their last state is kept, and the stack shrinks."""
        for place, reason in self._broken.items():
            self.history.failed[int(self.runs[place])] = reason
        if self._complete is not None:
            self.history.last.put(*self._which(~healthy, self._complete[1]))
        done = healthy & (stopped | last)
        self.history.last.put(*self._which(done, state))
        self._broken = {}
        remaining = (healthy & ~done).nonzero().flatten()
        if len(remaining) < self.num_runs:
            self._select(remaining)
            state = state.select(remaining)
        self._complete = (self.runs, state)
        if len(remaining) == 0:
            self.trainer.should_stop = True

    def _select(self, remaining: Tensor) -> None:
        self.runs, self._train_meters, self._recordings = self.runs[remaining], [], {}
        self.stacked, self.losses = self.stacked.select(remaining), self.losses.select(remaining)
        masks = [] if self.masks is None else [self.masks]
        parts: list[Any] = [self.optimizer, self.schedules, self.monitor, self.loader, *self.rows.values(), *masks]
        for part in parts:
            part.select(remaining)
        self.metrics = {name: value[remaining] for name, value in self.metrics.items()}

    # Interrupting and resuming

    def interrupt(self) -> None:
        """Keep the state after the last complete epoch of every run that is still training."""
        if self._complete is not None:
            runs, state = self._complete
            self.history.last.put(runs, state, torch.arange(len(runs)))

    def snapshot(self) -> dict[str, Any] | None:
        """A checkpoint in Lightning's format of all runs after the last complete epoch; None before the first.

        What is unknown to Lightning is under `stack`, for `restore`.
        """
        if self._complete is None:
            return None
        runs, state = self._complete
        stack = {
            "runs": runs,
            "tensors": {name: value.cpu() for name, value in state.tensors.items()},
            "schedulers": state.schedulers,
            "history": self.history.state_dict(),
        }
        progress = self.history.progress[state.epoch]
        return {**progress, "callbacks": {}, "optimizer_states": [], "lr_schedulers": [], "stack": stack}

    def restore(self, checkpoint: dict[str, Any], leave_out: Tensor) -> None:
        """Continue where a stack of the same runs was at this snapshot; Lightning restores the Trainer's part.

        Args:
            checkpoint: The snapshot.
            leave_out: Which runs [M] need no more training.
        """
        saved = checkpoint["stack"]
        places = (~leave_out[saved["runs"]]).nonzero().flatten()
        state = State(checkpoint["epoch"] + 1, saved["tensors"], saved["schedulers"]).select(places)
        self.history.load_state_dict(saved["history"])
        self._select(saved["runs"][places])
        self.optimizer.restore(state.tensors, checkpoint["global_step"])
        self.schedules.restore(state.schedulers, state.tensors)
        self.monitor.restore(state.tensors)
        if self.masks is not None:
            self.masks.restore(state.tensors["rng_state"])
        self.loader.epoch = state.epoch
        self._complete = (self.runs, state)

    def close(self) -> None:
        """Stop the threads."""
        self.loader.close()
        if self._threads is not None:
            self._threads.shutdown()
