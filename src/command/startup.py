"""A quick start: what a run of this project never uses is not imported.

torchmetrics imports torchvision, SciPy's signal processing and Matplotlib wherever they are installed, and PyTorch's
optimisers import its compiler, in all about eight seconds. None of it takes part in training a network, so the commands
import their heavy libraries within `lean_imports`. Whoever does need one of them later simply imports it.
"""

import gc
import importlib.metadata
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from src.compat.torch_compiler import keep_compiler_out
from src.interrupts import at_once

_OPTIONAL = frozenset({"torchvision", "scipy", "matplotlib", "pandas", "transformers"})


@contextmanager
def lean_imports() -> Iterator[None]:
    """Import PyTorch, torchmetrics and Lightning inside this block without what they do not need.

    Within the block optional packages look as if they were not installed, which the libraries are made to cope with;
    PyTorch's compiler stays out until something asks for it. Imports that were done before are left as they are.
    """
    with at_once(), _uncollected():
        import torch

    keep_compiler_out(torch)
    finder = _Without(_OPTIONAL - sys.modules.keys())  # what is there already is there as a whole
    position = sys.meta_path.index(PathFinder)
    sys.meta_path[position] = finder
    try:
        with at_once(), _uncollected():  # libraries may take an import that is broken off for a missing module,
            yield  # and go on
    finally:
        sys.meta_path[sys.meta_path.index(finder)] = PathFinder


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage within the block: imports leave little, and looking takes a tenth of their time."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


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
