"""The choice of the best epoch of M runs, by values that are worked by hand."""

import pytest
import torch

from src.stacking.monitor import StackMonitor

ACCURACIES = [[0.5, 0.7], [0.8, 0.7], [0.8, 0.6], [0.7, 0.7]]


@pytest.mark.parametrize(("ties", "epochs"), [("first", [2, 1]), ("last", [3, 4])])
def test_of_equal_epochs_each_run_keeps_the_first_or_the_last(ties, epochs):
    monitor, best = StackMonitor(2, {"monitor": "val/accuracy", "mode": "auto", "ties": ties}, None), [0, 0]
    for epoch, values in enumerate(ACCURACIES, start=1):
        better = monitor.improved({"val/accuracy": torch.tensor(values)}).tolist()
        best = [epoch if is_better else before for is_better, before in zip(better, best, strict=True)]
    assert best == epochs
    assert monitor.best.value.tolist() == pytest.approx([0.8, 0.7])


def test_of_equal_epochs_each_run_keeps_the_one_of_the_lowest_loss():
    rule = {"monitor": "val/accuracy", "mode": "auto", "ties": "loss"}
    monitor, best = StackMonitor(2, rule, None), [0, 0]
    losses = [[0.9, 0.5], [0.8, 0.4], [0.7, 0.1], [0.1, 0.6]]
    for epoch, (values, loss) in enumerate(zip(ACCURACIES, losses, strict=True), start=1):
        if epoch == 3:  # as if resumed
            resumed = StackMonitor(2, rule, None)
            resumed.restore(monitor.tensors())
            monitor = resumed
        metrics = {"val/accuracy": torch.tensor(values), "val/loss": torch.tensor(loss)}
        better = monitor.improved(metrics).tolist()
        best = [epoch if is_better else before for is_better, before in zip(better, best, strict=True)]
    assert best == [3, 2]
    assert monitor.best.loss.tolist() == pytest.approx([0.7, 0.4])


def test_an_epoch_without_a_value_is_no_tie():
    monitor = StackMonitor(1, {"monitor": "val/loss", "mode": "auto", "ties": "last"}, None)
    values = [0.5, torch.nan, 0.5]
    assert [bool(monitor.improved({"val/loss": torch.tensor([value])})) for value in values] == [True, False, True]
