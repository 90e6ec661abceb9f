"""Rows that are split in time, and rows with weights."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import TimeSeriesSplit

from src.data.tabular.file import TableFile
from src.data.tabular.timing import split_in_time
from src.errors import ConfigError

DAYS = np.random.RandomState(0).permutation(40)


def table(path, rows, **settings):
    path.write_text("when,size,often,answer\n" + "\n".join(rows) + "\n")
    return TableFile(path=str(path), target="answer", **settings)


def rows(when=lambda day: f"2024-{1 + day // 20:02d}-{1 + day % 20:02d}", often=lambda day: str(day % 3)):
    return [f"{when(day)},{day * 0.37:.2f},{often(day)},{'no' if day % 2 else 'yes'}" for day in DAYS.tolist()]


@pytest.mark.parametrize(
    "when",
    [
        lambda day: f"2024-{1 + day // 20:02d}-{1 + day % 20:02d}",
        lambda day: f"{1 + day % 20:02d}.{1 + day // 20:02d}.2024",
        lambda day: f"2024-01-01T{day // 2:02d}:{day % 2 * 30:02d}",
        lambda day: str(1990 + day * 0.5),
    ],
    ids=["iso", "day first", "hours", "years"],
)
def test_the_oldest_rows_train_and_the_newest_test(tmp_path, when):
    data = table(tmp_path / "rows.csv", rows(when), split="time", time="when", ignore=["often"])
    days = [DAYS[data.identity.places[split]] for split in ("train", "val", "test")] if data.splits else []
    assert [sorted(each.tolist()) for each in days] == [list(range(28)), list(range(28, 32)), list(range(32, 40))]
    assert data.spec.feature_names == ("size",)


def test_without_a_column_the_order_of_the_file_is_that_of_time(tmp_path):
    data = table(tmp_path / "rows.csv", rows(), split="time", ignore=["when", "often"])
    _ = data.splits
    train, test = list(TimeSeriesSplit(n_splits=2, test_size=8).split(np.zeros(40)))[-1]
    assert data.identity.places["test"].tolist() == test.tolist()
    assert [*data.identity.places["train"], *data.identity.places["val"]] == train.tolist()


def test_rows_of_one_moment_stay_together():
    when = np.array([1.0] * 5 + [2.0] * 9 + [3.0] * 3 + [4.0] * 3)
    parts = split_in_time(when, 0.2, 0.2)
    assert [sorted(set(when[part.numpy()])) for part in parts] == [[1.0, 2.0], [3.0], [4.0]]
    train, val, test = split_in_time(when, 0.2, 0.0)
    assert (len(train), val is train, len(test)) == (17, True, 3)


@pytest.mark.parametrize(
    ("lines", "settings", "message"),
    [
        (rows(), {"time": "when"}, r"data.time: has no effect without data.split=time \(got when\)"),
        (rows(), {"split": "time", "group": "size"}, r"data.split: rows that are split in time cannot be divided by"),
        (rows(), {"split": "time", "folds": 5, "fold": 0}, r"cannot be divided by data.folds \(got 5\); leave"),
        (rows(), {"split": "time", "time": "wen"}, r"data.time: .* has no column 'wen'; did you mean when\?"),
        (rows(lambda day: "soon" if day == 7 else "2024-01-01"), {"split": "time", "time": "when"}, r"got 'soon'"),
        (rows(lambda day: "" if day == 7 else "3"), {"split": "time", "time": "when"}, r"has no time in row \d+; fill"),
        (rows(lambda day: "3"), {"split": "time", "time": "when"}, r"there are too few times for three splits"),
        (rows(often=lambda day: "-1"), {"weight": "often"}, r"weight in row 1 of .* should be from 0 .* \(got -1\)"),
        (rows(often=lambda day: ""), {"weight": "often"}, r"weight in row 1 of .* from 0 .* \(got nothing\)"),
        (rows(often=lambda day: "-"), {"weight": "often"}, r"data.weight: .* row 1 of .* \(got -\); fix it, remove"),
        (rows(often=lambda day: "1e300"), {"weight": "often"}, r"the weight in row 1 .* \(got 1e\+300\); fix it"),
        (rows(often=lambda day: "0"), {"weight": "often"}, r"every training row has weight 0, so none counts"),
        (rows(), {"weight": "answer"}, r"data.weight: answer is the target, the column to predict"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(tmp_path, lines, settings, message):
    with pytest.raises(ConfigError, match=message):
        _ = table(tmp_path / "rows.csv", lines, **settings).splits


def test_a_column_of_weights_is_no_input_and_has_mean_one(tmp_path):
    data = table(tmp_path / "rows.csv", rows(), weight="often", ignore=["when"])
    assert data.spec.feature_names == ("size",)
    own = DAYS[data.identity.places["train"]] % 3
    assert torch.allclose(data.weights, torch.from_numpy(own / own.mean()).float())
    batch = next(iter(data.train_dataloader()))[0]
    assert len(batch.weights) == len(batch.y)
    assert len(next(iter(data.val_dataloader()))[0]) == 2


def test_rows_with_weights_train_one_by_one_in_a_sweep(tmp_path, monkeypatch, capfd):
    from tests.command.place import give

    monkeypatch.chdir(tmp_path)
    table(tmp_path / "rows.csv", rows())
    words = ["data=csv", "data.path=rows.csv", "data.target=answer", "data.ignore=[when]", "data.weight=often"]
    quick = ["trainer.max_epochs=2", "logger=none", "callbacks.figures=null", "hydra.sweep.dir=sweep"]
    assert give("train", ["-m", *words, *quick, "seed=0,1", "hydra/launcher=vectorized"]) == 0
    assert "one by one: rows with weights have no vectorized form" in capfd.readouterr().out
    assert len(list(tmp_path.glob("sweep/*/metrics.json"))) == 2
