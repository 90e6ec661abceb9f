"""The search space of a command line: the keys that are searched, those that repeat a trial, and fixed ones."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product
from typing import Any

from hydra.core.override_parser.types import FloatRange, IntervalSweep, Override, RangeSweep
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
    distribution_to_json,
)

from src.comparing.repetitions import repeats
from src.errors import ConfigError

_MOST_VALUES = 10_000  # of a list or a range
_PLACES = "runs_dir=", "data_dir="


@dataclass(frozen=True)
class Space:
    """The space of a search.

    Attributes:
        fixed: Overrides that all trials share.
        searched: The distribution of each searched key.
        repeated: Overrides of each repetition of a trial; [[]] if a trial is a single run.
    """

    fixed: list[str]
    searched: dict[str, BaseDistribution]
    repeated: list[list[str]]

    def words(self, params: dict[str, Any]) -> list[str]:
        """The overrides of a trial with the values `params`, without those of its repetitions."""
        return [*self.fixed, *(f"{key}={_word(params[key], of)}" for key, of in self.searched.items() if key in params)]

    def jobs(self, params: dict[str, Any]) -> list[list[str]]:
        """The overrides of each run of a trial with the values `params`."""
        return [[*self.words(params), *repetition] for repetition in self.repeated]

    def grid(self) -> dict[str, list[Any]]:
        """All values of each searched key.

        Raises:
            ConfigError: A key has infinitely many values.
        """
        return {key: _values(key, distribution) for key, distribution in self.searched.items()}

    def grid_size(self) -> int:
        """The number of combinations of the grid's values."""
        return math.prod(map(len, self.grid().values()))

    def described(self) -> dict[str, Any]:
        """The space as plain data, which is equal for equal spaces."""
        searched = {key: distribution_to_json(distribution) for key, distribution in sorted(self.searched.items())}
        return {"fixed": placeless(self.fixed), "searched": searched, "repeated": self.repeated}


def placeless(words: list[str]) -> list[str]:
    """The `words` that do not name places of files, which another machine may have elsewhere.

    Example:
        >>> placeless(["runs_dir=/scratch", "experiment=xor"])
        ['experiment=xor']
    """
    return sorted(word for word in words if not word.startswith(_PLACES))


def space_of(overrides: Iterable[Override]) -> Space:
    """The space of parsed `overrides`; of two with the same key, the last one counts.

    Intervals, lists and ranges are searched, except those of seeds and folds, which repeat each trial.

    Raises:
        ConfigError: A list or range is empty, or nothing is searched.
    """
    last = {override.get_key_element(): override for override in overrides}
    fixed: list[str] = []
    searched: dict[str, BaseDistribution] = {}
    repeated: list[list[str]] = []
    for key, override in last.items():
        if not override.is_sweep_override():
            fixed.append(f"{key}={override.get_value_element_as_str()}")
        elif repeats(str(override.key_or_group)):
            repeated.append([f"{key}={value}" for value in _listed(override)])
        else:
            searched[key] = _distribution(override)
    if not searched:
        raise ConfigError(
            "hydra/sweeper=optuna: nothing to search; give a key an interval or a list, as in "
            "'optimizer.lr=tag(log,interval(0.001,1))'"
        )
    return Space(fixed, searched, [list(repetition) for repetition in product(*repeated)])


def _distribution(override: Override) -> BaseDistribution:
    value: Any = override.value()
    if isinstance(value, IntervalSweep):
        return _interval(override, value)
    if isinstance(value, RangeSweep) and not value.shuffle and (found := _stepped(override, value)) is not None:
        return found
    return CategoricalDistribution(_listed(override))


def _interval(override: Override, value: IntervalSweep) -> BaseDistribution:
    word, log = override.input_line, "log" in value.tags
    low, high = value.start, value.end
    if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
        raise ConfigError(f"{word}: an interval needs two finite ends")
    if low > high:
        raise ConfigError(f"{word}: the interval ends below its start; put the smaller number first")
    if log and low <= 0:
        raise ConfigError(f"{word}: a logarithmic interval must start above 0 (got {low:g})")
    if isinstance(low, int) and isinstance(high, int):
        return IntDistribution(low, high, log=log)
    return FloatDistribution(float(low), float(high), log=log)


def _stepped(override: Override, value: RangeSweep) -> BaseDistribution | None:
    """An increasing range; as in Hydra, its values end before its stop."""
    if value.start is None or value.stop is None or value.step <= 0:
        return None
    values = _listed(override)
    found = value.range()
    if isinstance(found, FloatRange):
        last = float(value.start) + (len(values) - 1) * float(value.step)
        return FloatDistribution(float(value.start), last, step=float(value.step))
    return IntDistribution(found.start, found[-1], step=found.step)


def _listed(override: Override) -> list[str]:
    """The distinct values of a list or a range, as written on the command line."""
    if not override.is_discrete_sweep():
        raise ConfigError(f"{override.input_line}: repeats each trial, so it needs a list of values")
    values = []
    for value in override.sweep_string_iterator():
        values.append(value)
        if len(values) > _MOST_VALUES:
            raise ConfigError(f"{override.input_line}: has more than {_MOST_VALUES:,} values; use an interval")
    if not values:
        raise ConfigError(f"{override.input_line}: has no values, so there is nothing to try; widen it")
    return list(dict.fromkeys(values))


def _values(key: str, distribution: BaseDistribution) -> list[Any]:
    if isinstance(distribution, CategoricalDistribution):
        return list(distribution.choices)
    if isinstance(distribution, IntDistribution) and not distribution.log:
        return list(range(distribution.low, distribution.high + 1, distribution.step))
    if isinstance(distribution, FloatDistribution) and distribution.step is not None:
        number = round((distribution.high - distribution.low) / distribution.step) + 1
        return [distribution.low + i * distribution.step for i in range(number)]
    raise ConfigError(f"{key}: a grid needs a list or a range (got an interval); use one, or another sampler")


def _word(value: Any, distribution: BaseDistribution) -> str:
    """A value as on the command line; a continuous number gets six digits, unless these leave its interval."""
    if isinstance(value, str):
        return value
    word = f"{value:.6g}"
    if not isinstance(distribution, FloatDistribution) or distribution.step is not None:
        return repr(value)
    return word if distribution.low <= float(word) <= distribution.high else repr(value)
