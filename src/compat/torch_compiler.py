"""A stand-in for PyTorch's compiler, which its optimizers import and no run here uses; it saves three seconds."""

import importlib
import importlib.util
import sys
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from src.compat.missing import mention

_NAME = "torch._dynamo"


def keep_compiler_out(torch: ModuleType) -> None:
    """Do not import the compiler of `torch` until something asks for it; PyTorch has no setting for that.

    If it is somewhere else, it is imported as usual, which is slower. Tested with torch 2.8.0 and 2.15.0.
    """
    if _NAME in sys.modules:
        return
    if importlib.util.find_spec(_NAME) is None:
        mention("torch", _NAME, "commands start more slowly")
    else:
        _CompilerStandIn(torch)


class _CompilerStandIn(ModuleType):
    """Stands in for `torch._dynamo` until something is compiled, and then makes way for it.

    Optimisers use it for two things: to keep a function out of compiled graphs and to break a graph. As long as there
    are no graphs, both do nothing. Any other access loads the real module and passes it the functions seen so far.
    """

    __path__: list[str] = []

    class OptimizedModule:
        """No module is compiled, so none is an instance."""

    def __init__(self, torch: ModuleType) -> None:
        super().__init__(_NAME)
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
        if not name.startswith(f"{_NAME}."):
            return None
        return PathFinder.find_spec(name, self.stand_in.make_way().__path__, target)
