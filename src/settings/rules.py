"""The rules for values: types to annotate parameters with, and a decorator that enforces them.

Our own constructors annotate each parameter with its rule; `src.settings.libraries` has PyTorch's and Lightning's.
A boolean or a string is never accepted as a number, although Python would: `data.noise=true` is a mistake, not 1.0.
"""

from math import inf
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, validate_call
from pydantic_core import PydanticCustomError

_SMALLEST = 1e-12  # anything smaller has no effect when added to or multiplied with a float32 weight
_LARGEST = 10**18 - 1  # PyTorch, files and loops count in 64 bits


def broken(rule: str) -> PydanticCustomError:
    """The error for a value that breaks a `rule`, a sentence in pydantic's style: "Input should be …"."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


def _numeric(value: Any) -> Any:
    if isinstance(value, bool | str):
        raise broken("Input should be a number")
    return value


def _countable(value: Any) -> Any:
    if isinstance(value, int | float) and _LARGEST < abs(value) < inf:
        raise broken("Input should be a whole number of at most 18 digits")
    return value


def _felt(value: float) -> float:
    """Refuse a value that is not 0 but has the same effect in float32."""
    if 0 < value < _SMALLEST:
        raise broken(f"Input should be 0, or at least {_SMALLEST:g} to have an effect")
    return value


def _within(smallest: float, largest: float) -> AfterValidator:
    """Bounds beyond which a value makes no difference in float32, or cannot be useful."""

    def check(value: float) -> float:
        if not smallest <= value <= largest:
            raise broken(f"Input should be between {smallest:g} and {largest:g}")
        return value

    return AfterValidator(check)


Number = Annotated[float, BeforeValidator(_numeric), Field(allow_inf_nan=False)]
Whole = Annotated[int, BeforeValidator(_countable), BeforeValidator(_numeric)]

Fraction = Annotated[Number, Field(ge=0, le=1), AfterValidator(_felt)]
OpenFraction = Annotated[Number, Field(gt=0, lt=1)]
BelowOne = Annotated[Number, Field(ge=0, lt=1), AfterValidator(_felt)]
NonNegative = Annotated[Number, Field(ge=0), AfterValidator(_felt)]
Positive = Annotated[Number, Field(gt=0)]
Spread = Annotated[Number, Field(ge=0, le=1e6)]
"""A standard deviation: noise beyond a million would drown the data."""
Rate = Annotated[Number, Field(gt=0), _within(_SMALLEST, 1e6)]
"""A learning rate, or another factor that must have an effect on float32 weights."""
Count = Annotated[Whole, Field(ge=1)]
Natural = Annotated[Whole, Field(ge=0)]
NumClasses = Annotated[Whole, Field(ge=2, le=1000)]
ClassName = str | Whole | Number | bool
"""A class name as a user writes it: YAML turns some names into numbers and booleans."""
Seed = Annotated[Whole, Field(ge=0, lt=2**32)]
Mode = Literal["auto", "min", "max"]
Ties = Literal["first", "last", "loss"]
"""Which of several equally good epochs is the best: the first, the last, or the one with the lowest `val/loss`."""

Input = Literal["x1", "x2", "x1_squared", "x2_squared", "x1_times_x2", "sin_x1", "sin_x2"]
"""A function of two inputs that a network can get instead of the inputs."""

checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True))
"""Decorates a constructor: a value that violates its annotation raises `pydantic.ValidationError`."""

_SMALLER_IS_BETTER = frozenset({"loss", "mae", "mse", "rmse", "error", "nll", "brier", "ece"})
_LARGER_IS_BETTER = frozenset(
    {"accuracy", "precision", "recall", "f1", "r2", "auc", "mcc", "kappa", "specificity", "sensitivity"}
)


def direction(metric: str) -> Literal["min", "max"] | None:
    """Whether a smaller (`min`) or larger (`max`) metric is better, by the last word of its name; None if unknown.

    Example:
        >>> direction("val/loss"), direction("test/subset_accuracy"), direction("val/lift")
        ('min', 'max', None)
    """
    word = metric.rpartition("/")[2].rpartition("_")[2]
    return "min" if word in _SMALLER_IS_BETTER else "max" if word in _LARGER_IS_BETTER else None


def resolved_mode(monitor: str, mode: str) -> Literal["min", "max"]:
    """The `mode` of a callback that monitors the metric `monitor`, with `auto` resolved by the metric's name.

    Raises:
        ValueError: The name does not determine it.

    Example:
        >>> resolved_mode("val/accuracy", "auto"), resolved_mode("val/lift", "max")
        ('max', 'max')
    """
    found = direction(monitor) if mode == "auto" else mode
    if found not in ("min", "max"):
        raise ValueError(f"mode: {monitor} may be better small or large (got {mode}); set it to min or max")
    return "min" if found == "min" else "max"
