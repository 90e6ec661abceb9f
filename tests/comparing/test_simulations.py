"""A fast sample of the simulations that `make bench` runs in full."""

import pytest

from tests.benchmarks import bench_intervals
from tests.comparing.made import DRAWN


def test_the_corrected_interval_covers_the_truth_where_student_would_not(monkeypatch):
    monkeypatch.setattr(bench_intervals, "RESPLITS", (20,))
    (corrected,) = bench_intervals.resplits(100)
    monkeypatch.setattr(bench_intervals, "resplit", lambda numbers, ratio: bench_intervals.student(numbers))
    (uncorrected,) = bench_intervals.resplits(100)
    assert corrected.share >= 0.89  # 95 % less three Monte Carlo errors
    assert uncorrected.share < 0.8


@pytest.mark.parametrize("kind", bench_intervals.KINDS)
def test_false_claims_are_rare(kind):
    against, chosen = bench_intervals.false_claims(kind, 0.5, 4, 5, 60, DRAWN)
    assert against <= 8  # 5 % of 60 are 3, and three Monte Carlo errors are 5
    assert chosen <= against  # it is one of the differences to the reference, or sums them up


def test_a_share_that_misses_its_bounds_is_found():
    assert bench_intervals.Measured("", 0.06, 1000, 0, 0.05).kept
    assert not bench_intervals.Measured("", 0.07, 1000, 0, 0.05).kept
    assert not bench_intervals.Measured("", 0.90, 1000, 0.93, 0.97).kept
