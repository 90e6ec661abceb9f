"""What every visitor's process needs, imported once: a process for a visitor is then a copy of this one."""

from src.command.startup import lean_imports

with lean_imports():
    import lightning.pytorch  # noqa: F401

    import src.building.build

import src.play.worker  # noqa: F401  # with Matplotlib's colours, which are not among the lean imports
