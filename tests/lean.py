"""Imported first in the process that commands start from: imports what commands import, in the same way."""

from src.command.startup import lean_imports

with lean_imports():
    import src.runs.training
    import src.stacking.training  # noqa: F401
