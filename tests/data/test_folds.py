"""Folds and groups: scikit-learn's splitters by hand, each row tested once, whole groups, nothing fitted to tests."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits, load_iris, make_moons
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

from src.data.image.digits import Digits
from src.data.synthetic.gates import Gates
from src.data.synthetic.line import Line
from src.data.synthetic.moons import Moons
from src.data.synthetic.xor import XOR
from src.data.tabular.bundled import BundledTable
from src.data.tabular.file import TableFile
from src.errors import ConfigError

FOLDS = 5
MARKED = {"number": "8e8", "missing number": "", "new category": "violet", "missing category": ""}


def visits(path, num_patients=12, each=6, classes=("well", "sick"), target=None):
    """A table of patients with several visits each; most patients have one diagnosis only."""
    stream = np.random.RandomState(0)
    lines = ["patient,age,colour,answer"]
    for patient in range(num_patients):
        for _ in range(each):
            kind = classes[(patient + (stream.rand() < 0.1)) % len(classes)] if target is None else target(stream)
            lines.append(
                f"p{patient:02d},{40 + 10 * stream.randn():.2f},{'red' if stream.rand() < 0.5 else 'blue'},{kind}"
            )
    path.write_text("\n".join(lines) + "\n")
    return path


def table(path, **settings):
    return TableFile(path=str(path), target="answer", group="patient", **settings)


def places(data, split):
    _ = data.splits
    return data.identity.places[split].tolist()


def every_fold(make):
    return [make(folds=FOLDS, fold=fold) for fold in range(FOLDS)]


def test_folds_of_a_table_are_those_of_scikit_learn_and_validation_rows_come_off_the_rest():
    x, y = load_iris(return_X_y=True)
    by_hand = StratifiedKFold(FOLDS, shuffle=True, random_state=42).split(x, y)
    for data, (rest, test) in zip(
        every_fold(lambda **fold: BundledTable(name="iris", seed=42, **fold)), by_hand, strict=True
    ):
        train, val = train_test_split(rest, test_size=15, random_state=42, stratify=y[rest])
        assert [places(data, split) for split in ("train", "val", "test")] == [list(train), list(val), list(test)]
        assert data.splits.test.y.bincount().tolist() == [10, 10, 10]


def test_folds_of_drawn_rows_of_images_and_of_a_regression_are_those_of_scikit_learn():
    x, y = make_moons(103, noise=0.2, random_state=4)
    by_hand = StratifiedKFold(FOLDS, shuffle=True, random_state=4).split(x, y)
    for data, (_, test) in zip(every_fold(lambda **fold: Moons(num_samples=103, seed=4, **fold)), by_hand, strict=True):
        assert data.splits.test.x.numpy() == pytest.approx(x[test].astype(np.float32))
    digits = load_digits()
    by_hand = StratifiedKFold(FOLDS, shuffle=True, random_state=0).split(digits.data, digits.target)
    for data, (_, test) in zip(every_fold(Digits), by_hand, strict=True):
        pixels = data.splits.test.x.flatten(1).numpy()
        assert pixels == pytest.approx((digits.data[test] * 255 / 16).round())
    by_hand = KFold(FOLDS, shuffle=True, random_state=3).split(np.zeros(52))
    whole = Line(num_samples=52, seed=3).draw(52, 3)
    for data, (_, test) in zip(every_fold(lambda **fold: Line(num_samples=52, seed=3, **fold)), by_hand, strict=True):
        assert torch.equal(data.splits.test.y, whole.y[torch.from_numpy(test)])


@pytest.mark.parametrize("split_seed", [0, 9])
def test_each_row_is_tested_once_and_another_split_seed_is_another_repetition(split_seed):
    folds = every_fold(lambda **fold: BundledTable(name="wine", split_seed=split_seed, **fold))
    tested = [row for data in folds for row in places(data, "test")]
    assert sorted(tested) == list(range(178))
    for data in folds:
        assert not set(places(data, "test")) & {*places(data, "train"), *places(data, "val")}
    other = BundledTable(name="wine", split_seed=split_seed + 1, folds=FOLDS, fold=0)
    assert places(other, "test") != places(folds[0], "test")


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_groups_stay_whole_in_folds_as_scikit_learn_has_them(tmp_path, task):
    target = None if task == "classification" else (lambda stream: f"{stream.randn():.3f}")
    path = visits(tmp_path / "visits.csv", target=target)
    lines = [line.split(",") for line in path.read_text().splitlines()[1:]]
    groups, answers = np.array([line[0] for line in lines]), np.array([line[3] for line in lines])
    kind = StratifiedGroupKFold if task == "classification" else GroupKFold
    by_hand = kind(FOLDS, shuffle=True, random_state=1).split(groups, answers, groups)
    tested = []
    for data, (_, test) in zip(every_fold(lambda **fold: table(path, seed=1, task=task, **fold)), by_hand, strict=True):
        assert places(data, "test") == list(test)
        parts = [set(groups[places(data, split)]) for split in ("train", "val", "test")]
        assert sum(map(len, parts)) == len(set.union(*parts)) == 12
        assert "patient" not in " ".join(data.spec.feature_names)
        tested += places(data, "test")
    assert sorted(tested) == list(range(len(lines)))


@pytest.mark.parametrize(("test_fraction", "val_fraction"), [(0.2, 0.1), (0.3, 0.25), (0.5, 0.0)])
def test_groups_stay_whole_without_folds_and_splits_have_about_their_sizes_and_shares(
    tmp_path, test_fraction, val_fraction
):
    path = visits(tmp_path / "visits.csv", num_patients=60)
    data = table(path, test_fraction=test_fraction, val_fraction=val_fraction)
    groups = [line.split(",")[0] for line in path.read_text().splitlines()[1:]]
    parts = [{groups[row] for row in places(data, split)} for split in ("train", "val", "test")]
    assert not parts[2] & (parts[0] | parts[1])
    assert parts[0] == parts[1] if val_fraction == 0 else not parts[0] & parts[1]
    assert len(data.splits.test.y) / len(groups) == pytest.approx(test_fraction, abs=0.05)
    if val_fraction:
        assert len(data.splits.val.y) / len(groups) == pytest.approx(val_fraction, abs=0.05)
    shares = [float(rows.y.float().mean()) for rows in data.splits]
    assert max(shares) - min(shares) < 0.15
    assert places(data, "test") != places(table(path, test_fraction=test_fraction, seed=1), "test")


@pytest.mark.parametrize("types", [None, "auto"])
@pytest.mark.parametrize("fold", range(FOLDS))
def test_nothing_is_fitted_on_the_rows_of_the_fold_that_is_tested(tmp_path, fold, types):
    """Markers planted in test rows do not change scaler, filling, categories or columns."""
    path = visits(tmp_path / "visits.csv")
    clean = table(path, folds=FOLDS, fold=fold, types=types)
    header, *lines = path.read_text().splitlines()
    cells = [line.split(",") for line in lines]
    for (kind, marker), row in zip(MARKED.items(), places(clean, "test"), strict=False):
        cells[row][1 if "number" in kind else 2] = marker
    marked_path = tmp_path / "marked.csv"
    marked_path.write_text("\n".join([header, *map(",".join, cells)]) + "\n")
    marked = table(marked_path, folds=FOLDS, fold=fold, types=types)
    assert places(marked, "test") == places(clean, "test")
    assert marked.spec.feature_names == clean.spec.feature_names
    for name, value in clean.scaler.named_buffers():
        assert torch.equal(marked.scaler.get_buffer(name), value)
    assert marked.encoder == clean.encoder
    assert torch.equal(marked.splits.train.x, clean.splits.train.x)
    assert not torch.equal(marked.splits.test.x, clean.splits.test.x)


def test_given_splits_are_obeyed_where_groups_are_whole_in_them_and_refused_where_not(tmp_path):
    lines = [f"g{row // 5},{row},{'test' if row >= 40 else 'train'},{row % 2}" for row in range(60)]
    path = tmp_path / "rows.csv"
    path.write_text("\n".join(["group,a,part,answer", *lines]) + "\n")
    data = TableFile(path=str(path), target="answer", split_column="part", group="group")
    assert places(data, "test") == list(range(40, 60))
    assert not {row // 5 for row in places(data, "train")} & {row // 5 for row in places(data, "val")}
    path.write_text(path.read_text().replace("g7,39,train", "g8,39,train"))
    with pytest.raises(ConfigError, match=r"rows 40 and 41 of .* are in one group, but .* in train and test; fix it"):
        _ = TableFile(path=str(path), target="answer", split_column="part", group="group").splits


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BundledTable(name="iris", fold=0), r"data.fold: needs the number of folds \(got data.fold=0 alone\)"),
        (lambda: BundledTable(name="iris", folds=5), r"data.folds: needs the fold .* -m 'data.fold=range\(0,5\)'"),
        (lambda: BundledTable(name="iris", folds=5, fold=5), r"data.fold: should be from 0 to 4 .*\(got 5\)"),
        (lambda: BundledTable(name="iris", folds=2, fold=0, val_fraction=0.5), r"data.val_fraction: one of 2 folds"),
        (lambda: BundledTable(name="iris", folds=51, fold=0).splits, r"data.folds: class setosa has 50 rows.*got 51"),
        (lambda: Line(num_samples=20, folds=21, fold=0).splits, r"data.folds: there are 20 rows \(got 21 folds\)"),
        (lambda: XOR(num_train=9, num_val=9, num_test=9, folds=5, fold=0), r"data.folds: XOR already has a test split"),
        (lambda: Gates(gate="and", folds=5, fold=0), r"data.folds: Gates already has a test split"),
    ],
)
def test_folds_that_cannot_be_are_refused(make, message):
    with pytest.raises(ConfigError, match=message):
        make()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"folds": 13, "fold": 0}, r"data.folds: there are 12 groups, but groups are not divided \(got 13\); lower it"),
        ({"folds": 5, "fold": 0, "split_column": "colour"}, r"data.folds: data.split_column=colour already says"),
        ({"group": "patients"}, r"data.group: .*has no column 'patients'; did you mean patient\?"),
        ({"group": "answer"}, r"data.group: answer is the target"),
        ({"group": "clinic"}, r"data.group: all 72 rows of .* are in one group \(got 'north'\), so none is left"),
        ({"group": "ward"}, r"data.group: .* has no group in row 2; fill it in"),
        (
            {"test_fraction": 0.5, "group": "half"},
            r"data.group: only one group is left for the validation and training splits",
        ),
    ],
)
def test_groups_that_cannot_be_are_refused(tmp_path, settings, message):
    header, *lines = visits(tmp_path / "visits.csv").read_text().splitlines()
    lines = [f"{line},north,{'' if row == 1 else row},{row % 2}" for row, line in enumerate(lines)]
    (tmp_path / "visits.csv").write_text("\n".join([f"{header},clinic,ward,half", *lines]) + "\n")
    with pytest.raises(ConfigError, match=message):
        _ = TableFile(
            **{"path": str(tmp_path / "visits.csv"), "target": "answer", "group": "patient"} | settings
        ).splits
