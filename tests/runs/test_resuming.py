"""Resuming: a run interrupted anywhere ends like one that was not, to the last bit, and its table is complete."""

import shutil

import pytest
import torch

from src.errors import ConfigError
from src.heads.base import Head
from src.storage.epochs import read
from tests.conftest import compose_train, trained
from tests.same_run import assert_same_run

PLAIN = ("callbacks.figures=null",)
DROPOUT = ("network.hidden_dims=[16,16]", "network.dropout=0.3", "optimizer=adam")
SMALL = ("data.num_train=500", "data.batch_size=32", "trainer.max_epochs=3")


class BrokenOffError(Exception):
    """What stands for a kill."""


def break_off(monkeypatch, calls):
    """Interrupt training after so many calls of `training_step`."""
    healthy, seen = Head.training_step, []

    def failing(head, batch, batch_idx):
        seen.append(1)
        if len(seen) > calls:
            raise BrokenOffError
        return healthy(head, batch, batch_idx)

    monkeypatch.setattr(Head, "training_step", failing)


@pytest.mark.parametrize(
    "words",
    [
        (*SMALL, *DROPOUT, "data.steps_per_execution=3"),
        (*SMALL, *DROPOUT, "data.steps_per_execution=1", "scheduler=onecycle"),
        (*SMALL, "data.steps_per_execution=3", "scheduler=onecycle"),
        (*SMALL, "trainer.accumulate_grad_batches=2"),
        (*SMALL, "network.inputs=[x1_times_x2,sin_x2]", "data.steps_per_execution=3"),
        ("experiment=line", "data.steps_per_execution=2", "trainer.max_epochs=3"),
        ("experiment=multilabel", "data.num_samples=400", "data.steps_per_execution=2", "trainer.max_epochs=3"),
        (
            "experiment=digits_cnn",
            "data.classes=[3,4,5]",
            "data.shift=1",
            "data.erase=0.5",
            "network.whiten=true",
            "data.steps_per_execution=2",
            "trainer.max_epochs=2",
        ),
    ],
    ids=["dropout", "one step", "one-cycle", "accumulated", "derived", "regression", "multilabel", "augmented"],
)
def test_a_run_broken_off_within_an_epoch_is_resumed_to_the_last_bit(train, monkeypatch, words):
    monkeypatch.setattr("src.callbacks.model_checkpoint._SECONDS_WITHIN_EPOCH", 0.0)
    whole = train(*words, *PLAIN, folder="whole")
    blocks = len(whole.parts.datamodule.train_dataloader())
    assert blocks > 2
    for number, calls in enumerate((1, blocks + 1, 2 * blocks - 1)):
        folder = f"part{number}"
        with monkeypatch.context() as patch:
            break_off(patch, calls)
            with pytest.raises(BrokenOffError):
                train(*words, *PLAIN, folder=folder)
        resumed = train(*words, *PLAIN, f"resume={folder}", folder=folder)
        assert_same_run(resumed.folder, whole.folder)


def test_a_long_epoch_is_saved_once_a_minute_and_a_short_one_is_not(train, monkeypatch, tmp_path):
    now = [0.0]
    monkeypatch.setattr("src.storage.throttle.time.monotonic", lambda: now[0])
    healthy = Head.training_step

    def slow(head, batch, batch_idx):
        now[0] += 25.0
        if batch_idx == 4:
            raise BrokenOffError
        return healthy(head, batch, batch_idx)

    words = ("data.num_train=640", "data.steps_per_execution=1", *PLAIN)
    monkeypatch.setattr(Head, "training_step", slow)
    with pytest.raises(BrokenOffError):
        train(*words)
    saved = torch.load(tmp_path / "run" / "checkpoints" / "last.ckpt", weights_only=True)
    assert (saved["epoch"], saved["global_step"]) == (-1, 3)
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["last.ckpt"]


@pytest.mark.parametrize("steps", [("1", "auto", "2"), ("auto", "1", "auto")], ids="-".join)
def test_steps_are_counted_on_whoever_takes_them(train, steps):
    for number, each in enumerate(steps):
        more = ("resume=run",) if number else ()
        words = (f"data.steps_per_execution={each}", f"trainer.max_epochs={number + 1}", *more)
        run = train("data.num_train=96", "data.batch_size=32", *PLAIN, *words, folder="run")
        assert run.metrics["steps"] == 3 * (number + 1)
    assert [row["step"] for row in read(run.folder / "metrics.csv")] == [3, 6, 9]


def test_a_run_without_a_checkpoint_is_resumed_from_the_start(train, monkeypatch):
    whole = train(*SMALL, *DROPOUT, folder="whole")
    with monkeypatch.context() as patch:
        break_off(patch, 0)
        with pytest.raises(BrokenOffError):
            train(*SMALL, *DROPOUT, folder="part")
    assert not (whole.folder.parent / "part" / "checkpoints").exists()
    assert_same_run(train(*SMALL, *DROPOUT, "resume=part", folder="part").folder, whole.folder)


@pytest.mark.parametrize("early", [(), ("callbacks.early_stopping.patience=2", "optimizer.lr=1e-9")])
def test_a_run_broken_off_after_training_is_measured_and_not_trained_on(train_with_figures, early):
    words = (*SMALL, "trainer.max_epochs=6", "callbacks.early_stopping.min_delta=0.5", *early)
    whole = train_with_figures(*words, folder="whole")
    shutil.copytree(whole.folder, whole.folder.parent / "part")
    for name in ("metrics.json", "plots/curves.png"):
        (whole.folder.parent / "part" / name).unlink()
    assert_same_run(train_with_figures(*words, "resume=part", folder="part").folder, whole.folder)
    assert (whole.folder.parent / "part" / "plots" / "curves.png").exists()
    with pytest.raises(ConfigError, match="stopped early after 3 epochs" if early else "has trained its 6 epochs"):
        train_with_figures(*words, "resume=part", folder="part")


@pytest.mark.parametrize("how", ["moved", "copied", "linked"])
def test_a_run_elsewhere_keeps_its_best_epoch(train, tmp_path, how):
    words = (*SMALL, *PLAIN, "optimizer.lr=20")  # which overshoots: the first epoch stays the best
    whole = train(*words, "trainer.max_epochs=6", folder="whole")
    first = train(*words, folder="first")
    assert whole.metrics["best_epoch"] == first.metrics["best_epoch"] == 1
    elsewhere = tmp_path / "else where" / "again"
    elsewhere.parent.mkdir()
    if how == "moved":
        first.folder.rename(elsewhere)
    elif how == "copied":
        shutil.copytree(first.folder, elsewhere)
    else:
        elsewhere.symlink_to(first.folder)
    cfg = compose_train("logger=none", "callbacks.progress_bar=null", *words, "trainer.max_epochs=6")
    cfg.resume = str(elsewhere)
    resumed = trained(cfg, elsewhere)
    assert resumed.metrics["best_epoch"] == whole.metrics["best_epoch"]
    assert_same_run(elsewhere, whole.folder)


def test_a_best_checkpoint_that_is_gone_is_made_anew(train, caplog):
    first = train(*SMALL)
    first.files.best_checkpoint.unlink()
    resumed = train(*SMALL, "trainer.max_epochs=5", "resume=run")
    assert "best.ckpt no longer exists" in caplog.text
    assert resumed.files.best_checkpoint.exists()
    assert resumed.metrics["best_epoch"] > 3
