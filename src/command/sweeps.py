"""What a sweep runs over: checks that it is not empty, and names the folder of its runs."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException
from omegaconf import DictConfig

from src.compat.hydra import current_loader
from src.errors import ConfigError

_LONGEST_NAME = 40  # of a folder's name, so that a list of folders stays readable
_MOST_RUNS = 10**6


def problem(*, _root_: DictConfig) -> str:
    """The name of the folder for runs: the experiment, or else the dataset; all of them if they are swept over.

    Args:
        _root_: The composed configuration in which Hydra resolves `${problem:}`.
    """
    chosen = [word for word in _root_.hydra.overrides.task if word.startswith(("experiment=", "data="))]
    swept = {override.key_or_group: override for override in _swept(chosen)}
    for group in ("experiment", "data"):
        if group in swept:
            return _joined(swept[group].sweep_string_iterator())
    choices = _root_.hydra.runtime.choices
    return str(choices.get("experiment") or choices.data)


def check_sweep(hydra: DictConfig) -> None:
    """Raise `ConfigError` for a sweep with no runs, with too many for a disk, or over a key without a list of values.

    Args:
        hydra: Hydra's own part of the configuration. Sweepers other than the basic one do their own checks.
    """
    if not str(hydra.sweeper._target_).endswith(".BasicSweeper"):
        return
    params = [f"{key}={value}" for key, value in (hydra.sweeper.params or {}).items()]
    number = 1
    for override in _swept([*params, *hydra.overrides.task]):
        word = str(override.input_line)
        if not override.is_discrete_sweep():
            raise ConfigError(
                f"{word}: hydra/sweeper=basic needs a list of values; use choice(…), or range(…) with a step"
            )
        try:
            values = sum(1 for _ in islice(override.sweep_iterator(), _MOST_RUNS + 1))
        except (HydraException, ValueError) as error:
            raise ConfigError(f"{word}: {error}; give a range that ends") from error
        if values == 0:
            raise ConfigError(f"{word}: contains no value, so there is nothing to run; widen it")
        number *= values
    if number > _MOST_RUNS:
        raise ConfigError(f"--multirun: a sweep has at most {_MOST_RUNS:,} runs (got more); narrow it")


def _swept(overrides: Iterable[str]) -> Iterator[Override]:
    """The overrides that a sweep varies, the last one of each key."""
    parser = OverridesParser.create(config_loader=current_loader())  # which lists options for `glob(*)`
    parsed = parser.parse_overrides(list(overrides))
    last = {override.get_key_element(): override for override in parsed}
    return (override for override in last.values() if override.is_sweep_override())


def _joined(options: Iterable[str]) -> str:
    """A folder name for several options that needs no quotes in any shell.

    Example:
        >>> _joined(["xor", "circles"]), _joined(["digits_cnn", "fashion_cnn", "fashion_mlp", "breast_cancer"])
        ('xor+circles', 'digits_cnn+3_more')
    """
    names = [re.sub(r"[^\w.-]", "", option) for option in options]
    whole = "+".join(names)
    return whole if len(whole) <= _LONGEST_NAME else f"{names[0][:_LONGEST_NAME]}+{len(names) - 1}_more"
