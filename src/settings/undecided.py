"""What a configuration may leave to the data: the head, and the task of a table."""

from collections.abc import Mapping
from typing import Any

ANY_HEAD = "src.heads.base.Head"
"""The target of `head=auto`, which is replaced before a run begins."""

AUTO = "auto"
"""A table's task until it is known."""


def is_undecided(cfg: Mapping[str, Any]) -> bool:
    """Whether a configuration `cfg` leaves something to the data.

    Example:
        >>> is_undecided({"head": {"_target_": ANY_HEAD}, "data": {}}), is_undecided({"head": {}, "data": {}})
        (True, False)
    """
    return has_any_head(cfg) or cfg["data"].get("task") == AUTO


def has_any_head(cfg: Mapping[str, Any]) -> bool:
    """Whether a configuration `cfg` names no head."""
    return bool(cfg["head"].get("_target_") == ANY_HEAD)
