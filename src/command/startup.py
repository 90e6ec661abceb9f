"""A quick start: what a run of this project never uses is not imported.

torchmetrics imports torchvision, SciPy's signal processing and Matplotlib wherever they are installed, and PyTorch's
optimisers import its compiler, in all about eight seconds. None of it takes part in training a network, so the commands
import their heavy libraries within `lean_imports`. Whoever does need one of them later simply imports it.
"""

import importlib
import importlib.metadata
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from src.interrupts import at_once

_OPTIONAL = frozenset({"torchvision", "scipy", "matplotlib", "pandas", "transformers"})


@contextmanager
def lean_imports() -> Iterator[None]:
    """Import PyTorch, torchmetrics and Lightning inside this block without what they do not need.

    Within the block optional packages look as if they were not installed, which the libraries are made to cope with;
    PyTorch's compiler stays out until something asks for it. Imports that were done before are left as they are.
    """
    with at_once():
        import torch

    if "torch._dynamo" not in sys.modules:
        _CompilerStandIn(torch)
    finder = _Without(_OPTIONAL)
    position = sys.meta_path.index(PathFinder)
    sys.meta_path[position] = finder
    try:
        with at_once():  # libraries may take an import that is broken off for a missing module, and go on
            yield
    finally:
        sys.meta_path[sys.meta_path.index(finder)] = PathFinder


class _Without:
    """The path finder, blind to some top-level packages and their metadata."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self.hidden = hidden

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return None if name.partition(".")[0] in self.hidden else PathFinder.find_spec(name, path, target)

    def find_distributions(self, context: Any = None) -> Any:
        hidden = context is not None and context.name in self.hidden
        return iter(()) if hidden else importlib.metadata.MetadataPathFinder.find_distributions(context)

    def invalidate_caches(self) -> None:
        PathFinder.invalidate_caches()


class _CompilerStandIn(ModuleType):
    """Answers for `torch._dynamo` while nothing is compiled, and makes way for it when something is.

    Optimisers ask it for two things: to keep a function out of compiled graphs and to break a graph. As long as there
    are no graphs both mean nothing. Any other request loads the real module and hands it the functions seen so far.
    """

    __path__: list[str] = []

    class OptimizedModule:
        """No module is compiled, so none is an instance."""

    def __init__(self, torch: ModuleType) -> None:
        super().__init__("torch._dynamo")
        self._torch = torch
        self._kept_out: list[Any] = []
        sys.modules[self.__name__] = self
        torch._dynamo = self  # type: ignore[attr-defined]
        self._finder = _OnSubmodule(self)
        sys.meta_path.insert(0, self._finder)

    def disable(self, fn: Any = None, recursive: bool = True, **_: Any) -> Any:
        self._kept_out.append(fn)
        return fn

    def graph_break(self, msg: str = "") -> None:
        return None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.make_way(), name)

    def make_way(self) -> ModuleType:
        if sys.modules.get(self.__name__) is self:
            sys.meta_path.remove(self._finder)
            del sys.modules[self.__name__], self._torch._dynamo
            for fn in self._kept_out:
                vars(fn).pop("__dynamo_disable", None)  # so that PyTorch asks the real module again
        return importlib.import_module(self.__name__)


class _OnSubmodule:
    """Notices that a part of the compiler is imported."""

    def __init__(self, stand_in: _CompilerStandIn) -> None:
        self.stand_in = stand_in

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        if not name.startswith("torch._dynamo."):
            return None
        return PathFinder.find_spec(name, self.stand_in.make_way().__path__, target)
