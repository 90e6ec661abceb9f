"""The head that fits a dataset, where none was named: chosen before a run begins, and named in its configuration."""

from contextvars import ContextVar
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf, open_dict

from src.building.making import make
from src.data.base import InMemoryDataModule
from src.data.choosing import Choice
from src.errors import ConfigError
from src.places import CONF
from src.settings.undecided import AUTO, has_any_head, is_undecided
from src.trust import targets

_chosen: ContextVar[Choice | None] = ContextVar("chosen", default=None)

Known = dict[str, Choice]
"""What was chosen for datasets, by their configurations."""


def chosen() -> Choice | None:
    """What was chosen for the run that begins; None where nothing had to be."""
    return _chosen.get()


def settle(cfg: DictConfig, folder: Path, known: Known | None = None) -> None:
    """Put the head, and the task of a table, that fit what is predicted into a configuration.

    Args:
        cfg: The composed configuration, which is changed.
        folder: The run's folder, below which no package is trusted.
        known: What was chosen for other runs of a sweep, to which this is added: their data are looked at once.

    Raises:
        ConfigError: The data cannot be read, or a key of the head does not go with the one that was chosen.
    """
    _chosen.set(None)
    if not is_undecided(cfg):
        return
    plain: Any = OmegaConf.to_container(cfg, resolve=True)
    targets.check(plain, folder)
    tasks = None if has_any_head(cfg) else getattr(targets.find(plain, "head"), "tasks", None)
    if tasks is not None and ("regression" not in tasks or len(tasks) == 1):
        cfg.data.task = "regression" if "regression" in tasks else "classification"
        return
    known = {} if known is None else known
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
            f"head=auto: only a dataset of this project says what fits it (got {cfg.data._target_}); name a head, as "
            "in head=binary"
        )
    return dataset.choose()


def _name_head(cfg: DictConfig, choice: Choice) -> None:
    """Let the chosen head stand in `cfg`, with the keys that were set."""
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
