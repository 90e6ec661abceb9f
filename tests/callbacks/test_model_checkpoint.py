"""ModelCheckpoint: best.ckpt and last.ckpt contain plain values of the epochs that they claim."""

import csv

import pytest
import torch
from pydantic import ValidationError

from src.callbacks.history import History
from src.callbacks.model_checkpoint import ModelCheckpoint
from src.heads.scheduling import Scheduling

LR_THAT_OVERSHOOTS = 8.0  # so that the best epoch is not the last


def load(folder, name):
    return torch.load(folder / "checkpoints" / f"{name}.ckpt", weights_only=True)


def losses_by_epoch(folder):
    with (folder / "metrics.csv").open() as file:
        return {int(row["epoch"]): float(row["val/loss"]) for row in csv.DictReader(file) if row["val/loss"]}


@pytest.mark.parametrize("pause", [0, 1000])
@pytest.mark.parametrize("steps", [1, 4])
def test_best_is_the_epoch_of_the_lowest_loss_and_last_the_newest(fit, tmp_path, pause, steps):
    fit([ModelCheckpoint(seconds_between_writes=pause), History()], epochs=8, lr=LR_THAT_OVERSHOOTS, steps=steps)
    losses = losses_by_epoch(tmp_path)
    best = min(losses, key=losses.get)
    assert best != 8
    assert load(tmp_path, "best")["epoch"] + 1 == best
    assert load(tmp_path, "last")["epoch"] + 1 == 8


def test_best_weights_give_the_lowest_loss_of_the_table(fit, tmp_path):
    trainer, head = fit([ModelCheckpoint(), History()], epochs=8, lr=LR_THAT_OVERSHOOTS)
    head.load_state_dict(load(tmp_path, "best")["state_dict"])
    x, y = trainer.datamodule.splits.val
    with torch.no_grad():
        loss = torch.nn.functional.binary_cross_entropy_with_logits(head.network(x)[:, 0], y.float())
    assert loss.item() == pytest.approx(min(losses_by_epoch(tmp_path).values()), rel=1e-5)


def test_last_weights_are_those_at_the_end(fit, tmp_path):
    _, head = fit([ModelCheckpoint()])
    saved = load(tmp_path, "last")["state_dict"]
    assert saved.keys() == head.state_dict().keys()
    assert all(torch.equal(value, head.state_dict()[name]) for name, value in saved.items())


def test_mode_max_keeps_the_epoch_of_the_highest_metric(fit, tmp_path):
    fit([ModelCheckpoint("val/loss", "max"), History()], epochs=8, lr=LR_THAT_OVERSHOOTS)
    losses = losses_by_epoch(tmp_path)
    assert load(tmp_path, "best")["epoch"] + 1 == max(losses, key=losses.get)


@pytest.mark.parametrize(("ties", "epoch"), [("first", 1), ("last", 5)])
def test_of_equal_epochs_the_first_or_the_last_is_kept(fit, tmp_path, ties, epoch):
    fit([ModelCheckpoint(ties=ties)], lr=0.0)  # without learning all are equal
    assert load(tmp_path, "best")["epoch"] + 1 == epoch


def test_only_validated_epochs_can_be_the_best(fit, tmp_path):
    fit([ModelCheckpoint(), History()], epochs=9, lr=LR_THAT_OVERSHOOTS, check_val_every_n_epoch=2)
    losses = losses_by_epoch(tmp_path)
    assert sorted(losses) == [2, 4, 6, 8]
    assert load(tmp_path, "best")["epoch"] + 1 == min(losses, key=losses.get)
    assert load(tmp_path, "last")["epoch"] + 1 == 9


def test_last_holds_what_came_after_validation(fit, tmp_path):
    halving = Scheduling(lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5))
    fit([ModelCheckpoint()], epochs=2, scheduling=halving, check_val_every_n_epoch=2)
    (group,) = load(tmp_path, "last")["optimizer_states"][0]["param_groups"]
    assert group["lr"] == pytest.approx(0.1 * 0.5**2)


def test_nothing_but_the_two_files_is_left(fit, tmp_path):
    fit([ModelCheckpoint(seconds_between_writes=0)])
    assert {path.name for path in (tmp_path / "checkpoints").iterdir()} == {"best.ckpt", "last.ckpt"}


@pytest.mark.parametrize(("pause", "num_writes"), [(0, 5), (1000, 1)])
def test_epochs_within_the_pause_share_a_write(fit, monkeypatch, pause, num_writes):
    written = []
    save = torch.save
    monkeypatch.setattr("torch.save", lambda *args, **kwargs: (written.append(1), save(*args, **kwargs)))
    fit([ModelCheckpoint("train/loss", seconds_between_writes=pause)], epochs=5, lr=0.0)
    assert len(written) == num_writes + 1  # last.ckpt each time, best.ckpt once: without learning none is better


def test_failure_keeps_the_state_after_the_last_whole_epoch(fit, tmp_path, monkeypatch):
    from src.heads.binary import BinaryHead

    healthy = BinaryHead.loss

    def failing(head, logits, y):
        if head.training and head.current_epoch == 3:
            raise RuntimeError("the disk is on fire")
        return healthy(head, logits, y)

    monkeypatch.setattr(BinaryHead, "loss", failing)
    with pytest.raises(RuntimeError, match="on fire"):
        fit([ModelCheckpoint(seconds_between_writes=1000)])
    assert load(tmp_path, "last")["epoch"] + 1 == 3


def test_negative_pause_is_refused():
    ModelCheckpoint(seconds_between_writes=0)
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        ModelCheckpoint(seconds_between_writes=-1)
