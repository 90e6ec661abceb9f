"""A quick start: modules that a run never uses are not imported.

torchmetrics imports torchvision, SciPy's signal processing and Matplotlib if they are installed, PyTorch's optimisers
import its compiler, and Lightning's summary of a model imports Triton, which takes about eight seconds in all. Training
a network needs none of it, so the commands import their heavy libraries within `lean_imports`. Code that needs one of
them later simply imports it.
"""

import gc
import importlib.metadata
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from typing import Any

from src.compat.torch_compiler import keep_compiler_out
from src.interrupts import at_once

_OPTIONAL = frozenset({"torchvision", "scipy", "matplotlib", "pandas", "transformers", "triton"})
_FLOP_COUNTER = "torch.utils.flop_counter"  # warns that it will not count Triton's kernels; none runs here


@contextmanager
def lean_imports() -> Iterator[None]:
    """Import PyTorch, torchmetrics and Lightning inside this block without what they do not need.

    Within the block optional packages look as if they were not installed, which the libraries can handle; PyTorch's
    compiler is not loaded until something asks for it. Earlier imports are left as they are.
    """
    with at_once(), _uncollected():
        import torch

    keep_compiler_out(torch)
    finder = _Without(_OPTIONAL - sys.modules.keys())  # a package imported before is complete
    position = sys.meta_path.index(PathFinder)
    sys.meta_path[position] = finder
    counter = logging.getLogger(_FLOP_COUNTER)
    level = counter.level
    counter.setLevel(logging.ERROR)
    try:
        with at_once(), _uncollected():  # some libraries take an interrupted import for a missing module and go on
            yield
    finally:
        counter.setLevel(level)
        sys.meta_path[sys.meta_path.index(finder)] = PathFinder


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage within the block, and exempt what it imports from later collections.

    Imports leave little garbage, and collecting it takes a tenth of their time. Their 400,000 objects would otherwise
    be searched again and again afterwards, which takes a tenth of the time of a short run.
    """
    collects, known = gc.isenabled(), len(sys.modules)
    gc.disable()
    try:
        yield
    finally:
        if len(sys.modules) > known:  # otherwise only other objects would be frozen, which may become garbage
            gc.freeze()
        if collects:
            gc.enable()


class _Without:
    """A path finder that does not see some top-level packages and their metadata."""

    def __init__(self, hidden: frozenset[str]) -> None:
        self.hidden = hidden

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return None if name.partition(".")[0] in self.hidden else PathFinder.find_spec(name, path, target)

    def find_distributions(self, context: Any = None) -> Any:
        hidden = context is not None and context.name in self.hidden
        return iter(()) if hidden else importlib.metadata.MetadataPathFinder.find_distributions(context)

    def invalidate_caches(self) -> None:
        PathFinder.invalidate_caches()
