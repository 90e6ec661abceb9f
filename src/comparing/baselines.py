"""Compares the runs of a sweep over folds, or other splits, with simpler methods on the same splits."""

import logging
import statistics
from collections.abc import Hashable
from pathlib import Path

from omegaconf import DictConfig

from src.comparing.reading import Record, read_runs
from src.comparing.repetitions import Repetitions, Split, repetitions
from src.comparing.settings import check_numbers, known_metric, varying_keys
from src.errors import ConfigError
from src.estimators.compare import Settings, compare
from src.estimators.report import Report, Row
from src.reporting.columns import folded
from src.runs.opening import open_run
from src.statistics.differences import of_means
from src.statistics.intervals import around, resplit, score_range
from src.storage.finding import latest_sweep
from src.storage.folders import SweepFolder
from src.storage.products import check_folder, product
from src.storage.values import write_json

log = logging.getLogger(__name__)

_FEWEST = 3  # splits needed for the interval of a difference


def write_sweep_baselines(cfg: DictConfig) -> Path:
    """Fit the baselines on each split of a sweep, print their scores, write `baselines.json` there and return its path.

    Args:
        cfg: As `conf/baselines.yaml` composes it, with a `sweep`.

    Raises:
        ConfigError: There is no such sweep, its runs have several settings or fewer than three splits, or `compare`
            refuses them.
    """
    if not isinstance(cfg.sweep, str):
        raise ConfigError(f"sweep: should be one folder (got {list(cfg.sweep)}); name one")
    folder = latest_sweep(Path(cfg.runs_dir)) if cfg.sweep == "latest" else Path(cfg.sweep)
    if cfg.changes:
        raise ConfigError("changes: baselines are fitted to and compared on the runs' own rows; leave it out")
    check_folder(folder, "sweep")
    runs = [run for run in read_runs([folder]) if run.finished]
    if keys := varying_keys(runs):
        raise ConfigError(
            f"sweep: the runs in {folder} differ in {', '.join(keys)}, but baselines are compared with one setting; "
            "name a sweep over folds and seeds only"
        )
    usual = "accuracy" if all("test/accuracy" in run.metrics for run in runs) else "r2"
    metric = known_metric(runs, f"test/{cfg.metric or usual}")
    check_numbers(runs, metric)
    repeated = repetitions(runs, metric)
    groups: dict[Split, list[Record]] = {}
    for run in runs:
        groups.setdefault(repeated.splits[run.folder], []).append(run)
    if len(groups) < _FEWEST:
        raise ConfigError(
            f"sweep: the runs in {folder} have {len(groups)} splits of the rows, but an interval needs {_FEWEST}; "
            "sweep data.fold, or name a single run=…"
        )
    settings = Settings(metric.removeprefix("test/"), cfg.rope, cfg.baseline_seed, 0, cfg.most_numbers)
    reports = {split: _report(members, settings, cfg) for split, members in groups.items()}
    report = _mean(reports, repeated)
    with product(folder, "baselines", "sweep", ours=lambda folder: False) as scratch:
        write_json(SweepFolder(scratch).baselines, report.model_dump())
    log.info("%s: %s runs\n", folder, f"{len(runs):,}")
    log.info("%s\n", folded("\n".join(report.lines())))
    log.info("written to %s", SweepFolder(folder).baselines)
    return SweepFolder(folder).baselines


def _report(runs: list[Record], settings: Settings, cfg: DictConfig) -> Report:
    """The baselines of a split, and the mean of the networks that were trained on it."""
    opened = open_run(runs[0].folder, None, cfg.data_dir, cfg.get("trust"))
    opened.check_data(refuse=True)
    report = compare(opened.head, opened.datamodule, settings)
    scores = {
        name: statistics.fmean(float(run.metrics[f"test/{name}"]) for run in runs)
        for name in report.network.scores
        if all(isinstance(run.metrics.get(f"test/{name}"), float) for run in runs)
    }
    network = Row(
        name="network", val=_mean_of([run.metrics.get(f"val/{report.metric}") for run in runs]), scores=scores
    )
    return report.model_copy(update={"network": network})


def _mean(reports: dict[Split, Report], repeated: Repetitions) -> Report:
    """The reports of all splits as one: means, their intervals, and those of the differences per split."""
    first = next(iter(reports.values()))
    network = _row([report.network for report in reports.values()], first.metric, repeated.ratio)
    baselines = []
    for place in range(len(first.baselines)):
        each = {split: report.baselines[place] for split, report in reports.items()}
        row = _row(list(each.values()), first.metric, repeated.ratio)
        ours: dict[Hashable, float] = {
            split: float(report.network.scores[first.metric] or 0) for split, report in reports.items()
        }
        theirs: dict[Hashable, float] = {split: float(row.scores[first.metric] or 0) for split, row in each.items()}
        row.difference, row.ends, _ = of_means(ours, theirs, repeated.ratio)
        baselines.append(row)
    facts = {
        "network": network,
        "baselines": baselines,
        "train_rows": min(report.train_rows for report in reports.values()),
        "train_rows_of": min(report.train_rows_of for report in reports.values()),
        "test_rows": sum(report.test_rows for report in reports.values()),
        "splits": repeated.counted(list(reports)),
    }
    return first.model_copy(update=facts).concluded()


def _row(rows: list[Row], metric: str, ratio: float) -> Row:
    scores = {name: _mean_of([row.scores.get(name) for row in rows]) for name in rows[0].scores}
    numbers = [float(row.scores[metric] or 0) for row in rows]
    half = None if max(numbers) == min(numbers) else resplit(numbers, ratio)
    ends = {} if half is None else {metric: around(statistics.fmean(numbers), half, score_range(metric))}
    remarks = sorted({row.remark for row in rows if row.remark})
    return Row(
        name=rows[0].name,
        val=_mean_of([row.val for row in rows]),
        scores=scores,
        intervals=ends,
        seconds=round(sum(row.seconds for row in rows), 3),
        remark="; ".join(remarks),
    )


def _mean_of(numbers: list[float | None]) -> float | None:
    """The mean of numbers; None if one is missing."""
    known = [number for number in numbers if isinstance(number, float)]
    return statistics.fmean(known) if len(known) == len(numbers) else None
