"""Every public name says what it is, parameters by their names and tensors with their shapes; examples are true."""

import dataclasses
import doctest
import importlib.util
import inspect
import pkgutil
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import src
from tests import blank

MODULES = sorted(module.name for module in pkgutil.walk_packages(src.__path__, "src."))
WITH_EXAMPLES = [name for name in MODULES if ">>>" in Path(importlib.util.find_spec(name).origin).read_text()]
SHAPE = r"(?:\[[^\]]*\]|\[…\]|scalar)"


def is_public(name: str) -> bool:
    return not name.startswith("_")


def of_module(names: dict[str, Any], module: Any, kind: Callable[[Any], bool]) -> Iterator[tuple[str, Any]]:
    """Public names of some kind that a module defines itself."""
    for name, found in names.items():
        if is_public(name) and kind(found) and found.__module__ == module.__name__:
            yield name, found


def plain_function(found: Any) -> Any:
    """The function of a property, a class method or a static method."""
    return found.fget if isinstance(found, property) else getattr(found, "__func__", found)


def methods(owner: type) -> Iterator[tuple[str, Any, Any]]:
    """Name and function of each public method or property, and that of a base class that it overrides, if any."""
    names = {name: plain_function(found) for name, found in vars(owner).items()}
    for name, function in names.items():
        if is_public(name) and inspect.isfunction(function):
            yield name, function, next((vars(base)[name] for base in owner.__mro__[1:] if name in vars(base)), None)


def parameters(function: Any, overridden: Any = None) -> dict[str, Any]:
    """Name and annotation of the public parameters that `overridden` does not have, which are explained there."""
    found = inspect.signature(function).parameters
    known = inspect.signature(plain_function(overridden)).parameters if overridden is not None else {}
    if any(each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD) for each in known.values()):
        return {}
    return {
        name: each.annotation
        for name, each in found.items()
        if is_public(name) and name not in {"self", "cls"} | known.keys()
    }


def is_named(name: str, text: str) -> bool:
    """Whether a name occurs in a text; `class_names` also as words in a sentence, class names."""
    words = rf"{re.escape(name)}|{re.escape(name.replace('_', ' '))}"
    return re.search(rf"(?<!\w)(?:{words})(?!\w)", text, re.IGNORECASE) is not None


def has_shape(name: str, text: str) -> bool:
    """Whether a shape follows a name within its clause: `x [N, 2]`, or `x: Rows [N, 2]` among the arguments."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)[^.;]*?{SHAPE}", text, re.IGNORECASE) is not None


def is_tensor(annotation: Any) -> bool:
    said = annotation.__name__ if inspect.isclass(annotation) else str(annotation)
    return re.search(r"Tensor\b", said) is not None


def faults(where: str, text: str, named: dict[str, Any]) -> Iterator[str]:
    """The names, with their annotations, that a docstring must explain but does not."""
    if not text.strip():
        yield f"{where} has no docstring"
    for name, annotation in named.items():
        if not is_named(name, text):
            yield f"{where} does not say what {name} is"
        elif inspect.isclass(annotation) and is_tensor(annotation) and not has_shape(name, text):
            yield f"{where} does not say which shape {name} has, in brackets"


def faults_of_function(where: str, function: Any, overridden: Any = None) -> Iterator[str]:
    text = function.__doc__ or ""
    yield from faults(where, text, parameters(function, overridden))
    if is_tensor(inspect.signature(function).return_annotation) and not re.search(SHAPE, text):
        yield f"{where} does not say which shape it returns, in brackets"


def faults_of_class(owner: type) -> Iterator[str]:
    """Fields of a class that is made of them, parameters of another's constructor, and all public methods."""
    text = vars(owner).get("__doc__") or ""
    if dataclasses.is_dataclass(owner) or hasattr(owner, "_fields"):
        named = {name: each for name, each in inspect.get_annotations(owner).items() if is_public(name)}
    else:
        named = parameters(vars(owner)["__init__"]) if "__init__" in vars(owner) else {}
    yield from faults(owner.__name__, text, named)
    for name, function, overridden in methods(owner):
        yield from faults_of_function(f"{owner.__name__}.{name}", function, overridden)


@pytest.mark.parametrize("name", MODULES)
def test_public_names_are_explained(name):
    module = importlib.import_module(name)
    found = list(faults(name, module.__doc__ or "", {}))
    for where, function in of_module(vars(module), module, inspect.isfunction):
        found += faults_of_function(where, function)
    for _, owner in of_module(vars(module), module, inspect.isclass):
        found += faults_of_class(owner)
    assert not found, "\n".join(["", *found])


@pytest.mark.parametrize("name", WITH_EXAMPLES)
def test_examples_are_true(name, capsys, monkeypatch):
    monkeypatch.setattr("src.plots.style.to_png", blank.draw)  # which is an example's own
    result = doctest.testmod(importlib.import_module(name))
    assert result.attempted > 0
    assert result.failed == 0, capsys.readouterr().out


# The rules themselves


def scale(x: src.spec.Tensor, factor: float) -> src.spec.Tensor:
    return x * factor


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rows x [N, 2] times a factor.", []),
        ("Rows [N, 2].\n\nArgs:\n    x: Rows [N, 2].\n    factor: Of all.", []),
        ("Rows x [N, 2].", ["scale does not say what factor is"]),
        ("Rows x; times a factor, [N, 2].", ["scale does not say which shape x has, in brackets"]),
        (
            "x times a factor.",
            [
                "scale does not say which shape x has, in brackets",
                "scale does not say which shape it returns, in brackets",
            ],
        ),
        (
            "",
            [
                "scale has no docstring",
                "scale does not say what x is",
                "scale does not say what factor is",
                "scale does not say which shape it returns, in brackets",
            ],
        ),
    ],
)
def test_what_a_docstring_leaves_out_is_found(text, expected, monkeypatch):
    monkeypatch.setattr(scale, "__doc__", text)
    assert list(faults_of_function("scale", scale)) == expected
