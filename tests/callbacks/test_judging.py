"""The rules of the best epoch and of early stopping, compared with Lightning's own callback and with values by hand."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lightning.pytorch import callbacks
from lightning.pytorch.trainer.states import TrainerFn

from src.callbacks.early_stopping import EarlyStopping
from src.callbacks.judging import Best, BestRule, StopRule, Wait, worst

SETTINGS = [
    {"patience": 3},
    {"patience": 3, "mode": "max"},
    {"patience": 2, "min_delta": 0.2},
    {"patience": 2, "min_delta": 0.2, "mode": "max"},
    {"patience": 4, "check_finite": False},
    {"patience": 9, "stopping_threshold": 0.1},
    {"patience": 9, "divergence_threshold": 0.9},
    {"patience": 9, "stopping_threshold": 0.9, "divergence_threshold": 0.1, "mode": "max"},
]


def stopped(callback, values):
    """The validation at which a callback stops training, its reason and what it keeps; the last one if it does not."""
    for epoch, value in enumerate(values):
        trainer = SimpleNamespace(
            callback_metrics={"val/loss": value},
            fast_dev_run=False,
            should_stop=False,
            current_epoch=epoch,
            sanity_checking=False,
            state=SimpleNamespace(fn=TrainerFn.FITTING),
            strategy=SimpleNamespace(reduce_boolean_decision=lambda stop, all: stop),
        )
        callback._check_on_train_epoch_end = True
        callback.on_train_epoch_end(trainer, None)
        if trainer.should_stop:
            break
    return epoch, callback.stopping_reason, callback.wait_count, float(callback.best_score)


def series(num_runs=30, length=12):
    """Values of many runs [M, T], a few of which are not finite."""
    generator = np.random.default_rng(0)
    values = np.round(generator.uniform(0, 1, (num_runs, length)), 1)
    values[generator.uniform(size=values.shape) < 0.02] = np.nan
    return torch.tensor(values, dtype=torch.float32)


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_a_run_and_each_of_a_stack_stop_where_lightning_stops(settings):
    settings = {"monitor": "val/loss", "mode": "min", **settings}
    values = series()
    rule = StopRule.of(settings)
    zero = torch.zeros(len(values), dtype=torch.int64)
    wait, ends = Wait(worst(rule.mode).repeat(len(values)), zero, zero), {}
    for epoch in range(values.shape[1]):
        wait = rule.judge(wait, values[:, epoch])
        for run in range(len(values)):
            if wait.reason[run] or epoch == values.shape[1] - 1:
                state = int(wait.reason[run]), int(wait.checks[run]), float(wait.best[run])
                ends.setdefault(run, (epoch, *state))
    assert len({end[1] for end in ends.values()}) > 1, "runs that stop for one reason and others"
    for run, line in enumerate(values):
        theirs = stopped(callbacks.EarlyStopping(**settings), line)
        assert stopped(EarlyStopping(**settings), line) == theirs
        assert ends[run] == (theirs[0], theirs[1].value, *theirs[2:])


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("ties", ["first", "last", "loss"])
def test_the_best_epoch_is_the_one_found_by_sorting(mode, ties):
    values, losses = series().nan_to_num(nan=0.55), torch.tensor(np.random.default_rng(1).uniform(0, 1, (30, 12)))
    best = Best(torch.full((30,), torch.nan), torch.full((30,), torch.inf, dtype=torch.float64))
    chosen = torch.zeros(30, dtype=torch.int64)
    for epoch in range(12):
        better, best = BestRule("val/loss", mode, ties).judge(best, values[:, epoch], losses[:, epoch])
        chosen[better] = epoch
    for run in range(30):
        signed = values[run].numpy() * (1 if mode == "min" else -1)
        rank = {"first": np.arange(12), "last": -np.arange(12), "loss": losses[run].numpy()}[ties]
        assert chosen[run] == np.lexsort((rank, signed))[0]
        assert best.value[run] == values[run, chosen[run]]
        assert best.loss[run] == losses[run, chosen[run]]


def test_early_stopping_says_why(tmp_path):
    callback = EarlyStopping(patience=1)
    assert callback.judge(torch.tensor(0.5)) == (False, "val/loss is 0.5: the best so far")
    assert callback.judge(torch.tensor(0.6)) == (True, "val/loss is 0.6: no better than 0.5; patience=1")
    assert callback.judge(torch.tensor(torch.nan)) == (True, "val/loss is nan: not a finite number")
