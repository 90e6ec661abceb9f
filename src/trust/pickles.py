"""The pickle inside a checkpoint, inspected before anything unpickles it.

`torch.load(weights_only=True)` runs no code, but some of what it allows can take any amount of memory:
`bytearray(10**10)` is a few characters long, one list can be copied a million times, and a tensor may claim more
numbers than the file holds, which are then allocated. The checkpoints of this project need only tensors, containers and
plain values, so nothing else is allowed, and nothing may be larger than it is in the file.
"""

import pickletools
from collections.abc import Mapping
from typing import Any, NamedTuple

_OPCODES = frozenset(
    [
        "PROTO",
        "STOP",
        "MARK",
        "NONE",
        "NEWTRUE",
        "NEWFALSE",
        "BININT",
        "BININT1",
        "BININT2",
        "LONG1",
        "BINFLOAT",
        "BINUNICODE",
        "EMPTY_DICT",
        "EMPTY_LIST",
        "EMPTY_TUPLE",
        "EMPTY_SET",
        "TUPLE",
        "TUPLE1",
        "TUPLE2",
        "TUPLE3",
        "APPEND",
        "APPENDS",
        "SETITEM",
        "SETITEMS",
        "ADDITEMS",
        "BINPUT",
        "LONG_BINPUT",
        "BINGET",
        "LONG_BINGET",
        "GLOBAL",
        "REDUCE",
        "BUILD",
        "BINPERSID",
    ]
)
_NUMBERS = frozenset({"BININT", "BININT1", "BININT2", "LONG1"})
_DICTIONARIES = frozenset(
    {"collections OrderedDict", "collections defaultdict"}
)  # created empty, then filled item by item
_TENSOR, _PARAMETER = "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_parameter"
_BYTES = {
    "torch DoubleStorage": 8,
    "torch FloatStorage": 4,
    "torch HalfStorage": 2,
    "torch BFloat16Storage": 2,
    "torch LongStorage": 8,
    "torch IntStorage": 4,
    "torch ShortStorage": 2,
    "torch CharStorage": 1,
    "torch ByteStorage": 1,
    "torch BoolStorage": 1,
    "torch ComplexFloatStorage": 8,
    "torch ComplexDoubleStorage": 16,
}
_LET_THROUGH = _DICTIONARIES | {_TENSOR, _PARAMETER} | _BYTES.keys()


class _Name(NamedTuple):
    """A name in a pickle, of something to call or the type of a storage."""

    text: str


class _Storage(NamedTuple):
    """The numbers of a record, of which tensors are views."""

    num_numbers: int


class _Dictionary(NamedTuple):
    """A dictionary made by a call."""


def look_through(pickled: bytes, records: Mapping[str, int]) -> None:
    """Check that a pickle makes only tensors, containers and plain values, none larger than it is in the file.

    Args:
        pickled: The pickle.
        records: Bytes of each record next to it, by key.

    Raises:
        ValueError: It does something else, which the message names.
    """
    stack: list[Any] = []
    memo: dict[Any, Any] = {}
    try:
        for opcode, argument, _ in pickletools.genops(pickled):
            if opcode.name not in _OPCODES:
                raise ValueError(f"uses {opcode.name}")
            if opcode.name in ("BINPUT", "LONG_BINPUT"):
                memo[argument] = stack[-1]
            elif opcode.name in ("BINGET", "LONG_BINGET"):
                stack.append(memo[argument])
            elif opcode.name == "GLOBAL":
                name = str(argument)
                if name not in _LET_THROUGH:
                    raise ValueError(f"names {name.replace(' ', '.')}")
                stack.append(_Name(name))
            elif opcode.name in _NUMBERS or opcode.name == "BINUNICODE":
                stack.append(argument)
            elif opcode.name.endswith("TUPLE") or opcode.name in ("TUPLE1", "TUPLE2", "TUPLE3"):
                stack.append(tuple(_taken(opcode, stack)))
            elif opcode.name == "BINPERSID":
                stack.append(_storage(stack.pop(), records))
            elif opcode.name == "REDUCE":
                arguments, function = stack.pop(), stack.pop()
                stack.append(_called(function, arguments))
            elif opcode.name == "BUILD":
                if not isinstance(stack[-2], _Dictionary):
                    raise ValueError("sets the state of something other than a dictionary")
                stack.pop()
            else:
                bottom = _taken(opcode, stack)[:1]
                fills = opcode.name.startswith(("SETITEM", "APPEND", "ADDITEM"))
                stack += bottom if fills else [_put(each) for each in opcode.stack_after]
    except (IndexError, KeyError, TypeError) as error:
        raise ValueError("is damaged") from error


def _taken(opcode: pickletools.OpcodeInfo, stack: list[Any]) -> list[Any]:
    """What an opcode takes off the stack, lowest first and without the mark."""
    taken: list[Any] = []
    below = opcode.stack_before
    if pickletools.markobject in below:
        while (top := stack.pop()) is not pickletools.markobject:
            taken.append(top)
        below = below[: below.index(pickletools.markobject)]
    taken += [stack.pop() for _ in below]
    return taken[::-1]


def _put(kind: Any) -> Any:
    return kind if kind is pickletools.markobject else None


def _storage(reference: Any, records: Mapping[str, int]) -> _Storage:
    _, kind, key, _, num_numbers = reference
    if not isinstance(num_numbers, int) or not 0 <= num_numbers * _BYTES[kind.text] <= records[key]:
        raise ValueError(f"claims {num_numbers} numbers, which its file does not hold")
    return _Storage(num_numbers)


def _called(function: Any, arguments: Any) -> Any:
    """The result of a call, if it is an allowed one."""
    name = function.text if isinstance(function, _Name) else ""
    if name in _DICTIONARIES and arguments == ():
        return _Dictionary()
    if name == _TENSOR:
        storage, offset, size, stride = arguments[:4]
        if not isinstance(storage, _Storage) or len(size) != len(stride) or min((offset, *size, *stride)) < 0:
            raise ValueError("makes a tensor of something other than a storage")
        last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
        if 0 not in size and last >= storage.num_numbers:
            raise ValueError(f"makes a tensor of {list(size)} from {storage.num_numbers} numbers")
        return None
    if name == _PARAMETER:
        return None
    raise ValueError("calls something that does not make a tensor")
