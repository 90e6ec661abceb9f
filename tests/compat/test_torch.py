"""Contracts with PyTorch: bare steps, gradients and calls are equal to the public ones, and schedulers accept them."""

import importlib.util
import sys
import warnings
from functools import partial

import pytest
import torch

from src.compat.torch import bare_backward, bare_calls, bare_gradients, bare_step, mark_stepped, without_functions
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
        assert bare_step(optimizer) != optimizer.step, "it is bare no longer"


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


def gradients(backward, dtype=torch.float32):
    """The gradients of a small network's loss, twice: the second pass adds to the first."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1)).to(dtype)
    for _ in range(2):
        backward(network(torch.ones(3, 2, dtype=dtype)).square().mean())
    return [parameter.grad for parameter in network.parameters()]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_bare_gradients_are_the_gradients(dtype, monkeypatch):
    expected = gradients(torch.Tensor.backward, dtype)
    with contract(bare_backward, "torch"):
        backward = bare_backward()
        monkeypatch.setattr(torch.Tensor, "backward", None)  # it is bare no longer
        for found, known in zip(gradients(backward, dtype), expected, strict=True):
            assert torch.equal(found, known)


def test_gradients_of_anything_but_a_scalar_are_left_to_pytorch():
    weight = torch.nn.Parameter(torch.ones(3))
    backward = bare_backward()
    backward((2 * weight).sum()[None])
    assert weight.grad.tolist() == [2.0, 2.0, 2.0]
    with pytest.raises(RuntimeError, match="grad can be implicitly created only for scalar outputs"):
        backward(2 * weight)
    with pytest.raises(RuntimeError, match="does not require grad"):
        backward(torch.tensor(1.0))


def test_without_an_engine_pytorch_is_asked_and_a_line_says_so(monkeypatch, caplog):
    remarks.forget()
    expected = gradients(torch.Tensor.backward)
    monkeypatch.setattr(torch.autograd, "Variable", None)
    backward = bare_backward()
    monkeypatch.undo()
    assert all(map(torch.equal, gradients(backward), expected))
    assert "has no autograd engine" in caplog.text


def test_gradients_without_checks_are_those_of_autograd(monkeypatch):
    made, two = torch.nn.Linear(3, 1), torch.tensor(2.0)
    parameters, x = [*made.parameters(), torch.ones(3, requires_grad=True)], torch.randn(4, 3)
    expected = torch.autograd.grad(made(x).square().mean(), parameters, two, materialize_grads=True)
    with contract(bare_gradients, "torch"):
        assert all(map(torch.equal, bare_gradients(made(x).square().mean(), parameters, two), expected))
    loss = made(x).square().mean()
    monkeypatch.setattr(torch.autograd, "Variable", None)
    monkeypatch.setattr(torch.autograd, "grad", lambda *arguments, **_: arguments)
    assert bare_gradients(loss, parameters, two) == (loss, parameters, two), "it is asked with the same arguments"


def network():
    torch.manual_seed(0)
    inner = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.ReLU())
    return torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.Tanh(), inner, torch.nn.Linear(4, 1))


def test_bare_calls_give_the_outputs_without_looking_for_hooks(monkeypatch):
    made, x = network(), torch.randn(5, 2)
    expected = made(x)
    with contract(bare_calls, "torch"):
        with bare_calls(made):
            monkeypatch.setattr(torch.nn.Linear, "__call__", None)
            monkeypatch.setattr(torch.nn.Module, "_call_impl", None)
            assert torch.equal(made(x), expected)
        monkeypatch.undo()
        assert torch.equal(made(x), expected)


@pytest.mark.parametrize("moment", ["forward_pre", "forward", "full_backward_pre", "full_backward"])
@pytest.mark.parametrize("where", ["", "1", "2", "2.0"])
def test_a_hook_is_called_at_any_depth(moment, where):
    made, seen = network(), []
    module = made.get_submodule(where)
    getattr(module, f"register_{moment}_hook")(lambda *_: seen.append(1))
    with contract(bare_calls, "torch"), bare_calls(made):
        for _ in range(3):
            made(torch.ones(5, 2, requires_grad=True)).sum().backward()
    assert len(seen) == 3


def test_a_hook_on_all_modules_is_called():
    made, seen = network(), []
    handle = torch.nn.modules.module.register_module_forward_hook(lambda *_: seen.append(1))
    try:
        with contract(bare_calls, "torch"), bare_calls(made):
            made(torch.ones(5, 2))
    finally:
        handle.remove()
    assert len(seen) == len(list(made.modules()))


def test_a_module_with_a_call_of_its_own_keeps_it():
    class Doubled(torch.nn.Linear):
        def __call__(self, x):
            return 2 * super().__call__(x)

    made, x = torch.nn.Sequential(Doubled(2, 1), torch.nn.Identity()), torch.ones(3, 2)
    expected = made(x)
    with bare_calls(made):
        assert torch.equal(made(x), expected)
    alone = Doubled(2, 1)
    with bare_calls(alone):
        assert torch.equal(alone(x), 2 * alone.forward(x))


def test_a_compiled_module_stays_compiled():
    made, x = network(), torch.ones(5, 2)
    made._compiled_call_impl = compiled = lambda x: x + 1  # where `Module.compile` puts it
    with bare_calls(made):
        assert torch.equal(made(x), x + 1)
    assert made._compiled_call_impl is compiled


def test_parametrized_layers_are_computed_as_ever():
    made, x = network(), torch.randn(5, 2)
    torch.nn.utils.parametrizations.weight_norm(made[0])
    expected = made(x)
    with bare_calls(made):
        assert torch.equal(made(x), expected)


def test_bare_calls_end_with_an_error():
    made = network()
    with pytest.raises(RuntimeError, match="shape"), bare_calls(made):
        made(torch.ones(5, 3))
    assert made._compiled_call_impl is None


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
