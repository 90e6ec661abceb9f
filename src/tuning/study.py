"""An Optuna study: opened in its storage, refused if it searches a different space, sampled without repetition."""

import time
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.pruners import BasePruner
from optuna.samplers import BaseSampler
from optuna.storages import BaseStorage, JournalStorage
from optuna.study import Study

from src.errors import ConfigError
from src.storage.folders import SweepFolder
from src.storage.marks import read_mark
from src.tuning import pruning
from src.tuning.journal import Journal
from src.tuning.options import Direction, Options
from src.tuning.space import Space, placeless

_PAUSES = (0.5, 2.0)  # seconds

_SPACE = "space"
OBJECTIVES = "objectives"
"""The study's attribute with the objectives and their directions."""


class Opened(NamedTuple):
    """A study, and the journal in the sweep's folder that stores it, if there is one."""

    study: Study
    journal: Journal | None


def open_study(options: Options, space: Space, sweep: Path) -> Opened:
    """The study of a search, new or continued.

    Args:
        options: The sweeper's keys.
        space: The search space.
        sweep: The sweep's folder.

    Raises:
        ConfigError: The study searches a different space, optimizes something else, or cannot be reached.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    warnings.simplefilter("ignore", ExperimentalWarning)
    journal = Journal(SweepFolder(sweep).study) if options.storage is None else None
    name = options.study_name or str(read_mark(SweepFolder(sweep).mark)["id"])  # even if the folder moves
    place = options.storage or SweepFolder(sweep).study
    try:
        storage: BaseStorage | str = JournalStorage(journal) if journal is not None else str(options.storage)
        study = _created(storage, name, list(options.directions))
    except Exception as error:  # each database raises errors of its own
        reason = " ".join(str(error).split("(Background")[0].split())[:200] or type(error).__name__
        raise ConfigError(f"hydra.sweeper.storage: cannot open {place} ({reason}); check it") from error
    _check_same(study, _SPACE, space.described(), "searches a different space")
    _check_same(
        study, OBJECTIVES, [options.objectives, [each.name for each in study.directions]], "has other objectives"
    )
    study.sampler = _sampler(options.sampler, space, len(study.trials))
    study.pruner = _pruner(options.pruner)
    return Opened(study, journal)


def _created(storage: BaseStorage | str, name: str, directions: list[Direction]) -> Study:
    """A new or loaded study; tries again if another process is creating the database's tables at the same time."""
    for pause in (*_PAUSES, None):
        try:
            return optuna.create_study(storage=storage, study_name=name, directions=directions, load_if_exists=True)
        except Exception as error:
            if pause is None or "already exists" not in str(error):
                raise
            time.sleep(pause)
    raise AssertionError


def _check_same(study: Study, key: str, value: Any, otherwise: str) -> None:
    known = study.user_attrs.get(key)
    if key == _SPACE and known is not None:
        known |= {"fixed": placeless(known["fixed"])}  # earlier versions stored places too
    if known is None:
        study.set_user_attr(key, value)
    elif known != value:
        raise ConfigError(
            f"hydra.sweeper.study_name: {study.study_name} {otherwise} than this command; "
            "give the same overrides again, or another name"
        )


def _sampler(options: dict[str, Any], space: Space, num_known: int) -> BaseSampler:
    """The sampler that a config describes; in a continued study it draws different numbers than at first."""
    more: dict[str, Any] = {}
    if str(options.get("_target_")).endswith(".GridSampler"):
        more["search_space"] = space.grid()
    elif isinstance(options.get("seed"), int):
        more["seed"] = options["seed"] + num_known
    found: BaseSampler = _made("sampler", optuna.samplers, BaseSampler, options | more)
    return found


def _pruner(options: dict[str, Any]) -> BasePruner:
    """The pruner that a config describes."""
    module = pruning if str(options.get("_target_")).startswith(pruning.__name__) else optuna.pruners
    found: BasePruner = _made("pruner", module, BasePruner, options)
    return found


def _made(key: str, module: ModuleType, base: type, options: dict[str, Any]) -> Any:
    """An object of a class in a `module` that is a subclass of `base`.

    Raises:
        ConfigError: It is another class, or it refuses an argument.
    """
    target = str(options.get("_target_"))
    kind = getattr(module, target.rpartition(".")[2], None) if target.startswith(f"{module.__name__}.") else None
    if not (isinstance(kind, type) and issubclass(kind, base)):
        raise ConfigError(f"hydra.sweeper.{key}._target_: not a {key} of Optuna's (got {target})")
    try:
        return kind(**{name: value for name, value in options.items() if name != "_target_"})
    except (TypeError, ValueError, ImportError) as error:
        raise ConfigError(f"hydra.sweeper.{key}: {' '.join(str(error).split())}") from error
