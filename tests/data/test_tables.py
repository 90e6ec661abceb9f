"""Tables: which columns become which numbers, as in scikit-learn, and what is refused."""

import numpy as np
import pytest
import torch
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from src.data.tabular.bundled import BundledTable
from src.data.tabular.file import TableFile
from src.errors import ConfigError


def write(path, rows, header="size,colour,weight,answer"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def people(count=60, seed=0):
    stream = np.random.RandomState(seed)
    sizes = [f"{x:.2f}" if x > -1 else "" for x in stream.randn(count)]
    colours = stream.choice(["red", "green", "blue"], count)
    weights = [f"{x:.1f}" for x in 70 + 10 * stream.randn(count)]
    answers = stream.choice(["yes", "no"], count)
    return [",".join(cells) for cells in zip(sizes, colours, weights, answers, strict=True)]


def table(path, **settings):
    return TableFile(path=str(path), target=settings.pop("target", "answer"), **settings)


def test_columns_become_what_scikit_learns_column_transformer_makes_of_them(tmp_path):
    path = write(tmp_path / "people.csv", people())
    datamodule = table(path, seed=3)
    splits = datamodule.splits
    cells = [line.split(",") for line in path.read_text().splitlines()[1:]]
    every = np.array([[float(a or "nan"), float(c), b] for a, b, c, _ in cells], dtype=object)
    y = np.array([row[3] == "yes" for row in cells])
    numeric = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
    transformer = ColumnTransformer([("numbers", numeric, [0, 1]), ("kinds", OneHotEncoder(), [2])])
    rest, test = train_test_split(np.arange(60), test_size=0.2, random_state=3, stratify=y)
    train, val = train_test_split(rest, test_size=6, random_state=3, stratify=y[rest])
    expected = transformer.fit(every[train])
    for rows, places in zip(splits, (train, val, test), strict=True):
        assert rows.x.numpy() == pytest.approx(expected.transform(every[places]).astype(np.float32), abs=1e-4)
        assert rows.y.tolist() == y[places].astype(int).tolist()
    assert datamodule.feature_names == ("size", "weight", "colour=blue", "colour=green", "colour=red")


def test_a_split_column_is_obeyed(tmp_path):
    rows = [f"{i},{'train' if i < 20 else 'validation' if i < 30 else 'test'},{i % 2}" for i in range(36)]
    path = write(tmp_path / "rows.csv", rows, "a,part,answer")
    splits = table(path, split_column="part", standardize=False).splits
    assert [rows.x[:, 0].tolist() for rows in splits] == [list(range(20)), list(range(20, 30)), list(range(30, 36))]


def test_classes_that_are_numbers_are_in_their_order(tmp_path):
    path = write(tmp_path / "rows.csv", [f"{i},{(10, 9, -1)[i % 3]}" for i in range(60)], "a,answer")
    datamodule = table(path)
    assert datamodule.class_names == ("-1", "9", "10")
    assert datamodule.spec.task == "multiclass"


def test_columns_of_numbers_can_be_categories_and_others_ignored(tmp_path):
    path = write(tmp_path / "rows.csv", [f"{i % 3},{i},{i % 2}" for i in range(60)], "code,id,answer")
    assert table(path, categorical=["code"], ignore=["id"]).spec.feature_names == ("code=0", "code=1", "code=2")


def test_a_target_of_numbers_can_be_predicted_itself(tmp_path):
    path = write(tmp_path / "rows.csv", [f"{i},{i / 2}" for i in range(60)], "a,answer")
    datamodule = table(path, task="regression")
    assert datamodule.spec.task == "regression"
    assert datamodule.splits.train.y.dtype == torch.float32


def test_a_checkpoints_columns_and_classes_take_the_place_of_new_ones(tmp_path):
    first = table(write(tmp_path / "first.csv", people(seed=0)))
    _ = first.splits
    second = table(write(tmp_path / "second.csv", people(seed=1)))
    second.load_state_dict(first.state_dict())
    x = second.encode(second.read().inputs, second.spec)
    assert torch.equal(second.scaler.mean, first.scaler.mean)
    assert torch.equal(second.scaled(x), first.scaled(first.encode(second.read().inputs, first.spec)))


@pytest.mark.parametrize(("name", "rows", "columns", "classes"), [("iris", 150, 4, 3), ("breast_cancer", 569, 30, 2)])
def test_bundled_tables_have_their_names(name, rows, columns, classes):
    datamodule = BundledTable(name=name)
    assert sum(len(split.y) for split in datamodule.splits) == rows
    assert len(datamodule.spec.feature_names) == columns
    assert len(datamodule.spec.class_names) == classes


GOOD = people()


@pytest.mark.parametrize(
    ("rows", "settings", "message"),
    [
        (GOOD, {"target": "anser"}, r"data.target: .*people.csv has no column 'anser'; did you mean answer\?"),
        (GOOD, {"ignore": ["id"]}, r"data.ignore: .*has no column 'id'; choose from"),
        (GOOD, {"split_column": "part"}, r"data.split_column: .*has no column 'part'"),
        (GOOD, {"split_column": "colour"}, r"the split in row 1 should be train, val or test \(got '\w+'\); fix it"),
        ([*GOOD, "1,red,heavy,yes"], {}, r"column weight, row 61 is not a number \(got 'heavy'\) but most others are"),
        ([*GOOD, "1,red,70,"], {}, r"the target in row 61 is missing; fill it in or remove the row"),
        (["1,red,70,yes"] * 30, {}, r"the target is 'yes' in every row, but classification needs two"),
        ([], {}, r"people.csv: the file has no rows"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(tmp_path, rows, settings, message):
    path = write(tmp_path / "people.csv", rows)
    with pytest.raises(ConfigError, match=message):
        _ = table(path, **settings).splits


def test_a_class_that_training_had_not_is_named(tmp_path):
    known = table(write(tmp_path / "known.csv", people()))
    _ = known.splits
    other = table(write(tmp_path / "other.csv", [*people(), "1,red,70,maybe", "1,red,70,maybe"]))
    other.load_state_dict(known.state_dict())
    with pytest.raises(ConfigError, match=r"target in row 61 is a class not seen in training \(got 'maybe'\)"):
        _ = other.splits


@pytest.mark.parametrize("unset", ["path", "target"])
def test_path_and_target_must_be_named(unset):
    with pytest.raises(ConfigError, match=rf"data.{unset}: needs .* set data.{unset}="):
        TableFile(**{"path": "a.csv", "target": "b", unset: None})


def test_robust_columns_have_median_0_and_a_middle_half_1_wide(tmp_path):
    numbers = [0.1 * place for place in range(40)] + [1e6]
    lines = [f"{number},{place % 20 == 0:d},{place % 2}" for place, number in enumerate(numbers)]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["size,rare,kind", *lines]) + "\n")
    for types in ("auto", None):
        dataset = TableFile(path=str(path), target="kind", standardize="robust", types=types, split_seed=1)
        raw = TableFile(path=str(path), target="kind", standardize=False, types=types, split_seed=1).splits
        size, rare = raw.train.x.double().numpy().T
        low, centre, high = np.percentile(size, [25, 50, 75])
        found = dataset.splits.test.x.numpy()
        expected = (raw.test.x.numpy()[:, 0] - centre) / (high - low)
        assert found[:, 0] == pytest.approx(expected, rel=1e-5)
        assert np.percentile(rare, [25, 75]).tolist() == [0, 0]  # so that half the whole range is the unit
        assert found[:, 1] == pytest.approx(2 * raw.test.x.numpy()[:, 1])
