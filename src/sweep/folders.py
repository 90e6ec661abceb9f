"""A member's folder: the files that its run alone would have left."""

import csv
import json
import logging
from pathlib import Path
from typing import Any

from src.errors import TrainingDivergedError
from src.sweep.members import Member

_DATED = logging.Formatter("%(asctime)s %(levelname)s %(message)s")  # as conf/hydra/job_logging/lab.yaml


def write_curves(folder: Path, columns: list[str], rows: list[list[Any]]) -> None:
    """`metrics.csv`, a row an epoch, with the columns of `src.callbacks.history`."""
    aside = folder / "metrics.csv.part"
    with aside.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", "step", "lr", *columns])
        writer.writerows(rows)
    aside.replace(folder / "metrics.csv")


def write_metrics(folder: Path, metrics: dict[str, Any]) -> None:
    """`metrics.json`, which marks a run as finished."""
    aside = folder / "metrics.json.part"
    aside.write_text(json.dumps(metrics, indent=2) + "\n")
    aside.replace(folder / "metrics.json")


def write_log(folder: Path, name: str, *lines: str, level: int = logging.INFO) -> None:
    """`train.log`: what the terminal would have said, with its time."""
    with (folder / name).open("a") as file:
        for line in lines:
            record = logging.LogRecord("src.sweep", level, "", 0, line, None, None)
            file.write(_DATED.format(record) + "\n")


def note_failure(member: Member) -> None:
    """Say in a member's log why it has no `metrics.json`."""
    kind = "training diverged" if isinstance(member.error, TrainingDivergedError) else "failed"
    write_log(member.folder, "train.log", f"{kind}: {member.error}", level=logging.ERROR)
