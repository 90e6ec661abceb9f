"""History: one row per epoch, complete after a resume, in a file that can be read back."""

import csv

import pytest

from src.callbacks.history import History
from src.callbacks.model_checkpoint import ModelCheckpoint
from src.storage.epochs import read

LAST = "checkpoints/last.ckpt"


def rows_of(folder):
    with (folder / "metrics.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("steps", [1, 4])
def test_rows_count_epochs_and_optimizer_steps(fit, tmp_path, steps):
    fit([History()], epochs=3, steps=steps)
    assert [(row["epoch"], row["step"]) for row in rows_of(tmp_path)] == [("1", "4"), ("2", "8"), ("3", "12")]


def test_rows_end_with_the_metrics_of_the_trainer(fit, tmp_path):
    trainer, _ = fit([History()])
    last = rows_of(tmp_path)[-1]
    for name in ("train/loss", "train/accuracy", "val/loss", "val/f1"):
        assert float(last[name]) == pytest.approx(trainer.callback_metrics[name].item())
    assert float(last["lr"]) == 0.1


def test_epochs_without_validation_have_empty_validation_cells(fit, tmp_path):
    fit([History()], epochs=5, check_val_every_n_epoch=2)
    assert [bool(row["val/loss"]) for row in rows_of(tmp_path)] == [False, True, False, True, False]
    assert ["val/loss" in row for row in read(tmp_path / "metrics.csv")] == [False, True, False, True, False]


def test_file_reads_back_as_the_rows_in_memory(fit, tmp_path):
    history = History()
    fit([history])
    assert read(tmp_path / "metrics.csv") == history.rows
    assert all(isinstance(row["epoch"], int) and isinstance(row["step"], int) for row in history.rows)


def test_resumed_table_equals_that_of_an_uninterrupted_run(fit, tmp_path):
    fit([History(), ModelCheckpoint()], epochs=6)
    whole = rows_of(tmp_path)
    (tmp_path / "metrics.csv").unlink()
    fit([History(), ModelCheckpoint()], epochs=3)
    fit([History(), ModelCheckpoint()], epochs=6, resume=tmp_path / LAST)
    assert rows_of(tmp_path) == whole


def test_rows_after_the_checkpoint_are_replaced_on_resume(fit, tmp_path):
    fit([History(), ModelCheckpoint()], epochs=2)
    with (tmp_path / "metrics.csv").open("a") as file:
        file.write("3,12,0.1" + ",9" * (len(rows_of(tmp_path)[0]) - 3) + "\n")
    fit([History(), ModelCheckpoint()], epochs=4, resume=tmp_path / LAST)
    rows = rows_of(tmp_path)
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    assert float(rows[2]["train/loss"]) < 9


def test_file_is_complete_when_training_fails(fit, tmp_path, monkeypatch):
    from src.heads.binary import BinaryHead

    healthy = BinaryHead.loss
    monkeypatch.setattr(
        BinaryHead, "loss", lambda head, z, y: healthy(head, z, y) * (0 if head.current_epoch < 2 else 1 / 0)
    )
    with pytest.raises(ZeroDivisionError):
        fit([History()])
    assert [row["epoch"] for row in rows_of(tmp_path)] == ["1", "2"]
