"""The synthetic datasets compared with scikit-learn's generators, splits and scaler."""

from functools import partial

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from sklearn.datasets import make_blobs, make_circles, make_moons
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from src.data.synthetic.blobs import Blobs
from src.data.synthetic.circles import Circles
from src.data.synthetic.gates import Gates
from src.data.synthetic.gaussian import Gaussian
from src.data.synthetic.line import Line
from src.data.synthetic.moons import Moons
from src.data.synthetic.spirals import Spirals
from src.data.synthetic.xor import XOR
from src.errors import ConfigError

BY_SPLIT = {"num_train": 60, "num_val": 30, "num_test": 20}
MAKERS = {
    "gates": lambda seed=0: Gates(gate="and", seed=seed),
    "xor": lambda seed=0: XOR(**BY_SPLIT, seed=seed),
    "gaussian": lambda seed=0: Gaussian(**BY_SPLIT, seed=seed),
    "circles": lambda seed=0: Circles(num_samples=100, seed=seed),
    "moons": lambda seed=0: Moons(num_samples=100, seed=seed),
    "blobs": lambda seed=0: Blobs(num_samples=100, seed=seed),
    "spirals": lambda seed=0: Spirals(num_samples=100, seed=seed),
    "line": lambda seed=0: Line(num_samples=100, seed=seed),
}


@pytest.mark.parametrize("name", MAKERS)
def test_rows_have_the_shapes_and_types_that_the_spec_promises(name):
    datamodule = MAKERS[name]()
    spec = datamodule.spec
    for rows in datamodule.splits:
        assert rows.x.shape == (len(rows.y), *spec.input_shape)
        assert rows.x.dtype == torch.float32
        assert rows.y.dtype == (torch.float32 if spec.task == "regression" else torch.int64)
        assert spec.task == "regression" or set(rows.y.tolist()) <= set(range(spec.num_classes))
    assert sum(spec.class_counts) in (0, len(datamodule.splits.train.y))
    assert len(spec.feature_names) == spec.num_inputs


@pytest.mark.parametrize("name", sorted(MAKERS.keys() - {"gates"}))
def test_the_seed_makes_the_rows(name):
    same, again, other = (MAKERS[name](seed).splits for seed in (1, 1, 2))
    for first, second, third in zip(same, again, other, strict=True):
        assert torch.equal(first.x, second.x)
        assert torch.equal(first.y, second.y)
        assert not torch.equal(first.x, third.x)


@pytest.mark.parametrize(
    ("kind", "settings", "generate"),
    [
        (Circles, {"noise": 0.05}, partial(make_circles, noise=0.05, factor=0.8)),
        (Moons, {"noise": 0.3}, partial(make_moons, noise=0.3)),
        (Blobs, {"noise": 1.5}, partial(make_blobs, centers=4, cluster_std=1.5)),
    ],
)
def test_rows_and_split_are_those_of_scikit_learn(kind, settings, generate):
    datamodule = kind(num_samples=200, seed=42, split_seed=7, stratify=False, **settings)
    drawn = generate(200, random_state=42)
    _, test_x, _, test_y = train_test_split(*drawn, test_size=0.2, random_state=7)
    assert datamodule.splits.test.x.numpy() == pytest.approx(test_x.astype(np.float32))
    assert datamodule.splits.test.y.tolist() == test_y.tolist()
    assert [len(rows.x) for rows in datamodule.splits] == [140, 20, 40]


def test_stratified_splits_keep_the_shares_of_the_classes():
    for rows in Blobs(num_samples=400, test_fraction=0.25, val_fraction=0.25).splits:
        assert torch.bincount(rows.y).tolist() == [len(rows.y) // 4] * 4


def test_no_row_is_in_two_splits():
    rows = torch.cat([rows.x for rows in Moons(num_samples=300).splits])
    assert len(rows.unique(dim=0)) == 300


def test_without_validation_rows_training_rows_validate():
    train, val, test = Moons(num_samples=100, val_fraction=0).splits
    assert torch.equal(train.x, val.x)
    assert (len(train.x), len(test.x)) == (80, 20)


def test_standardized_rows_are_those_of_a_scaler_fitted_on_the_training_rows():
    plain, standardized = (Moons(num_samples=100, standardize=on).splits for on in (False, True))
    scaler = StandardScaler().fit(plain.train.x.numpy())
    for before, after in zip(plain, standardized, strict=True):
        assert after.x.numpy() == pytest.approx(scaler.transform(before.x.numpy()), abs=1e-5)


def test_label_noise_changes_its_share_of_the_training_labels_alone():
    clean, noisy = (Blobs(num_samples=1000, label_noise=share).splits for share in (0.0, 0.1))
    assert (clean.train.y != noisy.train.y).sum() == round(0.1 * len(clean.train.y))
    assert torch.equal(clean.val.y, noisy.val.y)
    assert torch.equal(clean.test.y, noisy.test.y)
    assert set(noisy.train.y.tolist()) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("gate", "outputs"),
    [("and", [0, 0, 0, 1]), ("or", [0, 1, 1, 1]), ("nand", [1, 1, 1, 0]), ("xor", [0, 1, 1, 0])],
)
def test_gates_are_their_truth_tables(gate, outputs):
    for rows in Gates(gate=gate).splits:
        assert rows.x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert rows.y.tolist() == outputs


def test_noiseless_xor_is_the_truth_table():
    x, y = XOR(**BY_SPLIT, noise=0).splits.train
    assert torch.equal(x[:, 0].long() ^ x[:, 1].long(), y)


def test_noise_is_a_standard_deviation():
    x, _ = XOR(num_train=20000, num_val=10, num_test=10, noise=0.1).splits.train
    assert (x - x.round()).std().item() == pytest.approx(0.1, rel=0.02)
    x, y = Gaussian(num_train=20000, num_val=10, num_test=10, noise=1.5).splits.train
    assert x[y == 1].mean(dim=0).tolist() == pytest.approx([2, 2], abs=0.05)
    assert x[y == 1].std(dim=0).tolist() == pytest.approx([1.5, 1.5], rel=0.03)


def test_line_draws_what_numpy_draws_after_its_seed():
    np.random.seed(42)
    x = np.random.rand(100)
    y = 1 + 2 * x + 0.1 * np.random.randn(100)
    rows = Line(num_samples=100, seed=42, test_fraction=0, val_fraction=0).draw(100, 42)
    assert rows.x[:, 0].numpy() == pytest.approx(x)
    assert rows.y.numpy() == pytest.approx(y)


def test_spirals_without_noise_turn_with_their_radius():
    x, y = Spirals(num_samples=300, arms=3, turns=0.5, noise=0).draw(300, 0)
    radius, angle = x.norm(dim=1), torch.atan2(x[:, 0], x[:, 1])
    expected = 2 * torch.pi * (0.5 * radius + y / 3)
    turns = (angle - expected)[1:] / (2 * torch.pi)
    assert (turns - turns.round()).abs().max() < 1e-4


@pytest.mark.parametrize("bad", [{"noise": -1}, {"num_train": 0}, {"batch_size": 0}, {"label_noise": 2}, {"nois": 1}])
def test_values_that_break_a_rule_are_refused(bad):
    XOR(**BY_SPLIT)
    with pytest.raises(ValidationError, match=next(iter(bad))):
        XOR(**{**BY_SPLIT, **bad})


def test_fractions_that_leave_nothing_to_train_on_are_refused():
    with pytest.raises(ConfigError, match=r"must leave rows to train on \(got 0.5 \+ 0.5\)"):
        Moons(num_samples=100, test_fraction=0.5, val_fraction=0.5)
