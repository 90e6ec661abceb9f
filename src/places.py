"""Where configurations and exercises are: at the top of a clone, or in the package `classification_lab` of a wheel."""

from pathlib import Path

_CODE = Path(__file__).parent.parent
_INSTALLED = _CODE / "classification_lab" / "conf"

CONF = _INSTALLED if _INSTALLED.is_dir() else _CODE / "conf"
"""The folder of the configurations."""

EXERCISES = CONF.parent / "exercises"
"""The folder of the exercises of `src.play`."""

CLONE = None if _INSTALLED.is_dir() else _CODE
"""The clone that this code is part of; None if it was installed from a wheel."""
