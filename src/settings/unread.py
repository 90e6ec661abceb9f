"""Keys that nothing reads, or that this project sets itself: reported instead of ignored."""

import re
from typing import Any

from omegaconf import DictConfig, OmegaConf

from src.errors import ConfigError
from src.settings.libraries import SET_BY_THE_PROJECT
from src.settings.other_names import remedy

_ROOT = {"seed", "runs_dir", "data_dir", "resume", "allow_changed_data", "experiment", "solved", "trust", "plots"}
_GROUPS = {"data", "network", "head", "optimizer", "scheduler", "callbacks", "logger", "trainer"}
_MANY = "callbacks", "logger"  # groups of members, each with a class of its own


def check(cfg: DictConfig, overrides: list[str]) -> None:
    """Raise `ConfigError` for a key that has no effect.

    Args:
        cfg: The composed configuration with unresolved interpolations.
        overrides: The overrides of the command line, including Hydra's own; they may also refer to a key.
    """
    for key in map(str, cfg):
        if key not in _ROOT | _GROUPS and not _is_referred_to(key, cfg, overrides):
            raise ConfigError(f"{key}: this key has no effect; {remedy(key, _ROOT | _GROUPS)}")
    for group, keys in SET_BY_THE_PROJECT.items():
        for key in map(str, OmegaConf.select(cfg, group) or {}):
            if key in keys:
                raise ConfigError(f"{group}.{key}: set by the project; {keys[key]}")
    if cfg.data.get("folds") is not None and any(word.startswith("data.test_fraction=") for word in overrides):
        raise ConfigError(
            f"data.test_fraction: has no effect with data.folds={cfg.data.folds}, one of which is the test split; "
            "leave one of the two out"
        )
    for group in _MANY:
        for name, member in (cfg.get(group) or {}).items():
            if member is not None and not (isinstance(member, DictConfig) and member.get("_target_")):
                raise ConfigError(
                    f"{group}.{name}: needs a class (got {_shown(member)}); set {group}.{name}._target_=…, "
                    f"or leave it out with {group}.{name}=null"
                )
    if (cfg.get("scheduler") or {"_target_": 1}).get("_target_") is None:
        unread = sorted(str(key) for key in cfg.scheduler if key != "_target_")
        if unread:
            raise ConfigError(f"scheduler.{unread[0]}: has no effect without a scheduler; choose one, scheduler=…")


def _is_referred_to(key: str, cfg: DictConfig, overrides: list[str]) -> bool:
    """Whether an interpolation refers to a key."""
    texts = [OmegaConf.to_yaml(cfg, resolve=False), *overrides]
    return any(re.search(rf"\$\{{[^}}]*\b{re.escape(key)}\b", text) for text in texts)


def _shown(value: Any) -> str:
    return repr(OmegaConf.to_container(value) if OmegaConf.is_config(value) else value)
