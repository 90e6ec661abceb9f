"""Imports everything that visitors' processes need, once: each of them is then a fork of this one."""

from src.command.startup import lean_imports

with lean_imports():
    import lightning.pytorch  # noqa: F401

    import src.building.build
    import src.stacking.stack

import src.play.starts
import src.play.worker  # noqa: F401  # includes Matplotlib's colours, which are not among the lean imports
