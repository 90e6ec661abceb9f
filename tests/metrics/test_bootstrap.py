"""Resampled scores are the scores of the resampled rows, and their intervals cover the truth."""

import math

import pytest
import torch

from src.metrics.bootstrap import Statistics, affordable, draws, intervals
from src.metrics.scores import overall_scores


def rows(task, num_rows=60, seed=0, ties=False):
    generator = torch.Generator().manual_seed(seed)
    num_outputs = {"binary": 2, "multiclass": 4, "multilabel": 3}[task]
    logits = torch.randn(num_rows, num_outputs, generator=generator)
    if task == "multilabel":
        y = torch.randint(2, (num_rows, num_outputs), generator=generator)
        p = (logits + y).sigmoid()
        p = (p * 4).round() / 4 if ties else p
        return p, (p > 0.5).long(), y
    y = torch.randint(num_outputs, (num_rows,), generator=generator)
    p = (logits + torch.nn.functional.one_hot(y, num_outputs)).softmax(dim=1)
    if ties:
        p = (p * 4).round() + 0.25
        p = p / p.sum(dim=1, keepdim=True)
    return p, p.argmax(dim=1), y


def without_calibration(scores):
    return {name: score for name, score in scores.items() if name != "calibration_error"}


TASKS = ["binary", "multiclass", "multilabel"]


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_a_weight_of_one_each_gives_the_overall_scores(task, ties):
    tensors = rows(task, ties=ties)
    found = {name: float(value) for name, value in Statistics(task, *tensors)(torch.ones(1, 60)).items()}
    assert found == pytest.approx(without_calibration(overall_scores(task, *tensors)), abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("num_rows", [8, 60])  # of 8 rows, classes go missing
@pytest.mark.parametrize("task", TASKS)
def test_weights_are_how_often_a_row_is_repeated(task, num_rows, ties):
    tensors = rows(task, num_rows, ties=ties)
    weights = torch.randint(3, (6, num_rows), generator=torch.Generator().manual_seed(1))
    found = Statistics(task, *tensors)(weights.float())
    for resample, times in enumerate(weights):
        expected = overall_scores(task, *(tensor.repeat_interleave(times, dim=0) for tensor in tensors))
        one = {name: float(values[resample]) for name, values in found.items()}
        assert one == pytest.approx(without_calibration(expected), abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("task", TASKS)
def test_intervals_hold_the_scores_and_widen_with_the_level(task):
    tensors = rows(task, 300)
    scores = without_calibration(overall_scores(task, *tensors))
    narrow, wide = (intervals(task, *tensors, resamples=400, level=level) for level in (0.8, 0.99))
    assert set(narrow) == set(scores)
    for name, score in scores.items():
        assert wide[name][0] < narrow[name][0] < score < narrow[name][1] < wide[name][1], name


def test_the_same_seed_gives_the_same_intervals_and_another_others():
    tensors = rows("multiclass")
    first, again, other = (intervals("multiclass", *tensors, resamples=50, seed=seed) for seed in (3, 3, 4))
    assert first == again
    assert first != other


def test_the_interval_of_an_accuracy_is_as_wide_as_the_binomial_says():
    y = torch.ones(2000, dtype=torch.long)
    predictions = (torch.arange(2000) < 1600).long()
    low, high = intervals("binary", torch.full((2000, 2), 0.5), predictions, y)["accuracy"]
    half = 1.96 * math.sqrt(0.8 * 0.2 / 2000)
    assert (low, high) == (pytest.approx(0.8 - half, abs=0.003), pytest.approx(0.8 + half, abs=0.003))


def test_intervals_cover_the_true_accuracy_as_often_as_stated():
    generator = torch.Generator().manual_seed(0)
    y, p, covered = torch.ones(150, dtype=torch.long), torch.full((150, 2), 0.5), 0
    for seed in range(200):
        predictions = (torch.rand(150, generator=generator) < 0.7).long()
        low, high = intervals("binary", p, predictions, y, resamples=200, seed=seed, level=0.9)["accuracy"]
        covered += low <= 0.7 <= high
    assert 0.83 <= covered / 200 <= 0.96  # three standard deviations of 200 draws about 0.9


def test_what_no_resample_defines_is_nan():
    one = torch.tensor([1])
    ends = intervals("binary", torch.tensor([[0.2, 0.8]]), one, one, resamples=20)
    assert all(math.isnan(end) for end in ends["roc_auc"])
    assert ends["accuracy"] == (1, 1)


def test_resamples_that_leave_a_score_undefined_are_left_out():
    y = torch.tensor([0, 1])  # half of all resamples have one class only
    ends = intervals("binary", torch.tensor([[0.8, 0.2], [0.2, 0.8]]), y, y, resamples=50)
    assert ends["roc_auc"] == (1, 1)


def test_results_do_not_depend_on_the_chunks(monkeypatch):
    tensors = rows("multiclass")
    whole = intervals("multiclass", *tensors, resamples=50)
    monkeypatch.setattr("src.metrics.bootstrap._CHUNK", 7 * 60)
    parts = intervals("multiclass", *tensors, resamples=50)
    for name, ends in whole.items():
        assert parts[name] == pytest.approx(ends, abs=1e-12)


def test_many_rows_are_resampled_less_often_but_never_fewer_than_200_times(monkeypatch):
    monkeypatch.setattr("src.metrics.bootstrap._MANY_ROWS", 20)
    drawn = [sum(len(weights) for weights in draws(rows, times, seed=0)) for rows, times in ((20, 900), (40, 900))]
    assert drawn == [900, 450]
    assert [affordable(1000, resamples) for resamples in (900, 50)] == [200, 50]
