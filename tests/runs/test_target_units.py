"""A numeric target is learned in a unit of its own size and reported in its own units."""

import numpy as np
import pytest
from omegaconf import OmegaConf

from src.runs.opening import open_run
from src.runs.prediction import predict
from tests.runs.test_prediction import FAST, read_csv, settings, write_csv

WORDS = ("data=csv", "data.target=price", "data.task=regression", "head=regression", "network.hidden_dims=[]", *FAST)


@pytest.fixture(scope="module")
def houses(tmp_path_factory):
    stream = np.random.default_rng(0)
    rooms = stream.uniform(1, 6, 120).round(2)
    prices = [f"${price:,.0f}" for price in 109_000 + 30_000 * rooms + 500 * stream.standard_normal(120)]
    return write_csv(tmp_path_factory.mktemp("houses") / "rows.csv", {"rooms": rooms, "price": prices})


@pytest.fixture
def run(train, houses):
    return train(*WORDS, f"data.path={houses}", "optimizer.lr=0.1", "trainer.max_epochs=40")


def test_a_price_is_learned_as_least_squares_would_and_told_in_its_units(run, tmp_path):
    assert run.metrics["test/r2"] > 0.999
    assert run.metrics["test/rmse"] < 1_000  # of a noise of 500
    spec = open_run(run.folder).spec
    assert (spec.target_unit, spec.target_centre % spec.target_unit) == (2**15, 0)
    assert 2**15 / 1.5 < 30_000 * np.std(np.random.default_rng(0).uniform(1, 6, 120)) < 2**15 * 1.5
    predict(settings(run.folder, write_csv(tmp_path / "new.csv", {"rooms": [1, 6]})))
    low, high = (float(row["predicted"]) for row in read_csv(tmp_path / "new_predicted.csv"))
    assert (low, high) == (pytest.approx(139_000, rel=0.02), pytest.approx(289_000, rel=0.02))


def test_the_line_that_is_printed_is_in_its_units_too(run):
    constant, slope = run.summary().split("line: y = ")[1].split("·rooms")[0].split(" + ")
    rooms = np.random.default_rng(0).uniform(1, 6, 120).round(2)
    assert float(slope) == pytest.approx(30_000 * rooms.std(), rel=0.1)
    assert float(constant) == pytest.approx(109_000 + 30_000 * rooms.mean(), rel=0.1)


def test_a_run_that_does_not_standardise_learns_in_the_targets_units(train, houses):
    run = train(*WORDS, f"data.path={houses}", "data.standardize=false", "trainer.max_epochs=1", "optimizer.lr=1e-12")
    spec = run.parts.head.spec
    assert (spec.target_centre, spec.target_unit) == (0, 1)
    assert OmegaConf.select(run.cfg, "data.standardize") is False
