"""What is decided before a run begins: threads by the work of a step, steps at once by what must see them."""

import pytest
import torch
from torch import nn

from src.building import plan
from src.building.build import build
from src.building.plan import multiply_adds
from tests.conftest import compose_train

COUNTED = {
    "linear": (nn.Linear(5, 3), (1, 5), 15),
    "convolution": (nn.Conv2d(2, 4, 3), (1, 2, 8, 8), 4 * 6 * 6 * 2 * 9),  # each of the outputs: 2 channels, 3 × 3
    "both": (nn.Sequential(nn.Conv2d(1, 2, 2), nn.Flatten(), nn.Linear(8, 3)), (1, 1, 3, 3), 2 * 2 * 2 * 4 + 24),
}


@pytest.mark.parametrize("case", COUNTED)
def test_multiplications_are_those_of_the_layers_counted_by_hand(case):
    network, shape, expected = COUNTED[case]
    assert multiply_adds(network, torch.zeros(shape)) == expected


@pytest.mark.parametrize(
    ("words", "threads", "steps", "slowly"),
    [
        (["experiment=xor"], 1, None, ""),
        (["experiment=xor", "data.steps_per_execution=5"], 1, 5, ""),
        (["experiment=xor", "data.steps_per_execution=1"], 1, 1, ""),
        (["experiment=xor", "trainer.threads=2"], 2, None, ""),
        (["experiment=xor", "network.hidden_dims=[4096,4096]"], 7, None, ""),
        (["experiment=xor", "+trainer.max_steps=9"], 1, 1, "one step at a time, for trainer.max_steps=9"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_the_plan_is_what_the_run_is_given(words, threads, steps, slowly, tmp_path, monkeypatch):
    monkeypatch.setattr(plan, "_DEFAULT_THREADS", 7)
    given = []
    monkeypatch.setattr(torch, "set_num_threads", given.append)
    parts = build(compose_train(*words, "logger=none", "callbacks.progress_bar=null"), tmp_path)
    assert given == [parts.plan.threads] == [threads]
    assert parts.datamodule.steps_per_execution == parts.plan.steps_per_execution
    assert parts.plan.steps_per_execution == steps if steps else parts.plan.steps_per_execution > 1
    assert parts.head.automatic_optimization == parts.plan.step_by_step == (steps == 1)
    assert parts.plan.slowly == slowly
    assert str(parts.plan).startswith(f"32-true on {threads} thread")
    assert parts.trainer.precision == parts.plan.precision


@pytest.mark.parametrize(
    ("words", "can", "expected"),
    [
        (["trainer.precision=auto"], {"amx_bf16": True}, "bf16-mixed"),
        (["trainer.precision=auto"], {"amx_bf16": False}, "32-true"),
        (["trainer.precision=auto"], {}, "32-true"),
        (["trainer.precision=auto"], None, "32-true"),  # PyTorch before it could tell
        ([], {"amx_bf16": True}, "32-true"),
    ],
)
def test_precision_is_mixed_on_processors_that_multiply_bfloat16(words, can, expected, tmp_path, monkeypatch):
    if can is None:
        monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    else:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: can, raising=False)
    words = ["experiment=xor", "trainer.accelerator=cpu", "logger=none", "callbacks.progress_bar=null", *words]
    parts = build(compose_train(*words), tmp_path)
    assert parts.trainer.precision == parts.plan.precision == expected
    assert parts.plan.steps_per_execution > 1
    assert not parts.plan.slowly
