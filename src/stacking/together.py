"""Which members of a sweep train in one stack."""

from collections.abc import Iterable, Iterator
from typing import Any

from src.data.base import InMemoryDataModule
from src.stacking.architectures import Architecture, architecture, described
from src.stacking.members import Member

_PADDING = 2**19  # multiply-adds with zeros in a step, which cost about as much as the steps of another stack


def in_stacks(members: list[Member]) -> list[list[Member]]:
    """Members in stacks: with rows of one shape and similar number, so that epochs have equally many minibatches.

    Folds differ by a row; those of equal size are placed together. Networks of other widths, depths and activations
    are padded to the largest, unless it is so much larger that a stack of their own costs less.
    """
    groups: dict[Any, list[Member]] = {}
    for member in members:
        groups.setdefault((_shape_of(member.data), _kin(member)), []).append(member)  # type: ignore[arg-type]
    return [
        sorted(stack, key=_place) for group in groups.values() for similar in _similar(group) for stack in _fit(similar)
    ]


def _similar(group: list[Member]) -> Iterator[list[Member]]:
    """Members of a group in lists in which none has more than twice as many rows as another."""
    stack: list[Member] = []
    for member in sorted(group, key=_sizes):
        if stack and any(size > 2 * least for size, least in zip(_sizes(member), _sizes(stack[0]), strict=True)):
            yield stack
            stack = []
        stack.append(member)
    yield stack


def _fit(members: list[Member]) -> Iterator[list[Member]]:
    """Members in lists for which padding to the widest costs little."""
    known = {id(member.network): architecture(_given(member.network)) for member in members}
    found = [(each, member) for member in members if (each := known[id(member.network)]) is not None]
    if not found:
        yield members
        return
    stack: list[tuple[Architecture, Member]] = []
    for each, member in sorted(found, key=lambda pair: pair[0].widest):
        if stack and each.widest > stack[-1][0].widest and _padding(stack, each.widest) > _PADDING:
            yield [one for _, one in stack]
            stack = []
        stack.append((each, member))
    yield [one for _, one in stack]


def _padding(stack: Iterable[tuple[Architecture, Member]], units: int) -> int:
    """Multiply-adds with zeros in a step of a stack if hidden layers are padded to some `units`."""
    return sum((each.work(units) - each.work(each.widest)) * _given(one.data).batch_rows for each, one in stack)


def _place(member: Member) -> tuple[Any, ...]:
    """Where a member is in its stack: in the order of depths, and beside those that do the same."""
    each = architecture(_given(member.network))
    if each is None:
        return (_sizes(member),)
    return each.depth, [[described(layer) for layer in layers] for layers in each.after], each.widths, _sizes(member)


def _kin(member: Member) -> Any:
    network = _given(member.network)
    each = architecture(network)
    return id(network) if each is None else each.kin


def _sizes(member: Member) -> list[int]:
    return [len(rows.y) for rows in _given(member.data).splits]


def _shape_of(data: InMemoryDataModule) -> tuple[Any, ...]:
    """What data must have in common to be stacked: the minibatches of an epoch, what rows and targets are."""
    batches = -(-len(data.splits.train.y) // data.batch_rows)
    rows = tuple((*rows.x.shape[1:], *rows.y.shape[1:], str(rows.x.dtype), str(rows.y.dtype)) for rows in data.splits)
    return (batches, *rows, data.spec.num_numbers, data.task, data.class_names, data.target_scale)


def _given(value: Any) -> Any:
    assert value is not None
    return value
