"""Which task fits the values of a target."""

import numpy as np
import pytest
import torch

from src.data.tabular.file import TableFile
from src.errors import ConfigError
from tests.data.image_files import write_pngs
from tests.runs.test_prediction import write_csv


def spread(values, rows=120):
    """So many rows, with each value about equally often."""
    return [values[row % len(values)] for row in range(rows)]


def chosen(tmp_path, target, **settings):
    columns = {"x": np.arange(len(target)) % 7, "y": target}
    path = write_csv(tmp_path / "rows.csv", columns)
    return TableFile(path=str(path), target="y", task="auto", types="auto", **settings).choose()


@pytest.mark.parametrize(
    ("target", "task", "other"),
    [
        (spread(["no", "yes"]), "binary", None),
        (spread(["red", "green", "blue", ""]), "multiclass", None),
        (spread(["0", "1"]), "binary", "regression"),
        (spread(["1", "1.0", "2"]), "binary", "regression"),
        (spread(["0.5", "1.5"]), "binary", "regression"),
        (spread(["0.5", "1.5", "2.5"]), "regression", "multiclass"),
        (spread(list(range(30)), 600), "multiclass", "regression"),
        (spread(list(range(31)), 620), "regression", "multiclass"),
        ([*range(35), *spread([90, 91, 92, 93, 94], 600)], "regression", "multiclass"),
        ([*range(29), *spread(list(range(90, 101)), 600)], "multiclass", "regression"),
        ([f"${price},000" for price in range(100, 220)], "regression", "multiclass"),
        ([f"{number},5" for number in range(60)], "regression", None),
        ([f"{number / 8}" for number in range(200)], "regression", None),
    ],
)
def test_the_values_choose_and_say_what_else_may_be_meant(tmp_path, target, task, other):
    found = chosen(tmp_path, target)
    assert (found.task, found.other) == (task, other)


def test_a_task_that_is_auto_is_what_the_rows_become(tmp_path):
    path = write_csv(tmp_path / "rows.csv", {"x": np.arange(80) % 7, "price": np.arange(80) * 1000})
    data = TableFile(path=str(path), target="price", task="auto", types="auto")
    assert (data.spec.task, data.splits.train.y.dtype) == ("regression", torch.float32)


def test_amounts_with_a_few_words_among_them_are_refused_with_what_to_do(tmp_path):
    prices = [*range(1000, 1097), "on request", "on request", "sold"]
    with pytest.raises(
        ConfigError, match=r"the target y contains numbers, except for 3 cells \('on request','sold'\);"
    ):
        chosen(tmp_path, prices)
    assert chosen(tmp_path, prices, missing=["on request", "sold"]).task == "regression"


def test_several_targets_are_labels(tmp_path):
    marks = np.random.default_rng(0).integers(0, 2, (80, 2))
    fever = np.where(marks[:, 0], "yes", "no").tolist()
    labels = {"fever": ["", *fever[1:]], "cough": [f"{mark}.0" for mark in marks[:, 1]]}
    path = write_csv(tmp_path / "rows.csv", {"x": np.arange(80), **labels, "z": marks[:, 0]})
    words = {"path": str(path), "task": "auto", "types": "auto", "test_fraction": 0.2, "val_fraction": 0.1}
    data = TableFile(target=["fever", -2], keep=["x"], standardize=False, **words)
    assert (data.choose().task, data.spec.task) == ("multilabel", "multilabel")
    assert data.spec.class_names == ("fever", "cough")
    for rows in data.splits:
        assert rows.y.tolist() == [marks[int(number)].tolist() for number in rows.x[:, 0]]
    assert sum(len(rows.y) for rows in data.splits) == 79
    assert dict(data.doubts)["target"].startswith(f"{path}: z gives away the target of every row")
    with pytest.raises(ConfigError, match=r"data.target: x of .* should say yes or no .*\(got 0, 1, 10, …\)"):
        _ = TableFile(target=["fever", "x"], **words).spec
    with pytest.raises(ConfigError, match="fever is named twice"):
        _ = TableFile(target=["fever", 1], **words).spec
    with pytest.raises(ConfigError, match="several targets are labels, not numbers"):
        TableFile(target=["fever", "cough"], **words | {"task": "regression"})


def test_folders_of_pictures_choose_by_their_number(tmp_path):
    from src.data.image.folder import ImageFolder

    write_pngs(tmp_path / "three", classes=("a", "b", "c"), each=1)
    data = ImageFolder(path=str(tmp_path / "three"))
    assert data.choose().task == "multiclass"
    assert ImageFolder(path=str(tmp_path / "three"), classes=["a", "c"]).choose().task == "binary"
