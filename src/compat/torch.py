"""Internals of PyTorch: an optimizer's step without its overhead, and a schedule's state without its functions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch.optim import Optimizer

from src.compat.missing import mention


def bare_step(optimizer: Optimizer) -> Callable[[], Any]:
    """`optimizer.step` without its overhead, which is a quarter of a small network's gradient step.

    On the CPU, PyTorch decides at every step against its `foreach` kernels, asks the driver whether a GPU is capturing,
    and profiles the step. Here all three are decided once. An optimizer with hooks is left as it is, and so is one
    whose hooks or bare step are not where they used to be. Tested with torch 2.8.0 and 2.15.0.
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
    return partial(bare, optimizer)


def _nothing() -> None:
    """The check before a GPU captures a step; there is nothing to check on the CPU."""


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
