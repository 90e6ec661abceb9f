"""The rules for parameters of PyTorch's and Lightning's constructors, one class per config group.

These constructors check little, and late. A key without a rule here is left to them.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from src.settings.rules import (
    BelowOne,
    Count,
    Mode,
    Natural,
    NonNegative,
    OpenFraction,
    Positive,
    Rate,
    Ties,
    Whole,
    broken,
    direction,
)

Switch = Annotated[bool, Field(strict=True)]  # these constructors would take any string as true


_MOST_DEVICES = 2**16


def _batches(value: Any) -> Any:
    """Lightning reads an int as a number of batches and a float as a fraction of them."""
    counts = isinstance(value, int) and not isinstance(value, bool) and 1 <= value < 10**18
    if not counts and not (isinstance(value, float) and 0 < value <= 1):
        raise broken("Input should be a number of batches from 1, or a fraction of them above 0.0 and up to 1.0")
    return value


def _batches_or_none(value: Any) -> Any:
    return value if value == 0 and not isinstance(value, bool) else _batches(value)


def _devices(value: Any) -> Any:
    """Lightning accepts a number, a list, or a string of these such as `0,1`."""
    counts = isinstance(value, int) and not isinstance(value, bool) and (1 <= value <= _MOST_DEVICES or value == -1)
    spelled = isinstance(value, str) and re.fullmatch(r"auto|-1|\d[\d, ]*", value)
    if not (counts or spelled or (isinstance(value, list) and value)):
        raise broken("Input should be a number of devices from 1, a list of them, -1 for all, or 'auto'")
    return value


Batches = Annotated[int | float, BeforeValidator(_batches)]


class Rules(BaseModel):
    """Rules for some keys of a config group; only the keys that are present are checked."""

    model_config = ConfigDict(extra="allow")


class OptimizerRules(Rules):
    """`torch.optim`."""

    lr: Rate | Literal["auto"] = 1.0
    weight_decay: Annotated[NonNegative, Field(le=1000)] = 0.0
    momentum: BelowOne = 0.0
    betas: tuple[BelowOne, BelowOne] = (0.0, 0.0)
    eps: Annotated[Positive, Field(le=1)] = 1e-8
    nesterov: Switch = False
    fused: Switch | None = None
    foreach: Switch | None = None
    amsgrad: Switch = False

    @field_validator("nesterov")
    @classmethod
    def _has_momentum(cls, nesterov: bool, info: ValidationInfo) -> bool:
        if nesterov and info.data.get("momentum") == 0:
            raise broken("Input should be false while optimizer.momentum is 0")
        return nesterov


class SchedulerRules(Rules):
    """`torch.optim.lr_scheduler`."""

    step_size: Count = 1
    gamma: Annotated[Positive, Field(le=10)] = 1.0
    T_max: Count = 1
    eta_min: NonNegative = 0.0
    factor: OpenFraction = 0.5
    patience: Natural = 0
    monitor: str | None = None
    mode: Mode = "auto"
    interval: Literal["epoch", "step"] = "epoch"
    max_lr: Rate | Literal["auto"] = 1.0  # as `${optimizer.lr}`
    total_steps: Count | Literal["auto"] = "auto"
    pct_start: OpenFraction = 0.5

    @field_validator("mode")
    @classmethod
    def _agrees(cls, mode: str, info: ValidationInfo) -> str:
        return agreeing(mode, info.data.get("monitor"))


class TrainerRules(Rules):
    """`lightning.pytorch.Trainer`."""

    accelerator: str = "auto"
    devices: Annotated[int | str | list[Natural], BeforeValidator(_devices)] = "auto"
    strategy: str | dict[str, Any] = "auto"
    precision: str | Whole | None = None
    max_epochs: Count = 1
    min_epochs: Count | None = None
    max_steps: Whole = -1
    min_steps: Count | None = None
    val_check_interval: Any = None
    check_val_every_n_epoch: Count | None = 1
    accumulate_grad_batches: Count = 1
    gradient_clip_val: Annotated[Positive, Field(ge=1e-12)] | None = None
    limit_train_batches: Batches | None = None
    limit_val_batches: Batches | None = None
    overfit_batches: Annotated[int | float, BeforeValidator(_batches_or_none)] = 0.0
    fast_dev_run: Switch | Natural = False
    detect_anomaly: Switch = False
    deterministic: Switch | Literal["warn"] | None = None
    benchmark: Switch | None = None
    inference_mode: Switch = True
    sync_batchnorm: Switch = False
    log_every_n_steps: Natural = 50
    num_nodes: Count = 1

    @field_validator("check_val_every_n_epoch")
    @classmethod
    def _validated(cls, epochs: int | None, info: ValidationInfo) -> int | None:
        if epochs is None and not isinstance(info.data.get("val_check_interval"), int):
            raise broken("Input should be a number of epochs, or trainer.val_check_interval a number of batches")
        return epochs

    @field_validator("min_epochs")
    @classmethod
    def _reached(cls, epochs: int | None, info: ValidationInfo) -> int | None:
        most = info.data.get("max_epochs")
        if epochs is not None and most is not None and epochs > most and "max_epochs" in info.data:
            raise broken(f"Input should be at most trainer.max_epochs={most}")
        return epochs

    @field_validator("max_steps")
    @classmethod
    def _steps(cls, steps: int) -> int:
        if steps < 1 and steps != -1:
            raise broken("Input should be a number of steps from 1, or -1 for no bound")
        return steps


class MonitorRules(Rules):
    """Lightning's `EarlyStopping`."""

    monitor: str = ""
    mode: Mode = "auto"
    patience: Count = 1
    min_delta: Annotated[NonNegative, Field(le=1e6)] = 0.0

    @field_validator("mode")
    @classmethod
    def _agrees(cls, mode: str, info: ValidationInfo) -> str:
        return agreeing(mode, info.data.get("monitor"))


class CheckpointRules(MonitorRules):
    """Lightning's `ModelCheckpoint`, which takes the last epoch as the best if it monitors nothing."""

    monitor: str | None = None  # type: ignore[assignment]
    ties: Ties = "first"


def agreeing(mode: str, monitor: str | None) -> str:
    """The `mode` of a callback that monitors the metric `monitor`, if it is the direction in which the metric improves.

    Raises:
        PydanticCustomError: It is the other direction, which would keep the worst epoch as the best.
    """
    better = direction(monitor) if monitor else None
    if better is not None and mode not in ("auto", better):
        size = "smaller" if better == "min" else "larger"
        raise broken(f"Input should be 'auto' or '{better}', since {monitor} is better when it is {size}")
    return mode


_OWN_CHECKPOINTS = (
    "keep more with a callback of your own, +callbacks.NAME._target_=lightning.pytorch.callbacks.ModelCheckpoint"
)

SET_BY_THE_PROJECT: dict[str, dict[str, str]] = {
    "trainer": {
        "logger": "use logger=none, or another option of the group logger",
        "callbacks": "use callbacks=…, or add one with +callbacks.NAME._target_=…",
        "enable_progress_bar": "use callbacks.progress_bar=null",
        "enable_model_summary": "add +callbacks.summary._target_=lightning.pytorch.callbacks.ModelSummary",
        "enable_checkpointing": "use callbacks.model_checkpoint=null",
        "num_sanity_val_steps": "there is no validation before training; leave it out",
        "default_root_dir": "use runs_dir=… or hydra.run.dir=…",
        "barebones": "use logger=none and callbacks.NAME=null",
        "limit_test_batches": "the test split is always evaluated as a whole; leave it out",
        "limit_predict_batches": "src.predict predicts every row; leave it out",
        "use_distributed_sampler": "rows are already divided among processes; leave it out",
        "enable_autolog_hparams": "the run folder keeps all settings; leave it out",
        "model_registry": "the run folder keeps the checkpoints; leave it out",
    },
    "callbacks.model_checkpoint": dict.fromkeys(
        (
            "dirpath",
            "filename",
            "save_top_k",
            "save_last",
            "save_weights_only",
            "save_on_train_epoch_end",
            "every_n_epochs",
            "every_n_train_steps",
            "train_time_interval",
            "enable_version_counter",
            "auto_insert_metric_name",
        ),
        _OWN_CHECKPOINTS,
    ),
}
"""Keys of constructors that this project sets itself, by group, and what to do instead."""
