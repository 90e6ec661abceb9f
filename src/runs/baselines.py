"""A run compared with simpler methods on its own rows, saved in its folder and shown with its evaluation."""

import logging
from pathlib import Path
from typing import Any

from omegaconf import DictConfig
from pydantic import ValidationError

from src.errors import ConfigError
from src.estimators.compare import Settings, compare
from src.estimators.report import Report
from src.reporting.columns import folded
from src.runs.opening import OpenRun, open_run
from src.storage.finding import find_run
from src.storage.folders import RunFolder
from src.storage.values import known_json, write_json

log = logging.getLogger(__name__)

_ALIKE = 1e-5  # between scores of the same weights, which are rounded differently with another batch size


def write_baselines(cfg: DictConfig) -> Path:
    """Fit the baselines of a run, print their scores, write `baselines.json` into its folder and return its path.

    Args:
        cfg: The configuration of `conf/baselines.yaml`.

    Raises:
        ConfigError: There is no such run, its data have changed, its head has no probabilities, or the metric is
            unknown.
    """
    opened = open_run(find_run(cfg.run, cfg.runs_dir, "run"), cfg.changes, cfg.data_dir, cfg.get("trust"))
    _refuse_changes(opened)
    opened.check_data(refuse=True)
    report = computed(opened, Settings(cfg.metric, cfg.rope, cfg.baseline_seed, cfg.resamples, cfg.most_numbers))
    log.info("%s, test split: %s rows\n", opened.folder, f"{report.test_rows:,}")
    log.info("%s\n", folded("\n".join(report.lines())))
    path = RunFolder(opened.folder).baselines
    log.info("written to %s", path)
    return path


def computed(opened: OpenRun, settings: Settings) -> Report:
    """Compute the report of a run and its baselines, and write it into its folder.

    Args:
        opened: The run.
        settings: How to compare them.
    """
    report = compare(opened.head, opened.datamodule, settings)
    write_json(RunFolder(opened.folder).baselines, report.model_dump())
    return report


def known(folder: Path) -> Report | None:
    """The report saved in a run's `folder`; None if there is none."""
    try:
        return Report.model_validate(known_json(RunFolder(folder).baselines, most=2**20))
    except ValidationError:
        return None


def lines_beside(opened: OpenRun, results: dict[str, Any], compute: bool) -> list[str]:
    """The lines about baselines below an evaluation of the run's own test rows.

    Args:
        opened: The run.
        results: The evaluation's scores.
        compute: Whether to fit the baselines now; otherwise only a saved report is shown.
    """
    report = computed(opened, Settings(resamples=1000)) if compute else known(opened.folder)
    if report is None:
        return []
    if any(abs(results[name] - value) > _ALIKE for name, value in _shared(report, results)):
        return ["baselines: outdated (other weights or threshold); run python -m src.baselines"]
    return report.lines()


def check_own_rows(opened: OpenRun, split: str, change: dict[str, Any]) -> None:
    """Raise an error unless an evaluation with baselines is on the run's own test rows.

    Args:
        opened: The run.
        split: The split of the evaluation.
        change: Facts about data that differ from those of the training.

    Raises:
        ConfigError: The evaluation is on other rows.
    """
    _refuse_changes(opened)
    if split != "test" or change:
        what = split if split != "test" else "data that have changed"
        raise ConfigError(f"baselines: are compared on the run's own test rows (got {what}); leave it out")


def _refuse_changes(opened: OpenRun) -> None:
    if opened.changes:
        raise ConfigError(
            f"{min(opened.changes)}: baselines are fitted to the run's own rows and compared on them; leave it out"
        )


def _shared(report: Report, results: dict[str, Any]) -> list[tuple[str, float]]:
    scores = report.network.scores.items()
    return [(name, value) for name, value in scores if value is not None and isinstance(results.get(name), float)]
