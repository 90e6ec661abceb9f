"""Runs of a stack that take their steps in several parts are the same as in one, but for rounding."""

import pytest
import torch

from src.stacking import dividing

from .conftest import checkpoint, composed, stacked

SHORT = ["experiment=xor", "data.num_train=150", "data.num_val=50", "data.num_test=50", "data.batch_size=32"]
KINDS = {"recorded": [], "by autograd": ["network.dropout=0.2"], "with Adam": ["optimizer=adam"]}


def weights(root, words):
    each = [composed([*SHORT, "trainer.max_epochs=4", *words, f"seed={seed}"]) for seed in range(6)]
    states = [checkpoint(member.folder, "last")["state_dict"] for member in stacked(each, root)]
    return [torch.cat([each.flatten() for each in state.values()]) for state in states]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("words", KINDS.values(), ids=KINDS)
def test_runs_in_parts_are_the_same_but_for_rounding(words, threads, tmp_path, monkeypatch):
    whole = weights(tmp_path / "whole", [*words, "trainer.threads=1"])
    monkeypatch.setattr(dividing, "_MOST", 2 * 17)  # two networks
    monkeypatch.setattr(dividing, "_SHARE", 1)
    found = weights(tmp_path / "parts", [*words, f"trainer.threads={threads}"])
    assert torch.allclose(torch.stack(found), torch.stack(whole), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("num_runs", [1, 2, 5, 64])
@pytest.mark.parametrize("num_parameters", [17, 4_417, 167_000, 3_000_000])
@pytest.mark.parametrize("threads", [1, 2, 8])
def test_parts_are_all_runs_and_fit(num_runs, num_parameters, threads):
    parts = dividing.parts(num_runs, num_parameters, 32, threads)
    assert [run for part in parts for run in range(num_runs)[part]] == list(range(num_runs))
    sizes = [part.stop - part.start for part in parts]
    assert min(sizes) > 0
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) == 1 or max(sizes) * num_parameters <= dividing._MOST + num_parameters
