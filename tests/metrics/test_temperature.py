"""The temperature is where SciPy finds the smallest penalised log loss, and near 1 for few rows."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_expit, logsumexp

from src.metrics.temperature import LEAST, MOST, PENALTY, fit_temperature


def by_scipy(losses, penalty=PENALTY):
    """The temperature with the smallest cost, sought from many places; `losses` gives each row's at a temperature."""
    best = min(
        (
            minimize_scalar(
                lambda u: losses(np.exp(u)).sum() + penalty * u**2,
                bounds=(low, low + 0.5),
                method="bounded",
                options={"xatol": 1e-10},
            )
            for low in np.arange(np.log(LEAST), np.log(MOST), 0.5)
        ),
        key=lambda found: found.fun,
    )
    return float(np.exp(best.x))


def yes_or_no(logits, y):
    return lambda t: -np.where(y == 1, log_expit(logits / t), log_expit(-logits / t))


@pytest.mark.parametrize("spread", [0.3, 1.0, 8.0, 60.0])
@pytest.mark.parametrize("rows", [5, 300])
def test_temperatures_are_scipys(spread, rows):
    stream = np.random.default_rng([rows, int(10 * spread)])
    logits = stream.normal(size=(rows, 4)) * spread
    y = np.array([stream.choice(4, p=np.exp(each - logsumexp(each))) for each in logits / spread * 2])
    own = fit_temperature(torch.from_numpy(logits), torch.from_numpy(y))
    expected = by_scipy(lambda t: logsumexp(logits / t, axis=1) - logits[np.arange(rows), y] / t)
    assert own == pytest.approx(expected, rel=1e-6)
    column, truth = logits[:, 0], (stream.uniform(size=rows) < expit(logits[:, 0] / spread * 2)).astype(int)
    own = fit_temperature(torch.from_numpy(column), torch.from_numpy(truth))
    assert own == pytest.approx(by_scipy(yes_or_no(column, truth)), rel=1e-6)
    labels = (stream.uniform(size=(rows, 4)) < expit(logits / spread * 2)).astype(int)
    own = fit_temperature(torch.from_numpy(logits), torch.from_numpy(labels))
    each = yes_or_no(logits, labels)
    assert own == pytest.approx(by_scipy(lambda t: each(t).mean(axis=1)), rel=1e-6)


def test_a_row_of_two_logits_says_what_their_difference_says():
    logits, y = torch.tensor([[0.0, 2.0], [1.0, 0.5], [3.0, -1.0], [0.2, 0.4]]), torch.tensor([1, 0, 1, 0])
    assert fit_temperature(logits, y) == pytest.approx(fit_temperature(logits[:, 1] - logits[:, 0], y), rel=1e-9)


@pytest.mark.parametrize("rows", [1, 10, 1000])
def test_rows_without_an_error_leave_the_temperature_near_one(rows):
    logits = torch.tensor([-9.0, 9.0]).repeat(rows)
    assert 0.9 < fit_temperature(logits, (logits > 0).long()) <= 1.0
    assert fit_temperature(logits, (logits > 0).long(), penalty=1e-9) < 0.5


def test_a_stronger_penalty_draws_towards_one():
    logits, y = torch.tensor([6.0, 6.0, 6.0, 6.0]), torch.tensor([1, 1, 1, 0])
    found = [fit_temperature(logits, y, penalty) for penalty in (0.01, 1.0, 100.0)]
    assert found[0] > found[1] > found[2] > 1


def test_logits_that_are_no_numbers_keep_one():
    assert fit_temperature(torch.tensor([1.0, float("nan")]), torch.tensor([1, 0])) == 1.0
