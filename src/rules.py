"""The rules that values obey: types to annotate parameters with, and a decorator that enforces them.

Our own constructors carry their rules beside each parameter. Those of PyTorch and Lightning cannot, so the rules of
their parameters stand here, a class for each config group; a key without a rule is left to the constructor itself.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, validate_call

Fraction = Annotated[float, Field(ge=0, le=1)]
OpenFraction = Annotated[float, Field(gt=0, lt=1)]
BelowOne = Annotated[float, Field(ge=0, lt=1)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Mode = Literal["min", "max"]

checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True))
"""Decorates a constructor: a value that breaks its annotation raises `pydantic.ValidationError`."""


class Rules(BaseModel):
    """Rules for some keys of a config group; only the keys that are present are checked."""

    model_config = ConfigDict(extra="allow")


class OptimizerRules(Rules):
    """`torch.optim`."""

    lr: Positive = 1.0
    weight_decay: NonNegative = 0.0
    momentum: BelowOne = 0.0
    betas: tuple[BelowOne, BelowOne] = (0.0, 0.0)


class SchedulerRules(Rules):
    """`torch.optim.lr_scheduler`."""

    step_size: Count = 1
    gamma: Positive = 1.0
    T_max: Count = 1
    eta_min: NonNegative = 0.0
    factor: OpenFraction = 0.5
    patience: Annotated[int, Field(ge=0)] = 0
    mode: Mode = "min"
    interval: Literal["epoch", "step"] = "epoch"
    max_lr: Positive = 1.0
    total_steps: Count | Literal["auto"] = "auto"
    pct_start: OpenFraction = 0.5


class TrainerRules(Rules):
    """`lightning.pytorch.Trainer`."""

    max_epochs: Count = 1
    check_val_every_n_epoch: Count = 1
    accumulate_grad_batches: Count = 1
    gradient_clip_val: Positive | None = None
    overfit_batches: NonNegative = 0.0


class MonitorRules(Rules):
    """Lightning's `EarlyStopping` and `ModelCheckpoint`."""

    monitor: str = ""
    mode: Mode = "min"
    patience: Count = 1
    min_delta: NonNegative = 0.0
