"""A study that has been searched, opened again from its sweep's folder."""

import warnings
from pathlib import Path
from typing import Any

import optuna
from matplotlib.figure import Figure
from optuna.exceptions import ExperimentalWarning
from optuna.storages import JournalStorage
from optuna.study import Study

from src.errors import ConfigError
from src.storage.folders import SweepFolder
from src.storage.marks import read_mark
from src.trust.plain import read_yaml
from src.tuning.drawing import figures
from src.tuning.journal import Journal
from src.tuning.study import OBJECTIVES


def figures_of(sweep: Path) -> dict[str, Figure]:
    """The figures of the search in a sweep's folder by name, such as `history`; empty without a trained setting.

    Raises:
        ConfigError: Its study cannot be opened.
    """
    study = _opened(SweepFolder(sweep))
    trials = study.get_trials(deepcopy=False)
    searched = trials[0].distributions if trials else {}
    return dict(figures(study, searched, study.user_attrs[OBJECTIVES][0]))


def _opened(sweep: SweepFolder) -> Study:
    """The study of a search, in its journal or wherever its configuration says."""
    options: Any = read_yaml(sweep.overrides)["hydra"]["sweeper"]
    name = options.get("study_name") or str(read_mark(sweep.mark).get("id"))
    place = options.get("storage")
    try:
        if place is None and not sweep.study.exists():
            raise FileNotFoundError(f"there is no {sweep.study}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            storage = JournalStorage(Journal(sweep.study)) if place is None else place
            return optuna.load_study(study_name=name, storage=storage)
    except Exception as error:  # each database raises errors of its own
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ConfigError(f"study: cannot open that of {sweep.path} ({reason}); restore it") from error
