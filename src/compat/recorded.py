"""The gradients of a small network as a list of operators, recorded in one step and called in order in all others.

PyTorch builds a graph of every forward pass, walks it back, and forgets it; for a few hundred weights, that takes more
time than the arithmetic. But the operators that it calls in the end are the same in every step. They are recorded here
below its differentiation, so that no gradient is derived by hand, and the results are the same to the last bit.
"""

from collections.abc import Callable, Sequence
from operator import getitem
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, fx, nn
from torch.nn.modules import module as modules
from torch.optim import Optimizer
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from src.compat.torch import HOOKS, bare_gradients

_MOST = 8
"""Recordings that are kept, one for each shape of a minibatch; an epoch has two, as its last one is smaller."""

_PRECISIONS = torch.float32, torch.float64
_LAYERS = frozenset(
    [
        *(nn.Flatten, nn.Identity, nn.Linear),
        *(nn.Tanh, nn.Sigmoid, nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus),
    ]
)
_ATEN = torch.ops.aten
_NOTHING = {_ATEN.detach.default, _ATEN.alias.default}
_TURN = _ATEN.t.default
_CALLS: dict[Any, Callable[..., Any] | str] = {
    _ATEN._to_copy.default: "to",
    _ATEN.add.Tensor: torch.add,
    _ATEN.addmm.default: torch.addmm,
    _ATEN.baddbmm.default: torch.baddbmm,
    _ATEN.binary_cross_entropy_with_logits.default: torch.binary_cross_entropy_with_logits,
    _ATEN.bmm.default: torch.bmm,
    _ATEN.cat.default: torch.cat,
    _ATEN.div.Scalar: torch.div,
    _ATEN.div_.Scalar: "div_",
    _ATEN.expand.default: "expand",
    _ATEN.gelu.default: nn.functional.gelu,
    _ATEN.mean.dim: torch.mean,
    _ATEN.mm.default: torch.mm,
    _ATEN.mul.Tensor: torch.mul,
    _ATEN.relu.default: torch.relu,
    _ATEN.sigmoid.default: torch.sigmoid,
    _ATEN.split_with_sizes.default: torch.split_with_sizes,
    _ATEN.squeeze.dim: torch.squeeze,
    _ATEN.sub.Tensor: torch.sub,
    _ATEN.sum.dim_IntList: torch.sum,
    _TURN: torch.t,
    _ATEN.tanh.default: torch.tanh,
    _ATEN.transpose.int: "transpose",
    _ATEN.unsqueeze.default: torch.unsqueeze,
    _ATEN.view.default: "view",
}
"""The same operators as functions and methods of PyTorch, which are called faster than by their own names."""

Forward = Callable[[Sequence[Tensor]], tuple[Tensor, Tensor]]
"""The logits, and the loss [] or the losses [M], of a minibatch."""


def is_recordable(network: nn.Module) -> bool:
    """Whether a network on the CPU calls the same operators in each step, and nobody watches them.

    Its layers are those of a multilayer perceptron: others choose by their values, draw random numbers or have a state,
    or are so slow that a recording does not pay. Tested with torch 2.8.0 and 2.15.0.
    """
    if not all(map(_is_plain, network.modules())) or any(getattr(modules, f"_global{name}", True) for name in HOOKS):
        return False
    if not all(each.is_cpu and each.dtype in _PRECISIONS and not _is_watched(each) for each in network.parameters()):
        return False
    return not (torch.is_anomaly_enabled() or torch.is_autocast_enabled("cpu") or torch.is_inference_mode_enabled())


def _is_plain(layer: nn.Module) -> bool:
    if type(layer) not in _LAYERS and type(layer).forward is not nn.Sequential.forward:
        return False
    return "forward" not in vars(layer) and not any(getattr(layer, name, True) for name in HOOKS)


def _is_watched(parameter: nn.Parameter) -> bool:
    return bool(parameter._backward_hooks or getattr(parameter, "_post_accumulate_grad_hooks", None))


def recordings_of(optimizer: Optimizer, objects: Sequence[Any]) -> "Recordings":
    """What has been recorded for an `optimizer`, which lasts as long as it does and as the `objects` are the same."""
    made_for = list(map(id, objects))
    found = _RECORDINGS.get(optimizer)
    if found is None or found[0] != made_for:
        found = _RECORDINGS[optimizer] = (made_for, {})
    return found[1]


class Recorder:
    """Computes logits, losses and gradients of minibatches: from the third one of a shape on, by a recording.

    The second one is computed both ways; if they differ, none of this shape is computed by a recording.

    Args:
        forward: The logits and the loss [], or the losses [M], of a minibatch, by a network that `is_recordable`; what
            else it does may depend on nothing but the shapes of its tensors.
        parameters: What to differentiate the sum of all losses by.
        others: Further tensors [*] that `forward` uses.
        recordings: What has been recorded, and will be.
    """

    def __init__(
        self, forward: Forward, parameters: Sequence[Tensor], others: Sequence[Tensor], recordings: "Recordings"
    ) -> None:
        self.forward, self.parameters, self.recordings = forward, parameters, recordings
        self.one = torch.ones((), dtype=parameters[0].dtype)
        self.tensors = [*parameters, *others, self.one]

    def __call__(self, batch: Sequence[Tensor]) -> tuple[Tensor, Tensor, Sequence[Tensor]]:
        """Logits, losses and the gradients by all parameters of a minibatch."""
        key = tuple([(each.shape, each.dtype) for each in batch])
        known = self.recordings.get(key)
        if known is not None and known.is_checked:
            torch._C._set_grad_enabled(False)
            try:
                logits, losses, *gradients = known.run(*batch, *self.tensors, *known.constants)
            finally:
                torch._C._set_grad_enabled(True)
        elif known is not None:
            logits, losses, *gradients = found = self._pass(batch)
            with torch.no_grad():
                same = _agree(found, known.run(*batch, *self.tensors, *known.constants))
            self.recordings[key] = known._replace(is_checked=True) if same else None
        elif key in self.recordings or len(self.recordings) >= _MOST:
            logits, losses, *gradients = self._pass(batch)
        else:
            with _Recording() as recording:
                logits, losses, *gradients = found = self._pass(batch)
            self.recordings[key] = _recorded(recording.calls, [*batch, *self.tensors], found)
        return logits, losses, gradients

    def _pass(self, batch: Sequence[Tensor]) -> tuple[Tensor, ...]:
        logits, losses = self.forward(batch)
        total = losses.sum() if losses.ndim else losses
        return logits.detach(), losses.detach(), *bare_gradients(total, self.parameters, self.one)


def _agree(found: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    """Whether tensors are the same but for rounding, which may depend on where they are in memory."""
    pairs = zip(found, others, strict=True)
    return all(a.shape == b.shape and torch.allclose(a, b, rtol=1e-5, atol=1e-8, equal_nan=True) for a, b in pairs)


class _Call(NamedTuple):
    operator: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any


class _Recorded(NamedTuple):
    run: Callable[..., tuple[Tensor, ...]]
    constants: list[Tensor]
    is_checked: bool = False


Recordings = dict[Any, _Recorded | None]
_RECORDINGS: WeakKeyDictionary[Optimizer, tuple[list[int], Recordings]] = WeakKeyDictionary()


class _Recording(TorchDispatchMode):
    """In the block, notes all operators that are called, with what they got and returned."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[_Call] = []

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return True  # otherwise later versions than 2.8 import PyTorch's compiler, for a second

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.calls.append(_Call(func, args, kwargs or {}, result))
        return result


def _recorded(calls: list[_Call], inputs: Sequence[Tensor], found: Sequence[Tensor]) -> _Recorded | None:
    """A function of `inputs` that makes the same `calls`, or None if one cannot be made in any other step.

    The last of the inputs is the same in every step.
    """
    graph = fx.Graph()
    constants = _constants(calls, inputs[-1])
    if any(id(each) in constants for each in found):
        constants = {}  # a caller may change what it gets
    given = [*inputs, *constants.values()]
    known: dict[int, fx.Node] = {id(each): graph.placeholder(f"input_{i}") for i, each in enumerate(given)}
    turned: dict[fx.Node, fx.Node] = {}

    def node_of(value: Any) -> Any:
        return known[id(value)] if isinstance(value, Tensor) else value

    try:
        for operator, args, kwargs, result in calls:
            if not isinstance(result, (Tensor, tuple, list)):
                return None  # for example a number, by which the network or its loss decides
            if id(result) in constants:
                continue
            args, kwargs = fx.node.map_aggregate(args, node_of), fx.node.map_aggregate(kwargs, node_of)
            if operator in _NOTHING:
                known[id(result)] = args[0]
            elif operator is _TURN and args[0] in turned:
                known[id(result)] = turned[args[0]]
            else:
                call = _CALLS.get(operator, operator)
                make = graph.call_method if isinstance(call, str) else graph.call_function
                node = make(call, args + _defaults(operator, args), kwargs)
                if isinstance(result, Tensor):
                    known[id(result)] = node
                    if operator is _TURN:
                        turned[node] = args[0]
                else:
                    for i, each in enumerate(result):
                        known[id(each)] = graph.call_function(getitem, (node, i))
        graph.output(tuple(known[id(each)] for each in found))
    except KeyError:
        return None  # a tensor that is not an input, and may be another one next time
    graph.eliminate_dead_code(_must_stay)
    return _Recorded(fx.GraphModule(nn.Module(), graph).forward, list(constants.values()))


def _constants(calls: list[_Call], one: Tensor) -> dict[int, Tensor]:
    """Results that are the same in every step, since they are computed from `one` alone; none if a call changes one."""
    found = {id(one): one}
    for call in calls:
        given = [each for each in tree_leaves((call.args, call.kwargs)) if isinstance(each, Tensor)]
        constant = [id(each) in found for each in given]
        if any(constant) and call.operator._schema.is_mutable:
            return {}
        if given and all(constant) and isinstance(call.result, Tensor):
            found[id(call.result)] = call.result
    return {key: value for key, value in found.items() if value is not one}


def _must_stay(node: fx.Node) -> bool:
    """Whether a call does something even if nobody takes its result."""
    if isinstance(node.target, torch._ops.OpOverload):
        return bool(node.target._schema.is_mutable)
    return node.op in ("placeholder", "output") or str(node.target).endswith("_")


def _defaults(operator: Any, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The rest of an `operator`'s arguments, which its function in Python may have other defaults for."""
    rest = operator._schema.arguments[len(args) :]
    return tuple(each.default_value for each in rest if not each.kwarg_only)
