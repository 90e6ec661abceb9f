"""Differences on the same rows: published numbers, NumPy's results, and the coverage of the interval."""

import numpy as np
import pytest
import torch

from src.metrics.bootstrap import Statistics, draws
from src.metrics.errors import ErrorStatistics
from src.metrics.paired import score_difference, share_difference
from src.statistics.intervals import newcombe, newcombe_paired


@pytest.mark.parametrize(
    ("table", "expected"),  # of Newcombe's paper and of Fagerland, Lydersen and Laake's book
    [((36, 12, 2, 0), (0.0569, 0.3404)), ((1, 1, 7, 12), (-0.5069, -0.0256))],
)
def test_the_paired_interval_is_the_published_one(table, expected):
    assert newcombe_paired(*table) == pytest.approx(expected, abs=1e-4)
    both, first, second, neither = table
    assert newcombe_paired(both, second, first, neither) == pytest.approx(
        [-end for end in reversed(expected)], abs=1e-4
    )


def test_without_correlation_it_is_the_interval_of_two_samples():
    assert newcombe_paired(25, 25, 25, 25) == pytest.approx(newcombe((50, 100), (50, 100)))
    assert newcombe_paired(100, 0, 0, 0) == pytest.approx(newcombe((100, 100), (100, 100)))


@pytest.mark.parametrize("chances", [(0.80, 0.10, 0.05, 0.05), (0.5, 0.2, 0.1, 0.2), (0.92, 0.03, 0.03, 0.02)])
def test_it_holds_the_truth_about_as_often_as_it_says(chances):
    stream = np.random.default_rng(0)
    tables = stream.multinomial(100, chances, size=2000)
    truth = chances[1] - chances[2]
    held = np.mean([low <= truth <= high for low, high in (newcombe_paired(*map(int, table)) for table in tables)])
    assert 0.94 <= held <= 0.985


def test_shares_are_counted_on_the_same_rows():
    first, second = torch.tensor([1, 1, 1, 0, 0]).bool(), torch.tensor([1, 0, 1, 1, 0]).bool()
    assert share_difference(first, second) == (0.0, newcombe_paired(2, 1, 1, 1))
    difference, (low, high) = share_difference(torch.ones(50).bool(), torch.ones(50).bool())
    assert (difference, low < 0 < high) == (0.0, True)  # never a point


def test_scores_are_resampled_together():
    stream = torch.Generator().manual_seed(0)
    y = torch.randn(40, generator=stream)
    one, other = y + 0.1 * torch.randn(40, generator=stream), y + 0.5 * torch.randn(40, generator=stream)
    value, ends = score_difference(ErrorStatistics(one, y), ErrorStatistics(other, y), "mae", 40, 300, seed=4)
    gaps = ((one - y).abs() - (other - y).abs()).double()
    assert value == pytest.approx(gaps.mean().item())
    weights = torch.cat(list(draws(40, 300, 4))).double()
    assert ends == pytest.approx(np.quantile((weights @ gaps / 40).numpy(), [0.025, 0.975]), abs=1e-9)
    y = (y > 0).long()
    p = torch.stack([1 - one.sigmoid(), one.sigmoid()], dim=1)
    same = Statistics("binary", p, p.argmax(dim=1), y)
    assert score_difference(same, same, "f1", 40, 50) == (0.0, None)
    assert score_difference(same, same, "f1", 40, 0) == (0.0, None)
