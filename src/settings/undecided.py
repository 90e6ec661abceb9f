"""What a configuration may leave to the data: the head, a table's task, the metric of the best epoch, and the rate."""

from collections.abc import Mapping
from typing import Any

ANY_HEAD = "src.heads.base.Head"
"""The `_target_` of `head=auto`, which is replaced before a run begins."""

AUTO = "auto"
"""A table's task, the metric that chooses the best epoch, or the learning rate, until it is known."""


def is_undecided(cfg: Mapping[str, Any]) -> bool:
    """Whether a configuration `cfg` leaves something to the data.

    Example:
        >>> is_undecided({"head": {"_target_": ANY_HEAD}, "data": {}}), is_undecided({"head": {}, "data": {}})
        (True, False)
    """
    return has_any_head(cfg) or cfg["data"].get("task") == AUTO or has_any_monitor(cfg)


def has_any_rate(cfg: Mapping[str, Any]) -> bool:
    """Whether a configuration `cfg` leaves the learning rate to the data; unlike the rest, choosing it takes training.

    Example:
        >>> has_any_rate({"optimizer": {"lr": "auto"}}), has_any_rate({"optimizer": {"lr": 0.1}})
        (True, False)
    """
    return bool(cfg["optimizer"].get("lr") == AUTO)


def has_any_monitor(cfg: Mapping[str, Any]) -> bool:
    """Whether a configuration `cfg` leaves the metric that chooses the best epoch to the head."""
    checkpoint = (cfg.get("callbacks") or {}).get("model_checkpoint") or {}
    return bool(checkpoint.get("monitor") == AUTO)


def has_any_head(cfg: Mapping[str, Any]) -> bool:
    """Whether a configuration `cfg` does not name a head."""
    return bool(cfg["head"].get("_target_") == ANY_HEAD)
