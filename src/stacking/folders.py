"""A member's folder: the files that a single run would have left."""

import logging
from pathlib import Path
from typing import Any

from src.command import hydra_files
from src.stacking.compose import Job
from src.storage import epochs
from src.storage.files import placed
from src.storage.folders import RunFolder
from src.storage.jobs import begin_job, check_free, clear_job
from src.storage.values import write_json

_DATED = logging.Formatter("%(asctime)s %(levelname)s %(message)s")  # the same as in conf/hydra/job_logging/lab.yaml


def begin(job: Job, sweep: Path) -> None:
    """Create the folder of a sweep's job with the files of its `.hydra/`, without remains of an earlier attempt.

    Raises:
        ConfigError: The folder is not inside that of the sweep, or is another job's.
    """
    check_free(job.folder, sweep, job.number)
    is_new = not job.folder.exists()
    job.folder.mkdir(parents=True, exist_ok=True)
    begin_job(job.folder, sweep, job.number)
    if not is_new:
        clear_job(job.folder, sweep)
    hydra_files.write(job.files, RunFolder(job.folder))


def write_curves(folder: Path, columns: list[str], rows: list[list[Any]]) -> None:
    """Write `metrics.csv` into a folder.

    Args:
        folder: The member's folder.
        columns: Names of the metrics.
        rows: One per epoch: its number, steps so far, learning rate and metrics.
    """
    epochs.write(RunFolder(folder).history, [*epochs.FIRST, *columns], rows)


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """Write `metrics.json` into a folder, which marks a run as finished."""
    write_json(RunFolder(folder).metrics, metrics)


def write_log(folder: Path, text: str, level: int = logging.INFO) -> None:
    """Append the text that the terminal would have shown to a folder's `train.log`, with its time and level."""
    record = logging.LogRecord("src.stacking", level, "", 0, text, None, None)
    log = RunFolder(folder).log
    with placed(log), log.open("a") as file:
        file.write(_DATED.format(record) + "\n")
