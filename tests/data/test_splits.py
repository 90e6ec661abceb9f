"""Sizes, noise and scaling of splits in delicate cases: rounding, constants and one-row splits."""

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.datasets import make_moons
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from src.data.base import InMemoryDataModule
from src.data.rows import Rows, Splits
from src.data.splitting import split_rows
from src.data.synthetic.blobs import Blobs
from src.data.synthetic.circles import Circles
from src.data.synthetic.gates import Gates
from src.data.synthetic.line import Line
from src.data.synthetic.moons import Moons
from src.data.synthetic.spirals import Spirals
from src.data.synthetic.xor import XOR
from src.errors import ConfigError


class WithConstantColumn(InMemoryDataModule):
    """Three columns: 7 everywhere, values near a million, and values near zero."""

    task = "binary"
    class_names = ("a", "b")

    def load(self):
        stream = np.random.RandomState(0)
        columns = [np.full(200, 7.0), 1e6 + 100 * stream.randn(200), 1e-3 * stream.randn(200)]
        rows = Rows(torch.from_numpy(np.stack(columns, axis=1)).float(), torch.arange(200) % 2)
        return Splits(rows, rows, rows)


@pytest.mark.parametrize("test_fraction", [0.1, 0.15, 0.2, 0.25, 0.3, 0.4])
@pytest.mark.parametrize("val_fraction", [0.05, 0.1, 0.2, 0.3])
def test_splits_have_the_shares_asked_for(test_fraction, val_fraction):
    splits = Moons(num_samples=1000, test_fraction=test_fraction, val_fraction=val_fraction).splits
    num_val, num_test = round(1000 * val_fraction), round(1000 * test_fraction)
    assert [len(rows.y) for rows in splits] == [1000 - num_val - num_test, num_val, num_test]


def test_training_rows_are_those_of_scikit_learn_when_there_are_two_splits():
    splits = Moons(num_samples=100, noise=0.3, seed=0, split_seed=13, val_fraction=0, stratify=False).splits
    x, y = make_moons(100, noise=0.3, random_state=0)
    train_x, _, train_y, _ = train_test_split(x, y, test_size=0.2, random_state=13)
    assert splits.train.x.numpy() == pytest.approx(train_x.astype(np.float32))
    assert splits.train.y.tolist() == train_y.tolist()


def test_stratified_split_is_that_of_scikit_learn():
    splits = Moons(num_samples=200, seed=4).splits
    x, y = make_moons(200, noise=0.2, random_state=4)
    _, test_x = train_test_split(x, test_size=0.2, random_state=4, stratify=y)
    assert splits.test.x.numpy() == pytest.approx(test_x.astype(np.float32))


def test_split_seed_moves_rows_between_splits_and_draws_the_same_ones():
    first, second = (Circles(num_samples=100, seed=1, split_seed=seed).splits for seed in (1, 2))
    assert not torch.equal(first.test.x, second.test.x)
    together = [sorted(torch.cat([rows.x for rows in splits]).tolist()) for splits in (first, second)]
    assert together[0] == together[1]


def test_splits_drawn_one_by_one_have_their_sizes_and_no_row_in_common():
    splits = XOR(num_train=70, num_val=30, num_test=20).splits
    assert [len(rows.y) for rows in splits] == [70, 30, 20]
    assert len(torch.cat([rows.x for rows in splits]).unique(dim=0)) == 120


def test_more_test_rows_leave_the_other_splits_as_they_were():
    few, many = (XOR(num_train=50, num_val=20, num_test=num_test).splits for num_test in (10, 500))
    assert torch.equal(few.train.x, many.train.x)
    assert torch.equal(few.val.x, many.val.x)


def test_standardized_columns_equal_scikit_learn_also_where_constant_large_or_small():
    raw = WithConstantColumn().splits.train.x.numpy()
    expected = StandardScaler().fit(raw.astype(np.float64)).transform(raw.astype(np.float64))
    assert WithConstantColumn(standardize=True).splits.train.x.numpy() == pytest.approx(expected, abs=2e-3)


def test_scaler_of_a_checkpoint_takes_the_place_of_the_fitted_one():
    source, other = (Moons(num_samples=100, seed=seed, standardize=True) for seed in (1, 2))
    raw = Moons(num_samples=100, seed=2).splits.test.x
    _ = source.splits, other.splits
    other.load_state_dict(source.state_dict())
    scaler = StandardScaler().fit(Moons(num_samples=100, seed=1).splits.train.x.numpy())
    assert other.splits.test.x.numpy() == pytest.approx(scaler.transform(raw.numpy()), abs=1e-5)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.333, 1.0])
@pytest.mark.parametrize("centers", [2, 5])
def test_label_noise_flips_exactly_its_share_to_another_class(share, centers):
    clean, noisy = (Blobs(num_samples=500, centers=centers, label_noise=noise).splits for noise in (0.0, share))
    assert (clean.train.y != noisy.train.y).sum() == round(share * len(clean.train.y))
    assert noisy.train.y.min() >= 0
    assert noisy.train.y.max() < centers


def test_label_noise_leaves_the_inputs_and_without_validation_rows_the_labels_that_validate():
    clean, noisy = (Moons(num_samples=100, val_fraction=0, label_noise=noise).splits for noise in (0.0, 0.3))
    assert torch.equal(clean.train.x, noisy.train.x)
    assert torch.equal(clean.val.y, noisy.val.y)


def test_label_noise_of_a_regression_is_refused_by_name():
    assert len(Line(num_samples=100).splits.train.y) == 70
    with pytest.raises((ConfigError, ValidationError), match="label_noise"):
        _ = Line(num_samples=100, label_noise=0.1).splits


@pytest.mark.parametrize("counts", [(1, 30, 30), (1, 1, 1, 40), (8,) * 50, (2, 2), (1, 1, 1), (1, 1, 1, 1), (2, 7)])
def test_every_row_has_one_split_however_rare_its_class_is(counts):
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    parts = split_rows(torch.arange(len(labels)), 0.2, 0.1, seed=3, labels=labels)
    assert sorted(torch.cat(parts).tolist()) == list(range(len(labels)))
    assert [len(part) for part in parts[1:]] == [max(1, round(0.1 * len(labels))), -(-len(labels) // 5)]
    if sum(counts) > 40:  # then the only row of a class is there to be learned
        rare = [label for label, count in enumerate(counts) if count == 1]
        assert set(rare) <= set(labels[parts[0]].tolist())


def test_split_without_rows_is_refused():
    with pytest.raises(ConfigError, match="the test split has no rows; draw more rows or change the fractions"):
        _ = Moons(num_samples=100, test_fraction=0).splits


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (Gates, {"gate": "nor"}),
        (Circles, {"num_samples": 100, "factor": 1.0}),
        (Circles, {"num_samples": 100, "noise": float("inf")}),
        (Moons, {"num_samples": 3}),
        (Moons, {"num_samples": 100, "test_fraction": 1.0}),
        (Blobs, {"num_samples": 100, "centers": 1}),
        (Spirals, {"num_samples": 100, "turns": 0}),
        (Line, {"num_samples": 100, "seed": -1}),
        (Line, {"num_samples": 100, "seed": 2**32}),
        (Moons, {"num_samples": 100, "steps_per_execution": "all"}),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else next(reversed(value)),
)
def test_value_outside_its_range_names_its_parameter(kind, settings):
    with pytest.raises(ValidationError) as caught:
        kind(**settings)
    assert next(reversed(settings)) in str(caught.value)


@pytest.mark.parametrize("centers", [2, 3])
def test_two_classes_are_a_binary_problem_and_more_are_not(centers):
    kinds = [Blobs(num_samples=100, centers=centers), Spirals(num_samples=100, arms=centers)]
    assert {datamodule.spec.task for datamodule in kinds} == {"binary" if centers == 2 else "multiclass"}
    assert [datamodule.spec.num_classes for datamodule in kinds] == [centers, centers]
