"""Which runs of a sweep get a folder, and the row that each gets in the sweep's table."""

import math
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from src.settings.rules import resolved_mode
from src.stacking.compose import Job
from src.storage import failures
from src.storage.folders import RunFolder
from src.storage.runs_table import Row, RunsTable
from src.storage.values import known_json

if TYPE_CHECKING:
    from src.stacking.members import Member  # imports PyTorch

Folders = Literal["all", "best", "failed", "none"]


class Ended(NamedTuple):
    """A member of a stack that has ended.

    Attributes:
        number: Its number in the sweep.
        metrics: The contents of its `metrics.json`; empty if it failed.
        failure: Why it failed, in one line; None if it finished.
        kept: Whether it has a folder.
    """

    number: int
    metrics: dict[str, Any]
    failure: str | None
    kept: bool


class Keeper:
    """Decides which runs of a sweep get a folder, and records those that have ended.

    Args:
        table: The sweep's table; None records nothing, and every run gets a folder.
        folders: Which runs get a folder.
    """

    def __init__(self, table: RunsTable | None = None, folders: Folders = "all") -> None:
        self.table, self.folders = table, "all" if table is None else folders

    def is_done(self, job: Job) -> bool:
        """Whether a `job` has finished, with or without a folder; one with a folder gets the row that it may lack."""
        if not RunFolder(job.folder).finished:
            return self.table is not None and job.number in self.table.finished
        self.record_folder(job)
        return True

    def at_start(self, member: "Member") -> bool:
        """Whether a `member` gets a folder whatever its result; one that has a folder keeps it."""
        return self.folders == "all" or RunFolder(member.folder).overrides.exists()

    def at_end(self, members: Sequence["Member"]) -> list["Member"]:
        """Those of some `members` that get a folder because of their results, with `kept` set."""
        chosen: list[Member] = []
        if self.folders == "failed":
            chosen = [member for member in members if member.error is not None]
        elif self.folders == "best":
            chosen = self._best(members)
        new = [member for member in chosen if not (member.kept or member.finished)]
        for member in new:
            member.kept = True
        return new

    def _best(self, members: Sequence["Member"]) -> list["Member"]:
        """The best of some `members`, if no run of the sweep so far is as good."""
        assert self.table is not None
        rule = members[0].cfg["callbacks"].get("model_checkpoint") or {}
        metric = rule.get("monitor", "val/loss")
        sign = 1 if resolved_mode(metric, rule.get("mode", "auto")) == "min" else -1
        values = [(_number(member.metrics.get(metric)), member) for member in members]
        scored = [(sign * value, member) for value, member in values if value is not None]
        if not scored:
            return []
        value, best = min(scored, key=lambda each: each[0])
        return [best] if all(value < sign * other for other in self.table.values(metric)) else []

    def record(self, members: Sequence["Member"], jobs: dict[int, Job]) -> None:
        """Add the rows of `members` of a stack that have ended, given their `jobs` by number."""
        self.add(ended_of(members), jobs)

    def add(self, ended: Sequence[Ended], jobs: dict[int, Job]) -> None:
        """Add the rows of runs that have `ended`, given their `jobs` by number."""
        self._add([self._row(jobs[each.number], each.metrics, each.failure, each.kept) for each in ended])

    def record_folder(self, job: Job) -> None:
        """Add the row of a `job` that was trained into its folder by itself, or by an earlier version."""
        run = RunFolder(job.folder)
        if self.table is None or job.number in self.table.known:
            return
        if metrics := known_json(run.metrics):
            self._add([self._row(job, metrics, None, True)])
        elif run.overrides.exists() and (reason := failures.reason(self.table.sweep, job.number)):
            self._add([self._row(job, {}, reason, True)])

    def _row(self, job: Job, metrics: dict[str, Any], failure: str | None, kept: bool) -> Row:
        assert self.table is not None
        if kept:
            return Row(job.number, job.task, metrics, failure, os.path.relpath(job.folder, self.table.sweep))
        return Row(job.number, job.task, metrics, failure, "", self.table.config_of(job.template, lambda: job.files))

    def _add(self, rows: list[Row]) -> None:
        if self.table is not None:
            self.table.append(rows)


def ended_of(members: Sequence["Member"]) -> list[Ended]:
    """Those of some `members` that have just ended."""
    return [
        Ended(
            member.number,
            member.metrics if member.error is None else {},
            None if member.error is None else failures.line(member.error),
            member.kept,
        )
        for member in members
        if not member.finished and (member.metrics or member.error)
    ]


def _number(value: Any) -> float | None:
    return value if isinstance(value, int | float) and math.isfinite(value) else None
