"""Contracts with PyTorch: a bare step is a step, and schedulers accept it as one."""

import importlib.util
import sys
import warnings
from functools import partial

import pytest
import torch

from src.compat.torch import bare_step, mark_stepped, without_functions
from src.compat.torch_compiler import keep_compiler_out
from src.reporting import remarks
from tests.compat.contracts import contract

OPTIMIZERS = {
    "SGD": partial(torch.optim.SGD, lr=0.1, momentum=0.9),
    "Adam": partial(torch.optim.Adam, lr=0.1),
    "AdamW": partial(torch.optim.AdamW, lr=0.1),
    "RMSprop": partial(torch.optim.RMSprop, lr=0.1),
}


def stepped(make, step_of):
    """A parameter after three steps, and the optimizer."""
    parameter = torch.nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    optimizer = make([parameter])
    step = step_of(optimizer)
    for number in range(3):
        parameter.grad = parameter.detach() * (number + 1)
        step()
    return parameter.detach(), optimizer


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_bare_step_is_a_step(make):
    with contract(bare_step, "torch"):
        expected, _ = stepped(make, lambda optimizer: optimizer.step)
        found, optimizer = stepped(make, bare_step)
        assert torch.equal(found, expected)
        assert isinstance(bare_step(optimizer), partial), "it is bare no longer"


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_bare_step_on_the_cpu_asks_for_no_gpu(make, monkeypatch):
    asked = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: asked.append(1))
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: asked.append(1))
    with contract(bare_step, "torch"):
        stepped(make, bare_step)
        assert not asked


def test_an_optimizer_with_a_hook_keeps_its_step():
    seen = []

    def hooked(parameters):
        optimizer = torch.optim.SGD(parameters, lr=0.1)
        optimizer.register_step_pre_hook(lambda *_: seen.append(1))
        return optimizer

    with contract(bare_step, "torch"):
        stepped(hooked, bare_step)
        assert len(seen) == 3


@pytest.mark.parametrize("mark", [bare_step, mark_stepped], ids=lambda mark: mark.__name__)
def test_schedulers_believe_that_a_marked_optimizer_has_stepped(mark):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=1.0)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=1)
    mark(optimizer)
    with contract(mark_stepped, "torch"), warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()


def test_without_a_bare_step_the_public_one_is_taken_and_a_line_says_so(monkeypatch, caplog):
    remarks.forget()
    expected, optimizer = stepped(OPTIMIZERS["SGD"], bare_step)
    wrapped = torch.optim.SGD.step
    monkeypatch.setattr(torch.optim.SGD, "step", lambda self: wrapped(self))
    torch.optim.SGD.step.hooked = True  # or PyTorch would wrap it
    found, optimizer = stepped(OPTIMIZERS["SGD"], bare_step)
    assert torch.equal(found, expected)
    assert bare_step(optimizer) == optimizer.step
    (line,) = caplog.messages
    assert line == (
        f"torch {torch.__version__.partition('+')[0]} has no bare optimizer step, which this project relies on; "
        "optimizer.step is called, which is slower"
    )


def test_without_a_compiler_nothing_stands_in(monkeypatch, caplog):
    remarks.forget()
    monkeypatch.delitem(sys.modules, "torch._dynamo", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    before = list(sys.meta_path)
    keep_compiler_out(torch)
    assert sys.meta_path == before
    assert "torch._dynamo" not in sys.modules
    assert "commands start more slowly" in caplog.text


def test_a_schedule_goes_on_from_a_state_without_functions():
    def made():
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1)
        return torch.optim.swa_utils.SWALR(optimizer, swa_lr=0.01, anneal_epochs=4)

    first, second = made(), made()
    for _ in range(2):
        first.optimizer.step()
        first.step()
    state = first.state_dict() | {"anneal_func": first.anneal_func}  # as PyTorch 2.6 has it
    kept = without_functions({"scheduler_state": state})["scheduler_state"]
    assert kept == {key: value for key, value in state.items() if key != "anneal_func"}
    second.load_state_dict(kept)
    second.optimizer.load_state_dict(first.optimizer.state_dict())
    for each in (first, second):
        each.optimizer.step()
        each.step()
    assert first.get_last_lr() == second.get_last_lr() != [0.1]
