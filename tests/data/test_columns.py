"""Columns chosen one by one: the same rows as from a table that has no others."""

import numpy as np
import pytest
import torch

from src.data.tabular.bundled import BundledTable
from src.data.tabular.file import TableFile
from src.errors import ConfigError

HEADER = "id,size,colour,weight (kg),answer"
TWO = ["weight (kg)", "size"]


@pytest.fixture
def table(tmp_path):
    """Makes a dataset of 60 rows from a header and arguments; columns of other names are left out of the file."""
    stream = np.random.RandomState(0)
    cells = {
        "id": range(60),
        "size": stream.randn(60).round(2),
        "colour": stream.choice(["red", "green"], 60),
        "weight (kg)": (70 + 10 * stream.randn(60)).round(1),
        "answer": stream.choice(["no", "yes"], 60),
    }

    def make(header=HEADER, **settings):
        names = header.split(",")
        path = tmp_path / f"{len(names)}.csv"
        rows = zip(*(cells[name] for name in names), strict=True)
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
        return TableFile(path=str(path), target="answer", types="auto", positive="yes", **settings)

    return make


@pytest.mark.parametrize("columns", [TWO, [3, 1], [-2, "size"]])
def test_rows_are_those_of_a_table_without_other_columns_in_the_order_that_was_asked_for(table, columns):
    chosen, alone = table(columns=columns), table("weight (kg),size,answer")
    assert chosen.spec.feature_names == ("weight (kg)", "size")
    for found, expected in zip(chosen.splits, alone.splits, strict=True):
        assert torch.equal(found.x, expected.x)
        assert torch.equal(found.y, expected.y)


def test_folds_divide_the_same_rows(table):
    for fold in range(3):
        chosen, whole = (table(columns=each, folds=3, fold=fold) for each in (TWO, None))
        _ = chosen.splits, whole.splits
        assert chosen.identity.places["test"].tolist() == whole.identity.places["test"].tolist()


def test_a_column_that_looks_like_an_id_is_used_if_it_is_chosen(table):
    assert "id" not in table().spec.feature_names
    assert table(columns=["id", "colour"]).spec.feature_names == ("id", "colour=green", "colour=red")


def test_a_restored_table_finds_the_chosen_columns_in_a_file_with_others_and_in_another_order(table):
    first = table(columns=[3, 1])
    _ = first.splits
    other = table("answer,size,id,weight (kg),colour")
    other.load_state_dict(first.state_dict())
    found = other.encode(other.read().inputs, first.spec)
    assert torch.equal(found, first.encode(first.read().inputs, first.spec))


def test_columns_of_a_bundled_table_have_their_units():
    from sklearn.datasets import load_iris

    data = BundledTable(name="iris", columns=["petal length (cm)", "petal width (cm)"], standardize=False)
    rows = np.concatenate([split.x.numpy() for split in data.splits])
    assert sorted(map(tuple, rows)) == sorted(map(tuple, load_iris().data[:, 2:].astype(np.float32)))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"columns": ["wieght (kg)"]}, "has no column 'wieght (kg)'; did you mean weight (kg)?"),
        ({"columns": [7]}, "has no column 7; choose from"),
        ({"columns": ["size", 1]}, "data.columns: size is named twice (got ['size', 'size']); name it once"),
        ({"columns": ["answer"]}, "data.columns: answer is the target, or another key names it, so it is no input"),
        ({"columns": ["size"], "ignore": ["size"]}, "data.columns: size is the target, or another key names it"),
        ({"columns": ["size"], "keep": ["id"]}, "data.keep: "),
        ({"columns": ["size"], "categorical": ["colour"]}, "has no input column 'colour'; choose from size"),
    ],
)
def test_what_cannot_be_chosen_is_one_line(table, settings, line):
    with pytest.raises(ConfigError) as refused:
        _ = table(**settings).splits
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_bundled_tables_refuse_in_the_same_words():
    with pytest.raises(ConfigError) as refused:
        _ = BundledTable(name="iris", columns=["petal with (cm)"]).splits
    line = "data.columns: scikit-learn's iris has no column 'petal with (cm)'; did you mean petal width (cm)?"
    assert str(refused.value) == line
