"""Internals of PyTorch: a training step without its overhead, and a schedule's state without its functions."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules import module as modules
from torch.optim import Optimizer

from src.compat.missing import mention
from src.compat.updates import update_of


def bare_step(optimizer: Optimizer) -> Callable[[], Any]:
    """`optimizer.step` without its overhead, which is a quarter of a small network's gradient step.

    On the CPU, PyTorch decides at every step against its `foreach` kernels, asks the driver whether a GPU is capturing,
    and profiles the step. Here all three are decided once, and SGD and Adam update all parameters at once (`updates`).
    An optimizer with hooks is left as it is, and so is one whose hooks or bare step are not where they used to be.
    Tested with torch 2.8.0 and 2.15.0.
    """
    if all(parameter.device.type == "cpu" for group in optimizer.param_groups for parameter in group["params"]):
        for group in optimizer.param_groups:
            if group.get("foreach") is None and not group.get("fused"):
                group["foreach"] = False
        for device in ("cuda", "accelerator"):  # its old and its current name
            setattr(optimizer, f"_{device}_graph_capture_health_check", _nothing)
    hooks = [getattr(optimizer, f"_optimizer_step_{moment}_hooks", None) for moment in ("pre", "post")]
    bare = getattr(type(optimizer).step, "__wrapped__", None)
    if None in hooks or (bare is None and type(optimizer).__module__.startswith("torch.optim.")):
        mention("torch", "bare optimizer step", "optimizer.step is called, which is slower")
        return optimizer.step
    if bare is None or any(hooks):
        return optimizer.step
    mark_stepped(optimizer)
    return update_of(optimizer, partial(bare, optimizer))


def _nothing() -> None:
    """The check before a GPU captures a step; there is nothing to check on the CPU."""


def bare_backward() -> Callable[[Tensor], None]:
    """`Tensor.backward` without its checks, which are a seventh of a small network's gradient step.

    The engine behind it is called at once with a loss on the CPU that is a plain scalar; any other is left to PyTorch.
    Tested with torch 2.8.0 and 2.15.0.
    """
    run = _engine("loss.backward")
    if run is None:
        return Tensor.backward
    ones: dict[torch.dtype, Tensor] = {}

    def backward(loss: Tensor) -> None:
        if type(loss) is not Tensor or loss.ndim or not loss.is_cpu:
            loss.backward()
            return
        one = ones.get(loss.dtype)
        if one is None:
            one = ones[loss.dtype] = torch.ones((), dtype=loss.dtype)
        run((loss,), (one,), False, False, (), allow_unreachable=True, accumulate_grad=True)

    return backward


def bare_gradients(loss: Tensor, parameters: Sequence[Tensor], one: Tensor) -> tuple[Tensor, ...]:
    """`torch.autograd.grad` of a scalar `loss` [], times `one` [], without its checks; zeros for unused `parameters`.

    These checks import an algebra system, for a quarter of a second. Tested with torch 2.8.0 and 2.15.0.
    """
    run = _engine("torch.autograd.grad")
    if run is None:
        return torch.autograd.grad(loss, parameters, one, materialize_grads=True)
    found = run((loss,), (one,), False, False, tuple(parameters), allow_unreachable=True, accumulate_grad=False)
    return tuple(
        torch.zeros_like(parameter) if gradient is None else gradient
        for parameter, gradient in zip(parameters, found, strict=True)
    )


def _engine(instead: str) -> Callable[..., Any] | None:
    engine = getattr(torch.autograd.Variable, "_execution_engine", None)
    if not hasattr(engine, "run_backward"):
        mention("torch", "autograd engine", f"{instead} is called, which is slower")
        return None
    run: Callable[..., Any] = engine.run_backward  # type: ignore[union-attr]
    return run


@contextmanager
def bare_calls(network: nn.Module) -> Iterator[None]:
    """In the block, calling a `network` calls its layers' `forward` directly, if nothing is hooked to them.

    A chain of layers looks for hooks once instead of at each call. `Module.compile` puts a compiled network in the same
    place. Tested with torch 2.8.0 and 2.15.0.
    """
    bare = _bare_call(network)
    if bare is network:
        yield
        return
    network._compiled_call_impl = bare
    try:
        yield
    finally:
        network._compiled_call_impl = None


HOOKS = "_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks"


def _bare_call(module: nn.Module) -> Callable[[Tensor], Any]:
    """What a `module` calls in the end; the module itself where something would see the difference."""
    if type(module).__call__ is not nn.Module.__call__ or getattr(module, "_compiled_call_impl", module) is not None:
        return module
    if any(getattr(module, name, True) or getattr(modules, f"_global{name}", True) for name in HOOKS):
        return module
    if type(module).forward is not nn.Sequential.forward or "forward" in vars(module):
        return module.forward
    layers = [_bare_call(layer) for layer in module.children()]

    def chain(x: Tensor) -> Any:
        for layer in layers:
            x = layer(x)
        return x

    return chain


def mark_stepped(optimizer: Optimizer) -> None:
    """Tell schedulers that this `optimizer` steps: they warn if they have not seen its `step`.

    There is no public way. If the mark has another name, a needless warning is printed.
    Tested with torch 2.8.0 and 2.15.0.
    """
    optimizer._opt_called = True  # type: ignore[attr-defined]


def without_functions(state: Any) -> Any:
    """A `state`, and the states within it, without functions, which an object creates again when it is built.

    A checkpoint holds no code. PyTorch 2.6 puts the annealing function into the state of the schedule of stochastic
    weight averaging. Tested with torch 2.8.0 and 2.15.0.
    """
    if isinstance(state, list):
        return [without_functions(each) for each in state]
    if isinstance(state, dict):
        return {key: without_functions(value) for key, value in state.items() if not callable(value)}
    return state
