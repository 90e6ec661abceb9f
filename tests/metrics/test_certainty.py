"""Intervals of a test set's scores: SciPy's if a closed form exists, never a point at the edge."""

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics

from src.metrics.bootstrap import draws
from src.metrics.certainty import error_intervals, score_intervals
from tests.metrics.test_bootstrap import TASKS, rows


def wilsons(successes, trials):
    return tuple(stats.binomtest(int(successes), int(trials)).proportion_ci(method="wilson"))


def test_shares_of_a_binary_task_are_scipys():
    p, labels, y = rows("binary", 80)
    ends = score_intervals("binary", p, labels, y, resamples=20)
    hits = ((labels == 1) & (y == 1)).sum()
    assert ends["accuracy"] == pytest.approx(wilsons((labels == y).sum(), 80), abs=1e-9)
    assert ends["recall"] == pytest.approx(wilsons(hits, (y == 1).sum()), abs=1e-9)
    assert ends["precision"] == pytest.approx(wilsons(hits, (labels == 1).sum()), abs=1e-9)


def test_accuracy_of_classes_and_of_whole_rows_of_labels_are_shares():
    p, labels, y = rows("multiclass", 80)
    assert score_intervals("multiclass", p, labels, y, resamples=20)["accuracy"] == pytest.approx(
        wilsons((labels == y).sum(), 80), abs=1e-9
    )
    p, labels, y = rows("multilabel", 80)
    assert score_intervals("multilabel", p, labels, y, resamples=20)["subset_accuracy"] == pytest.approx(
        wilsons((labels == y).all(dim=1).sum(), 80), abs=1e-9
    )


@pytest.mark.parametrize("task", TASKS)
def test_all_right_is_no_certainty(task):
    num_outputs = {"binary": 2, "multiclass": 3, "multilabel": 3}[task]
    y = torch.arange(60) % num_outputs
    if task == "multilabel":
        y = torch.nn.functional.one_hot(y, 3)
    p = y.double() if task == "multilabel" else torch.eye(num_outputs, dtype=torch.float64)[y]
    ends = score_intervals(task, p, y, y, resamples=30)
    assert "log_loss" not in ends  # 0 in each resample, and nothing bounds it above
    assert ends["brier"][0] == 0 < ends["brier"][1] < 0.4
    better = {name: pair for name, pair in ends.items() if name != "brier"}
    assert {"accuracy", "precision", "recall", "f1", "roc_auc", "average_precision"} <= set(better)
    assert all(0.6 < low < high == 1 for low, high in better.values())


def test_a_score_that_is_the_same_in_all_resamples_but_not_at_its_edge_has_no_interval():
    y = torch.tensor([0, 1]).repeat(30)
    ends = score_intervals("binary", torch.full((60, 2), 0.5), torch.ones_like(y), y, resamples=30)
    assert {"mcc", "kappa", "balanced_accuracy", "brier", "log_loss"}.isdisjoint(ends)  # 0, 0, 1/2, 1/4 and log 2
    assert ends["accuracy"] == pytest.approx(wilsons(30, 60), abs=1e-9)


def test_intervals_of_a_small_test_set_cover_its_accuracy_as_often_as_stated():
    """The percentile bootstrap of 30 rows covers 0.95 in 78 of 100."""
    generator, covered = np.random.default_rng(0), 0
    y, p = torch.ones(30, dtype=torch.long), torch.full((30, 2), 0.5)
    for _ in range(300):
        labels = torch.from_numpy(generator.random(30) < 0.95).long()
        low, high = score_intervals("binary", p, labels, y, resamples=2)["accuracy"]
        covered += low <= 0.95 <= high
    assert covered / 300 >= 0.9


def test_intervals_of_errors_are_the_quantiles_of_resampled_scores():
    generator = torch.Generator().manual_seed(0)
    y = 1000 + torch.randn(50, generator=generator)  # far from 0: a spread that must not be lost to rounding
    predictions = y + torch.randn(50, generator=generator) / 2
    ends = error_intervals(predictions, y, resamples=40, seed=1)
    resampled = []
    for times in torch.cat(list(draws(50, 40, seed=1))).long():
        true, guess = (values.double().repeat_interleave(times).numpy() for values in (y, predictions))
        r2, mae = metrics.r2_score(true, guess), metrics.mean_absolute_error(true, guess)
        resampled.append([r2, mae, metrics.root_mean_squared_error(true, guess)])
    expected = np.quantile(resampled, [0.025, 0.975], axis=0).T
    for name, pair in zip(("r2", "mae", "rmse"), expected, strict=True):
        assert ends[name] == pytest.approx(pair, rel=1e-9)


def test_errors_without_a_spread_have_no_interval():
    y = torch.ones(6)
    assert error_intervals(y, y, resamples=10) == {}
