"""Which jobs may train together: their networks, seeds and numbers may differ, and nothing may need a single run."""

import json
from typing import Any

from src.building.build import is_plain
from src.callbacks.judging import StopRule
from src.settings.undecided import has_any_rate
from src.stacking import schedules
from src.stacking.clipping import CLIPPING
from src.stacking.optimizers import STACKED

Plain = dict[str, Any]

_OPTIMIZER_NUMBERS = {"lr", "momentum", "weight_decay", "betas", "eps"}
_OPTIMIZER_SWITCHES = {"_target_", "nesterov", "fused", "foreach"}
_SCHEDULER_NUMBERS = {"max_lr", "step_size", "gamma", "T_max", "eta_min", "factor", "patience", "pct_start"}
_DATA_SHAPES = {"batch_size", "steps_per_execution", "positive"}  # values that determine steps or labels
_NETWORK_LAYERS = {"hidden_dims", "activation", "dropout", "batch_norm"}
_TRAINER_FREE = {
    "_target_",
    "max_epochs",
    "check_val_every_n_epoch",
    "accelerator",
    "threads",
    "log_every_n_steps",
    *CLIPPING,
}
_TRAINER_PLAIN = {
    "devices": 1,
    "strategy": "auto",
    "precision": "32-true",
    "accumulate_grad_batches": 1,
    "limit_train_batches": None,
    "overfit_batches": 0.0,
    "fast_dev_run": False,
    "detect_anomaly": False,
    "deterministic": None,
}
_CALLBACKS = {
    "early_stopping": ("src.callbacks.early_stopping.EarlyStopping", {"monitor", *StopRule._fields}),
    "model_checkpoint": (
        "src.callbacks.model_checkpoint.ModelCheckpoint",
        {"monitor", "mode", "ties", "seconds_between_writes"},
    ),
    "history": ("src.callbacks.history.History", set()),
}
_LEFT_OUT = {"progress_bar", "figures", "importance"}  # off in a stack, whatever their settings


def signature(cfg: Plain) -> str:
    """The same text for each `cfg` that differs only in seeds, hidden layers, and numbers of data and optimization.

    Example:
        >>> runs = [
        ...     {"seed": seed, "data": {}, "optimizer": {"lr": rate}, "scheduler": {}, "network": {"hidden_dims": dims}}
        ...     for seed, rate, dims in ((0, 0.3, [4]), (1, 0.1, [8]))
        ... ]
        >>> signature(runs[0]) == signature(runs[1])
        True
    """
    rest = {key: value for key, value in cfg.items() if key != "seed"}
    rest["network"] = {key: value for key, value in cfg["network"].items() if key not in _NETWORK_LAYERS}
    rest["data"] = {key: value for key, value in cfg["data"].items() if key in _DATA_SHAPES or not _is_number(value)}
    rest["optimizer"] = {key: value for key, value in cfg["optimizer"].items() if key not in _OPTIMIZER_NUMBERS}
    rest["scheduler"] = {key: value for key, value in cfg["scheduler"].items() if key not in _SCHEDULER_NUMBERS}
    return json.dumps(rest, sort_keys=True, default=str)


def widest(cfg: Plain) -> int:
    """The units of the largest hidden layer that a `cfg` names; networks of similar width should be in one stack.

    Example:
        >>> widest({"network": {"hidden_dims": [4, 16]}}), widest({"network": {"depth": 1}})
        (16, 0)
    """
    hidden = cfg["network"].get("hidden_dims")
    return max((units for units in hidden if isinstance(units, int)), default=0) if isinstance(hidden, list) else 0


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def reason_against(cfg: Plain) -> str | None:
    """Why a run of this `cfg` must train alone, as far as the configuration shows; otherwise None.

    Raises:
        ConfigError: The configuration names a class that does not exist, or of another kind.
    """
    return cannot_train_together(cfg) or _rest(cfg)


def cannot_train_together(cfg: Plain) -> str | None:
    """Why networks of this `cfg` cannot train together, as members of one run or as single runs; otherwise None.

    Raises:
        ConfigError: The configuration names a class that does not exist, or of another kind.
    """
    return (
        _modules(cfg)
        or _optimizer(cfg["optimizer"])
        or _scheduler(cfg["scheduler"], cfg["trainer"])
        or _trainer(cfg["trainer"])
        or _callbacks(cfg["callbacks"])
        or _steps(cfg["data"])
    )


def _modules(cfg: Plain) -> str | None:
    return "Lightning modules of your own have no vectorized form" if is_plain(cfg) else None


def _optimizer(cfg: Plain) -> str | None:
    if cfg["_target_"] not in STACKED:
        return f"optimizer {cfg['_target_']} has no vectorized form"
    odd = [key for key, value in cfg.items() if value and key not in _OPTIMIZER_NUMBERS | _OPTIMIZER_SWITCHES]
    return f"optimizer.{odd[0]} has no vectorized form" if odd else None


def _scheduler(cfg: Plain, trainer: Plain) -> str | None:
    if cfg["_target_"] not in {None, *schedules.KNOWN}:
        return f"scheduler {cfg['_target_']} has no vectorized form"
    if cfg.get("monitor") is not None and trainer["check_val_every_n_epoch"] != 1:
        return "a scheduler that monitors a metric needs validation after every epoch"
    return None


def _trainer(cfg: Plain) -> str | None:
    for key, value in cfg.items():
        if key not in _TRAINER_FREE and (key not in _TRAINER_PLAIN or value != _TRAINER_PLAIN[key]):
            return f"trainer.{key}={value} needs a Trainer of its own"
    return None


def _callbacks(cfg: Plain) -> str | None:
    for name, settings in cfg.items():
        if settings is None or name in _LEFT_OUT:
            continue
        target, known = _CALLBACKS.get(name, ("", set()))
        if settings["_target_"] != target:
            return f"callbacks.{name} needs a Trainer of its own"
        if settings.get("monitor", "") is None:
            return f"callbacks.{name}.monitor=null has no vectorized form"
        if odd := settings.keys() - known - {"_target_"}:
            return f"callbacks.{name}.{min(odd)} has no vectorized form"
    return None


def _steps(cfg: Plain) -> str | None:
    alone = cfg.get("steps_per_execution") == 1
    return "data.steps_per_execution=1 makes every step pass through the Trainer" if alone else None


def _rest(cfg: Plain) -> str | None:
    if has_any_rate(cfg):
        return "optimizer.lr=auto is chosen by each run on its own rows, from a stack of its own"
    if cfg["network"].get("members", 1) != 1:
        return "network.members trains a stack of its own"
    if cfg.get("resume") is not None:
        return "a run is resumed alone"
    return None
