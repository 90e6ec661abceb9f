"""Chooses what `auto` leaves open before a run begins: the head for a dataset, and the metric of its best epoch."""

from contextvars import ContextVar
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from src.building.making import make
from src.data.base import InMemoryDataModule
from src.data.choosing import Choice
from src.errors import ConfigError
from src.heads.base import Head
from src.places import CONF
from src.settings.undecided import AUTO, has_any_head, has_any_monitor, is_undecided
from src.trust import targets

_chosen: ContextVar[Choice | None] = ContextVar("chosen", default=None)

Known = dict[str, Choice]
"""The choices made for datasets, by their configurations."""


def chosen() -> Choice | None:
    """The choice made for the run that is about to begin; None if there was nothing to choose."""
    return _chosen.get()


def settle(cfg: DictConfig, folder: Path, known: Known | None = None) -> None:
    """Write the head and the task that fit the target into a configuration, and the metric that fits the head.

    Args:
        cfg: The composed configuration, changed in place.
        folder: The run's folder; no package inside it is trusted.
        known: Choices made for other runs of a sweep; this one is added, so the same data are read only once.

    Raises:
        ConfigError: The data cannot be read, or the chosen head lacks a key that was set.
    """
    _chosen.set(None)
    if not is_undecided(cfg):
        return
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    targets.check(plain, folder)
    if has_any_head(cfg) or cfg.data.get("task") == AUTO:
        _settle_head(cfg, plain, {} if known is None else known)
    if has_any_monitor(cfg):
        head = targets.find(cfg, "head")
        cfg.callbacks.model_checkpoint.monitor = getattr(head, "chosen_by", Head.chosen_by)


def _settle_head(cfg: DictConfig, plain: Any, known: Known) -> None:
    tasks = None if has_any_head(cfg) else getattr(targets.find(plain, "head"), "tasks", None)
    if tasks is not None and ("regression" not in tasks or len(tasks) == 1):
        cfg.data.task = "regression" if "regression" in tasks else "classification"
        return
    key = repr({name: value for name, value in plain["data"].items() if "seed" not in name})
    if key not in known:
        known[key] = _looked_up(cfg)
    choice = known[key]
    _chosen.set(choice)
    if cfg.data.get("task") == AUTO:
        cfg.data.task = "regression" if choice.task == "regression" else "classification"
    if has_any_head(cfg):
        _name_head(cfg, choice)


def _looked_up(cfg: DictConfig) -> Choice:
    dataset = make(cfg, "data")
    if not isinstance(dataset, InMemoryDataModule):
        raise ConfigError(
            f"head=auto: works only with datasets of this project (got {cfg.data._target_}); name a head, as "
            "in head=binary"
        )
    return dataset.choose()


def _name_head(cfg: DictConfig, choice: Choice) -> None:
    """Put the chosen head into `cfg` and keep the keys that were set."""
    named = OmegaConf.load(CONF / "head" / f"{choice.task}.yaml")
    for key, value in cfg.head.items():
        if key == "_target_" or value is None:
            continue
        if key not in named:
            raise ConfigError(
                f"head.{key}: the head that fits has no such key (got {value}): {choice}; leave it out, or name a head"
            )
        named[key] = value
    with open_dict(cfg):
        cfg.head = named
