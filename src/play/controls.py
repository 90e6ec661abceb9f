"""The controls of the page: each setting by its key on the command line, with its bounds on the page."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from src.errors import ConfigError, choice
from src.settings.rules import Input

Kind = Literal["choice", "several", "pair", "number", "whole", "layers"]


@dataclass(frozen=True)
class Control:
    """A setting that can be changed on the page.

    Attributes:
        key: Its key, or its group, on the command line.
        kind: The kind of its values; `several` are some options, null the first two; a `pair` are the names of two
            columns of a table; `layers` are the units of each hidden layer.
        least: The smallest number.
        most: The largest number.
        options: The options to choose from.
        optional: Whether it may be null; on the page, null also stands for the value of another key.
        goes_on: Whether training can continue with a new value; otherwise it starts again.
    """

    key: str
    kind: Kind
    least: float = 0.0
    most: float = 1e6
    options: tuple[str, ...] = ()
    optional: bool = False
    goes_on: bool = False

    def checked(self, value: Any) -> Any:
        """A `value` from the page, if it is of this kind and within bounds.

        Raises:
            ConfigError: It is not. Rules that also hold on the command line are checked elsewhere.

        Example:
            >>> LAYERS.checked([4, 2])
            [4, 2]
        """
        if value is None and self.optional:
            return None
        if self.kind in ("choice", "several"):
            for each in value if self.kind == "several" and isinstance(value, list) else [value]:
                if each not in self.options:
                    raise ConfigError(f"{self.key}: no option {each!r}; {choice(str(each), self.options)}")
            return None if value == [*self.options[:2]] else value
        if self.kind == "pair":
            return self._pair(value)
        if self.kind == "layers":
            return self._layers(value)
        return self._number(value, self.kind == "whole")

    def _number(self, value: Any, whole: bool) -> float:
        sort = int if whole else int | float
        if isinstance(value, bool) or not isinstance(value, sort) or not math.isfinite(value):
            raise ConfigError(f"{self.key}: should be a {'whole ' * whole}number (got {value!r:.40}); give one")
        if not self.least <= value <= self.most:
            remedy = _ELSEWHERE if value > self.most else "give a larger one"
            bounds = f"{self.least:g} to {self.most:,g}" if self.most < 1e6 else f"{self.least:g} or more"
            raise ConfigError(f"{self.key}: should be {bounds} on this page (got {value:,}); {remedy}")
        return value

    def _pair(self, value: Any) -> list[str]:
        names = value if isinstance(value, list) else []
        if len(names) != 2 or not all(isinstance(name, str) for name in names) or names[0] == names[1]:
            raise ConfigError(f"{self.key}: should be two different columns (got {value!r:.60}); choose another one")
        return list(names)

    def _layers(self, value: Any) -> list[int]:
        if not isinstance(value, list) or len(value) > MOST_LAYERS:
            raise ConfigError(f"{self.key}: has at most {MOST_LAYERS} hidden layers on this page; {_ELSEWHERE}")
        for units in value:
            self._number(units, whole=True)
        return value


MOST_LAYERS = 6
_ELSEWHERE = "python -m src.train goes further"
MOST_ROWS = 20_000

PROBLEMS = (
    *("xor", "circles", "moons", "spirals", "blobs", "gaussian"),
    *("and_gate", "or_gate", "nand_gate", "xor_gate"),
)
"""Experiments on two inputs, one for each dataset."""

BUNDLED = ("iris", "wine", "breast_cancer")
"""Tables that come with scikit-learn."""

OWN_TABLE = "own_table"
"""The table that the command of the server names."""

LAYERS = Control("network.hidden_dims", "layers", 1, 64)
ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "gelu", "silu", "identity")
INPUTS = get_args(Input)

CONTROLS = (
    Control("experiment", "choice", options=(*PROBLEMS, *BUNDLED, OWN_TABLE)),
    Control("data.columns", "pair"),
    Control("data.noise", "number", 0, 100, goes_on=True),
    Control("data.label_noise", "number", 0, 1, goes_on=True),
    Control("data.num_train", "whole", 10, MOST_ROWS, goes_on=True),
    Control("data.num_samples", "whole", 10, MOST_ROWS, goes_on=True),
    Control("data.centers", "whole", 2, 10),
    Control("data.arms", "whole", 2, 10),
    Control("network.inputs", "several", options=INPUTS, optional=True),
    LAYERS,
    Control("network.activation", "choice", options=ACTIVATIONS),
    Control("head", "choice", options=("binary", "multiclass")),
    Control("optimizer", "choice", options=("sgd", "adam", "adamw")),
    Control("optimizer.lr", "number", goes_on=True),
    Control("optimizer.momentum", "number", goes_on=True),
    Control("optimizer.weight_decay", "number", goes_on=True),
    Control("data.batch_size", "whole", 1, MOST_ROWS, optional=True, goes_on=True),
    Control("scheduler", "choice", options=("none", "cosine", "onecycle", "plateau", "restarts", "step")),
    Control("trainer.max_epochs", "whole", 1, 100_000, goes_on=True),
    Control("callbacks.early_stopping.patience", "whole", 1, 100_000, optional=True, goes_on=True),
    Control("solved.at_least", "number", 0, 1, optional=True, goes_on=True),
    Control("seed", "whole", 0, 2**32 - 1),
)
"""All controls, in the order of the page."""

BY_KEY = {control.key: control for control in CONTROLS}
GROUPS = ("experiment", "head", "optimizer", "scheduler")
"""The controls that choose an option of a group; the others set a key."""

CHANGE_ROWS = {"data.noise", "data.num_train", "data.num_samples"}
"""The controls that change the inputs of training rows although training goes on."""

ENDS = {"trainer.max_epochs", "callbacks.early_stopping.patience", "solved.at_least"}
"""The controls that decide when training ends or pauses, and nothing else about it."""


def differing(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """The keys of the controls whose values differ between `one` setting and the `other`, in the order of the page.

    Example:
        >>> differing({"seed": 0, "optimizer": "sgd"}, {"optimizer": "adam", "seed": 0, "title": "XOR"})
        ['optimizer']
    """
    return [key for key in BY_KEY if one.get(key) != other.get(key)]


def checked(values: Any) -> dict[str, Any]:
    """The settings that a page requests, each checked by itself.

    Args:
        values: The values by the controls' keys; anything, if it was not the page that sent them.

    Raises:
        ConfigError: There is no such control, or it does not accept the value.
    """
    if not isinstance(values, Mapping):
        raise ConfigError(f"page: settings should be keys and values (got {type(values).__name__}); reload the page")
    for key in values:
        if key not in BY_KEY:
            raise ConfigError(f"{key!s:.40}: cannot be set on this page; python -m src.train sets every key")
    return {key: BY_KEY[key].checked(value) for key, value in values.items()}
