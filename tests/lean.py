"""Imported first where commands begin as copies: what commands import, as they import it."""

from src.command.startup import lean_imports

with lean_imports():
    import src.runs.training
    import src.stacking.training  # noqa: F401
