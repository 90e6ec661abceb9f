"""A stack's recorded steps are those of autograd, bit for bit, and what cannot be recorded is left to it."""

import pytest
import torch

from src.compat.recorded import Recorder
from src.stacking import mixed, network

from .conftest import checkpoint, composed, curves, stacked

SHORT = ["data.num_train=150", "data.num_val=50", "data.num_test=50", "data.batch_size=32", "trainer.max_epochs=6"]
SEEDS = [[f"seed={seed}"] for seed in range(3)]
WIDTHS = [["network.hidden_dims=[3]"], ["network.hidden_dims=[5,4]", "seed=1"], ["network.activation=relu"]]
CASES = {
    "xor": (["experiment=xor", *SHORT, "optimizer.lr=1"], SEEDS),
    "adam": (["experiment=xor", *SHORT, "optimizer=adam"], SEEDS),
    "several architectures": (["experiment=xor", *SHORT, "optimizer.lr=1"], WIDTHS),
    "runs that stop": (
        ["experiment=xor", *SHORT, "trainer.max_epochs=20", "callbacks.early_stopping.patience=1", "data.noise=0.5"],
        [["optimizer.lr=0.3"], ["optimizer.lr=3", "seed=1"], ["optimizer.lr=10", "seed=2"]],
    ),
    "classes": (["experiment=blobs", "trainer.max_epochs=4", "head.label_smoothing=0.1"], SEEDS),
    "numbers": (["experiment=line", "trainer.max_epochs=4"], SEEDS),
    "clipped": (["experiment=xor", *SHORT, "trainer.gradient_clip_val=0.01", "optimizer.lr=1"], SEEDS),
}
LEFT = {
    "dropout": (["experiment=xor", *SHORT, "network.dropout=0.2"], SEEDS),
    "batch norm": (["experiment=xor", *SHORT, "network.batch_norm=true"], SEEDS),
    "class weights of each run": (["experiment=xor", *SHORT, "head.class_weights=balanced"], SEEDS),
}


@pytest.fixture
def computed(monkeypatch):
    """How many minibatches were computed by a recording: a list that grows."""
    found, call = [], Recorder.__call__

    def counted(self, batch):
        key = tuple((each.shape, each.dtype) for each in batch)
        known = self.recordings.get(key)
        found.extend([key] if known is not None and known.is_checked else [])
        return call(self, batch)

    monkeypatch.setattr(Recorder, "__call__", counted)
    return found


def trained(case, folder):
    common, each = case
    return [member.folder for member in stacked([composed([*common, *more]) for more in each], folder)]


def check_equal(found, expected):
    for one, other in zip(found, expected, strict=True):
        weights, others = (checkpoint(folder, "last")["state_dict"] for folder in (one, other))
        assert all(torch.equal(weight, others[name]) for name, weight in weights.items())
        assert curves(one) == curves(other)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_recorded_steps_are_those_of_autograd(case, tmp_path, monkeypatch, computed):
    found = trained(case, tmp_path / "recorded")
    assert computed
    number = len(computed)
    for module in (network, mixed):
        monkeypatch.setattr(module, "is_recordable", lambda _: False)
    expected = trained(case, tmp_path / "by autograd")
    assert len(computed) == number
    check_equal(found, expected)


@pytest.mark.parametrize("case", LEFT.values(), ids=LEFT)
def test_what_cannot_be_recorded_is_left_to_autograd(case, tmp_path, computed):
    trained(case, tmp_path)
    assert not computed
