"""Contracts with Lightning: steps counted, checkpoints before they are files, SIGTERM, what searches have chosen."""

import signal

import lightning.pytorch as pl
import pytest
import torch
from lightning.pytorch import callbacks
from lightning.pytorch.loggers import CSVLogger
from torch.utils.data import DataLoader

from src.compat import lightning as compat
from src.reporting import remarks
from tests.compat.contracts import contract

STEPS = 3  # in a block


class Line(pl.LightningModule):
    """Least squares on one number, a step or a block of them for each batch."""

    def __init__(self, blocks=False, lr=0.1):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))
        self.lr, self.batch_size = lr, 2
        self.automatic_optimization = not blocks

    def training_step(self, batch, batch_idx):
        loss = (self.weight - batch).square().mean()
        self.log("loss", loss, on_epoch=True, on_step=False)
        if not self.automatic_optimization:
            optimizer = self.optimizers(use_pl_optimizer=False)
            for _ in range(STEPS):
                optimizer.step()
            compat.count_steps(self.trainer, STEPS)
            return None
        return loss

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.lr)

    def train_dataloader(self):
        return DataLoader(torch.linspace(-1, 2, 60), batch_size=self.batch_size)


class Logged(CSVLogger):
    """Notes at which steps something is logged."""

    def __init__(self, folder):
        super().__init__(folder)
        self.steps = []

    def log_metrics(self, metrics, step=None):
        self.steps.append(step)


class Holding(compat.HoldingModelCheckpoint):
    """Notes what is held."""

    def __init__(self, **options):
        super().__init__(**options)
        self.held = []

    def hold(self, trainer, filepath):
        self.held.append((trainer.current_epoch, filepath))


class AtEpochEnd(pl.Callback):
    """Calls a function as an epoch ends."""

    def __init__(self, act):
        self.act = act

    def on_train_epoch_end(self, trainer, pl_module):
        self.act(trainer)


def trainer(folder, *more, batches=2, epochs=2, **options):
    quiet = {"enable_progress_bar": False, "enable_model_summary": False, "logger": False} | options
    quiet.setdefault("enable_checkpointing", any(isinstance(each, callbacks.Checkpoint) for each in more))
    return pl.Trainer(
        default_root_dir=folder,
        accelerator="cpu",
        max_epochs=epochs,
        limit_train_batches=batches,
        callbacks=list(more),
        **quiet,
    )


def test_blocks_are_counted_as_steps_taken_one_by_one(tmp_path):
    blocks = trainer(tmp_path, batches=2, logger=Logged(tmp_path / "a"))
    steps = trainer(tmp_path, batches=2 * STEPS, logger=Logged(tmp_path / "b"))
    with contract(compat.count_steps, "lightning"):
        blocks.fit(Line(blocks=True))
        steps.fit(Line())
        assert blocks.global_step == steps.global_step == 2 * 2 * STEPS
        assert blocks.logger.steps == steps.logger.steps
        assert compat.counts_blocks(blocks)


def test_a_loop_that_counts_otherwise_is_noticed(tmp_path):
    other = trainer(tmp_path)
    del other.fit_loop.epoch_loop._batches_that_stepped
    assert not compat.counts_blocks(other)


@pytest.mark.parametrize("weights_only", [False, True])
def test_a_checkpoint_in_memory_is_the_one_in_a_file(tmp_path, weights_only):
    found = []

    def both(trainer):
        before = trainer.strategy.checkpoint_io
        found.append(compat.checkpoint_of(trainer, weights_only))
        assert trainer.strategy.checkpoint_io is before
        trainer.save_checkpoint(tmp_path / "file.ckpt", weights_only)
        found.append(torch.load(tmp_path / "file.ckpt", weights_only=True))

    with contract(compat.checkpoint_of, "lightning"):
        trainer(tmp_path, AtEpochEnd(both), epochs=1).fit(Line())
        memory, file = found
        assert memory == file
        assert ("optimizer_states" in memory) is not weights_only
        assert [path.name for path in tmp_path.iterdir()] == ["file.ckpt"]


def test_model_checkpoint_hands_over_the_best_and_writes_nothing(tmp_path):
    checkpoint = Holding(dirpath=tmp_path, filename="best", monitor="loss", enable_version_counter=False)
    with contract(compat.HoldingModelCheckpoint, "lightning"):
        trainer(tmp_path, checkpoint).fit(Line())
        assert checkpoint.held == [(epoch, str(tmp_path / "best.ckpt")) for epoch in range(2)]
        assert checkpoint.best_model_path == str(tmp_path / "best.ckpt")
        assert list(tmp_path.iterdir()) == []


def test_what_is_taken_is_not_saved_again(tmp_path):
    checkpoint = Holding(dirpath=tmp_path, filename="best", every_n_epochs=2)
    last = AtEpochEnd(lambda trainer: checkpoint.take(trainer, "last"))
    with contract(compat.HoldingModelCheckpoint, "lightning"):
        trainer(tmp_path, last, checkpoint).fit(Line())
        assert [path for _, path in checkpoint.held] == ["last", "last"]


def test_early_stopping_asks_whether_to_stop(tmp_path):
    class Judged(compat.JudgedEarlyStopping):
        def judge(self, value):
            asked.append(float(value))
            return len(asked) == 2, "enough"

    asked, stopping = [], Judged("loss")
    with contract(compat.JudgedEarlyStopping, "lightning"):
        trainer(tmp_path, stopping, epochs=5).fit(Line())
        assert len(asked) == 2
        assert (stopping.stopped_epoch, stopping.stopping_reason_message) == (1, "enough")


def test_a_search_for_a_batch_size_ends_at_its_limit(tmp_path):
    finder = callbacks.BatchSizeFinder(mode="power", steps_per_trial=1, max_trials=3)  # 2, 4 and 8, if nothing ends it
    with contract(compat.limit_batch_size, "lightning"):
        compat.limit_batch_size(finder, 4)
        trainer(tmp_path, finder, batches=1, epochs=1).fit(Line())
        assert finder.optimal_batch_size == 4


def test_the_chosen_rate_is_the_one_that_is_trained_with(tmp_path):
    finder, module = callbacks.LearningRateFinder(num_training_steps=15), Line()
    with contract(compat.chosen_rate, "lightning"):
        trainer(tmp_path, finder, batches=30, epochs=1).fit(module)
        assert compat.chosen_rate(finder.optimal_lr) == module.lr != 0.1


@pytest.mark.parametrize(("strategy", "alone"), [("auto", False), ("ddp", False), ("ddp_spawn", True)])
def test_processes_that_hand_back_weights_alone_are_known(tmp_path, strategy, alone):
    with contract(compat.hands_back_weights_alone, "lightning"):
        found = trainer(tmp_path, strategy=strategy, devices=1)
        assert compat.hands_back_weights_alone(found, strategy) is alone


@pytest.mark.parametrize("leave", [True, False])
def test_sigterm_is_answered_by_whoever_did_before(tmp_path, leave):
    received = []
    before = signal.signal(signal.SIGTERM, lambda *_: received.append(1))
    try:
        training = trainer(tmp_path, AtEpochEnd(lambda _: signal.raise_signal(signal.SIGTERM)), epochs=1)
        with contract(compat.leave_sigterm_alone, "lightning"):
            if leave:
                compat.leave_sigterm_alone(training)
                training.fit(Line())
            else:
                with pytest.raises(SystemExit):
                    training.fit(Line())
            assert received == [1]
            assert training.received_sigterm is not leave
    finally:
        signal.signal(signal.SIGTERM, before)


def test_without_insides_lines_say_what_happens(tmp_path, monkeypatch, caplog):
    remarks.forget()
    suggesting = type("Found", (), {"suggestion": lambda self: 0.5})()
    assert compat.chosen_rate(suggesting) == 0.5
    compat.limit_batch_size(object(), 3)
    compat.leave_sigterm_alone(object())
    monkeypatch.delattr(compat.launchers, "_MultiProcessingLauncher")
    assert [compat.hands_back_weights_alone(None, name) for name in ("ddp_fork", "ddp")] == [True, False]
    assert len(caplog.messages) == 4
    assert all("which this project relies on; " in line for line in caplog.messages)
