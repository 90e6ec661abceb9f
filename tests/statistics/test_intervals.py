"""Intervals and tests compared with SciPy's, with numbers printed by R, and with their coverage in simulations."""

import math
import statistics

import numpy as np
import pytest
from scipy import stats

from src.statistics.differences import holm, of_means, of_shares, two_modes
from src.statistics.intervals import around, newcombe, resplit, score_range, student, wilson


@pytest.mark.parametrize("trials", [1, 2, 7, 30, 500, 10_000])
def test_wilson_is_scipys(trials):
    for successes in {0, 1, trials // 3, trials // 2, trials - 1, trials}:
        for level in (0.8, 0.95, 0.99):
            expected = stats.binomtest(successes, trials).proportion_ci(level, method="wilson")
            assert wilson(successes, trials, level) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_is_never_a_point_and_ends_at_the_edge_only_where_the_share_does():
    assert wilson(500, 500)[0] == pytest.approx(
        500 / (500 + 1.959963984540054**2), abs=1e-12
    )  # the formula at its edge
    assert wilson(500, 500)[1] == 1
    assert wilson(0, 500)[0] == 0
    assert wilson(0, 0) == (0, 1)


def test_newcombes_interval_is_as_in_his_paper():
    # Statistics in Medicine 17 (1998), table II, method 10: 56/70 − 48/80, 9/10 − 3/10 and 10/10 − 0/10
    for first, second, ends in (
        ((56, 70), (48, 80), (0.0524, 0.3339)),
        ((9, 10), (3, 10), (0.1705, 0.8090)),
        ((10, 10), (0, 10), (0.6075, 1.0)),
    ):
        assert newcombe(first, second) == pytest.approx(ends, abs=5e-5)


def test_students_interval_is_scipys():
    numbers = [0.91, 0.94, 0.90, 0.99, 0.95]
    low, high = stats.t.interval(0.95, 4, loc=statistics.fmean(numbers), scale=stats.sem(numbers))
    assert student(numbers) == pytest.approx((high - low) / 2)
    assert student([0.9]) is None


def test_resplits_widen_the_interval_as_nadeau_and_bengio_say():
    numbers = [0.91, 0.94, 0.90, 0.99, 0.95]
    assert resplit(numbers, 0.25) == pytest.approx(student(numbers) * math.sqrt((1 / 5 + 0.25) / (1 / 5)))
    many = [0.9, 1.0] * 500
    assert resplit(many, 0.25) > 0.5 * 1.96 * statistics.stdev(many)  # more splits do not make it vanish


def test_intervals_stay_within_the_range_of_a_score():
    assert around(0.98, 0.05, score_range("test/accuracy")) == (pytest.approx(0.93), 1)
    assert around(0.01, 0.05, score_range("test/log_loss")) == (0, pytest.approx(0.06))
    assert around(0.01, 0.05, score_range("val/lift")) == (pytest.approx(-0.04), pytest.approx(0.06))


@pytest.mark.parametrize("ratio", [0.0, 0.3])
def test_paired_differences_are_scipys(ratio):
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(2, 6))
    found = of_means(dict(enumerate(first)), dict(enumerate(second)), ratio)
    expected = stats.ttest_rel(first, second)
    if not ratio:
        ends = expected.confidence_interval()
        assert found.p == pytest.approx(expected.pvalue)
        assert found.ends == pytest.approx((ends.low, ends.high))
    else:
        assert found.p > expected.pvalue
    assert found.value == pytest.approx((first - second).mean())


def test_differences_without_a_shared_repetition_are_welchs():
    generator = np.random.default_rng(1)
    first, second = generator.normal(size=5), generator.normal(1, 3, size=8)
    found = of_means(dict(enumerate(first)), {f"other {i}": x for i, x in enumerate(second)})
    expected = stats.ttest_ind(first, second, equal_var=False)
    ends = expected.confidence_interval()
    assert (found.p, *found.ends) == pytest.approx((expected.pvalue, ends.low, ends.high))


def test_two_pairs_and_pairs_that_are_all_alike_have_no_interval():
    assert of_means({0: 0.9, 1: 0.8}, {0: 0.5, 1: 0.6})[1:] == (None, 1.0)
    alike = of_means(dict.fromkeys(range(6), 0.75), dict.fromkeys(range(6), 0.5))
    assert alike == (0.25, None, 2 * 0.5**6)  # six of six in one direction
    assert of_means(dict.fromkeys(range(6), 0.5), dict.fromkeys(range(6), 0.5))[1:] == (None, 1.0)


@pytest.mark.parametrize(("first", "second"), [((8, 8), (2, 8)), ((3, 5), (4, 9)), ((0, 4), (4, 4)), ((5, 5), (5, 5))])
def test_shares_are_tested_as_fisher_does(first, second):
    table = [[first[0], first[1] - first[0]], [second[0], second[1] - second[0]]]
    assert of_shares(first, second).p == pytest.approx(stats.fisher_exact(table).pvalue)


def test_holms_correction_step_by_step():
    assert holm([0.01, 0.02, 0.03, 0.04]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.04, 0.001]) == pytest.approx([0.04, 0.002])
    assert holm([0.6, 0.7]) == [1, 1]
    assert holm([]) == []


def test_two_modes_are_split_where_the_variance_within_is_least():
    def by_trying(numbers):
        ordered = sorted(numbers)
        tried = [
            sum(statistics.pvariance(part) * len(part) for part in (ordered[:i], ordered[i:]))
            for i in range(1, len(ordered))
        ]
        place = tried.index(min(tried)) + 1
        is_split = min(tried) < 0.05 * statistics.pvariance(ordered) * len(ordered)
        return (ordered[place - 1] + ordered[place]) / 2 if is_split else None

    generator = np.random.default_rng(5)
    found = set()
    for size in (4, 5, 9, 30) * 20:
        stuck = generator.random(size) < 0.3
        numbers = (generator.normal(0.99, 0.01, size) - 0.24 * stuck).tolist()
        found.add(by_trying(numbers) is None)
        assert two_modes(numbers) == by_trying(numbers)
    assert found == {True, False}


def test_solved_or_stuck_has_two_modes_and_normal_scores_seldom():
    generator = np.random.default_rng(0)
    assert two_modes([0.99, 0.75, 0.98, 0.99, 0.74, 0.99, 1.0, 0.76]) == pytest.approx(0.87)
    assert two_modes([0.95, 1.0, 1.0, 0.95], least_gap=0.1) is None
    assert sum(two_modes(list(row)) is not None for row in generator.normal(size=(300, 8))) <= 15
    assert all(two_modes(list(row)) is None for row in generator.normal(size=(300, 20)))


def test_t_covers_the_mean_of_normal_scores_as_often_as_stated():
    numbers = np.random.default_rng(0).normal(size=(2000, 5))
    covered = sum(abs(statistics.fmean(row)) <= student(row) for row in numbers.tolist())
    assert 0.935 <= covered / 2000 <= 0.965  # three Monte Carlo errors
