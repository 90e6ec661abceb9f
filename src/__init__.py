"""A classification lab: one command for each classic problem, such as `python -m src.train experiment=xor`."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path


def _remedy() -> str:
    """What to type instead if this Python lacks the project's packages."""
    environment = Path(os.path.relpath(Path(__file__).resolve().parent.parent / ".venv"))
    if not environment.is_dir():
        return "run make setup once, then source .venv/bin/activate"
    if os.name == "nt":
        return f"use {environment}\\Scripts\\python, or run {environment}\\Scripts\\activate first"
    return f"use {environment}/bin/python, or run source {environment}/bin/activate first"


if any(
    name not in sys.modules and find_spec(name) is None for name in ("hydra", "torch")
):  # usually the system's Python
    _line = f"setup error: {sys.executable} lacks the packages of this project; {_remedy()}"
    if sys.argv[:1] == ["-m"]:  # while `python -m src.train` looks for its module
        sys.stderr.write(f"{_line}\n")
        sys.exit(2)
    raise ModuleNotFoundError(_line)
