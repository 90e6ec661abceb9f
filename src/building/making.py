"""Build one object from its config group; what its constructor refuses becomes a one-line error."""

import inspect
import re
from os import PathLike
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from omegaconf import DictConfig, OmegaConf
from pydantic import ValidationError

from src.errors import ConfigError, suggestion
from src.settings.wording import one_line, shown
from src.trust import targets

_LIBRARIES = "torch", "lightning"  # their constructors check little, or late; ours check every argument

_WORDED: dict[Any, str] = {
    **{str: "a string", Path: "a path", PathLike: "a path", PathLike[str]: "a path"},
    **{bool: "true or false", int: "a whole number", float: "a number", NoneType: "null"},
}
"""The types that values from YAML can have, and their names in messages."""


def make(cfg: DictConfig, group: str, *first: Any, leave_out: tuple[str, ...] = (), **arguments: Any) -> Any:
    """Instantiate the `_target_` of a config group with its other keys, `first` and `arguments`.

    Args:
        cfg: The composed configuration.
        group: The group, or a member of one: `network`, `callbacks.history`.
        *first: Positional arguments.
        leave_out: Keys that the target does not take.
        **arguments: Named arguments.

    Raises:
        ConfigError: One line that names the key, the rule and the value.
    """
    kind = targets.find(cfg, group)
    values: Any = OmegaConf.to_container(OmegaConf.select(cfg, group), resolve=True)
    for key, value in values.items():
        if f"{group}.{key}" in targets.KINDS and isinstance(value, dict):
            values[key] = make(cfg, f"{group}.{key}")
    kept = {str(key): value for key, value in values.items() if key not in {*leave_out, *targets.SPECIAL}}
    library = kind.__module__.partition(".")[0]
    if library in _LIBRARIES:
        _check_numbers(group, kind, kept)
        _check_kinds(group, kind, kept)
    elif library != "src":
        kept = _needed(kind, kept)
    try:
        return kind(*first, **kept | arguments)
    except ConfigError:
        raise
    except ValidationError as error:
        raise ConfigError(one_line(group, error)) from error
    except Exception as error:  # anything that a constructor raises is about its arguments
        message = " ".join(str(error).split()) or type(error).__name__
        unknown = re.search(r"got an unexpected keyword argument '(\w+)'", message)
        if unknown and unknown[1] in kept:
            key, taken = f"{group}.{unknown[1]}", {f"{group}.{name}" for name in inspect.signature(kind).parameters}
            near = suggestion(key, taken)
            remedy = f"~{key} leaves it out" + (f", or {near}" if "did you mean" in near else "")
            raise ConfigError(f"{key}: {kind.__name__} takes no such argument; {remedy}") from error
        raise ConfigError(f"{group}: {_said(message, kept)}") from error


def _needed(kind: type[Any], values: dict[str, Any]) -> dict[str, Any]:
    """The values without a null for which a user's own class has no parameter: an option of ours that is off."""
    parameters = inspect.signature(kind).parameters.values()
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        return values
    names = {each.name for each in parameters}
    return {key: value for key, value in values.items() if value is not None or key in names}


def _said(message: str, values: dict[str, Any]) -> str:
    """A constructor's message as one line, with the values of the arguments it names."""
    named = [f"{key}={shown(value)}" for key, value in values.items() if re.search(rf"\b{key}\b", message)]
    return message + (f" (got {', '.join(named)})" if named else "")


def _check_numbers(group: str, kind: type[Any], values: dict[str, Any]) -> None:
    """Refuse a value that is not a number if the constructor of `kind` has a number as its default and annotation."""
    for name, parameter in inspect.signature(kind).parameters.items():
        default, annotation = parameter.default, str(parameter.annotation).lower()
        value = values.get(name, default)
        if isinstance(default, bool) or not isinstance(default, int | float) or value == default:
            continue
        if value is None and ("none" in annotation or "optional" in annotation):
            continue
        is_whole = isinstance(default, int) and "float" not in annotation
        for each in value if isinstance(value, list) and "list" in annotation else [value]:
            if not _is_number(each) or (is_whole and each != int(each)):
                raise ConfigError(f"{group}.{name}: should be a {'whole ' * is_whole}number (got {shown(value)})")


def _check_kinds(group: str, kind: type[Any], values: dict[str, Any]) -> None:
    """Refuse a value whose type is not the one the constructor of `kind` annotates, if YAML has that type.

    Such constructors accept anything and fail only later, after an epoch or with a folder named [-1]. Among the
    `values`, 1e3 becomes 1000 if a whole number is annotated.
    """
    hints = _hints(kind)
    for name in hints.keys() & values.keys():
        hint, value = hints[name], values[name]
        wanted = get_args(hint) if get_origin(hint) in (Union, UnionType) else (hint,)
        if set(wanted) <= _WORDED.keys() and not any(_is_a(value, each) for each in wanted):
            words = " or ".join(_WORDED[each] for each in wanted)
            raise ConfigError(f"{group}.{name}: should be {words} (got {shown(value)}){_quoted(value, wanted)}")
        if isinstance(value, float) and int in wanted and float not in wanted:
            values[name] = int(value)


def _hints(kind: type[Any]) -> dict[str, Any]:
    """The types that a constructor annotates, except those imported only for type checkers."""
    try:
        return get_type_hints(kind.__init__)
    except NameError:
        return {name: hint for name, hint in kind.__init__.__annotations__.items() if not isinstance(hint, str)}


def _is_a(value: Any, wanted: Any) -> bool:
    """Whether a value from YAML has a type: true is not a number, 2.0 is a whole number, and a path is a string."""
    if wanted in (int, float):
        return _is_number(value) and (wanted is float or (abs(value) < 2**53 and value == int(value)))
    return type(value) is (wanted if wanted in (bool, NoneType) else str)


def _quoted(value: Any, wanted: tuple[type[Any], ...]) -> str:
    is_plain = isinstance(value, int | float) and str in wanted and len(str(value)) < 20
    return f"; put quotes around a string: \"'{value}'\"" if is_plain else ""


def _is_number(value: Any) -> bool:
    """Whether PyTorch can compute with a value and a checkpoint can hold it: not NaN, and at most 64 bits."""
    largest = 2**63 if isinstance(value, int) else 1e38
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < largest
