"""The temperature that divides a run's logits: fitted on validation rows, and saved in its folder."""

from pathlib import Path
from typing import Any, TypeGuard

from src.data.base import InMemoryDataModule
from src.errors import ConfigError
from src.heads.base import Head
from src.metrics.temperature import LEAST, MOST
from src.storage.folders import RunFolder
from src.storage.values import write_json
from src.trust.plain import read_json

_WHERE = {
    "val": "fitted on validation rows",
    "train": "fitted on training rows, which are also this run's validation rows",
}


def calibrate(head: Head, datamodule: InMemoryDataModule) -> None:
    """Fit the temperature of a `head` to the validation rows of a `datamodule`.

    Raises:
        ConfigError: The head has no probabilities.
    """
    use(head, None, datamodule)
    use(head, head.fitted_temperature(*head.outputs(datamodule.whole("val"))), datamodule)


def use(head: Head, temperature: float | None, datamodule: InMemoryDataModule) -> None:
    """Set a temperature of a `head` that was fitted on the validation rows of a `datamodule`; None removes it."""
    if temperature is None:
        head.temperature, head.fitted_on = 1.0, None
    else:
        head.temperature, head.fitted_on = temperature, "train" if datamodule.validates_on_training else "val"


def write(folder: Path, head: Head) -> None:
    """Save the temperature of a `head` and the rows it was fitted on in a run's `folder`.

    Without a temperature nothing is written, unless an earlier one has to be replaced.
    """
    path = RunFolder(folder).calibration
    if head.fitted_on is None and not path.exists():
        return
    values = {"temperature": head.temperature, "fitted_on": head.fitted_on}
    write_json(path, values)


def read(folder: Path, head: Head) -> None:
    """Set the temperature of a `head` from a run's `folder`, if it has one.

    Raises:
        ConfigError: The file does not contain a temperature.
    """
    path = RunFolder(folder).calibration
    if not path.exists():
        return
    stored = read_json(path)
    stored = stored if isinstance(stored, dict) else {}
    temperature, fitted_on = stored.get("temperature"), stored.get("fitted_on")
    if not _is_temperature(temperature):
        raise ConfigError(
            f"{path}: should hold a temperature between {LEAST:g} and {MOST:g} (got {str(temperature)[:20]}); "
            "fit it again with src.evaluate calibration=temperature, or delete it, which leaves 1"
        )
    if fitted_on in _WHERE:
        head.temperature, head.fitted_on = float(temperature), fitted_on


def line(head: Head) -> list[str]:
    """The line about the temperature of a `head` and its origin, if it has one.

    Example:
        >>> import torch
        >>> from src.heads.binary import BinaryHead
        >>> from src.spec import DataSpec
        >>> head = BinaryHead(torch.nn.Linear(2, 1), DataSpec("binary", (2,), ("well", "sick")), torch.optim.SGD)
        >>> head.temperature, head.fitted_on = 1.25, "val"
        >>> line(head)
        ['temperature, which divides the logits: 1.25 (fitted on validation rows)']
    """
    if head.fitted_on is None:
        return []
    return [f"temperature, which divides the logits: {head.temperature:.4g} ({_WHERE[head.fitted_on]})"]


def _is_temperature(value: Any) -> TypeGuard[float]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and LEAST * 0.999 < value < MOST * 1.001
