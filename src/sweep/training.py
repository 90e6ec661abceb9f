"""From jobs that may train together to their finished folders."""

import logging
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from src import failures
from src.errors import ConfigError, InterruptedRunError
from src.run.training import Run
from src.sweep import extras, folders
from src.sweep.compose import Job
from src.sweep.extras import Extras
from src.sweep.members import Member, Nursery, shape_of
from src.sweep.stack import Stack

log = logging.getLogger(__name__)


class Done(NamedTuple):
    """A job that has been seen to, and the value that a sweeper optimises; None where there is none."""

    job: Job
    value: float | None


def train_all(jobs: list[Job], max_stack: int, sweep: Path, wanted: Extras) -> Iterator[Done]:
    """Train jobs of one signature in stacks; jobs that need a run alone are left out.

    Args:
        jobs: Alike but for seeds and numbers.
        max_stack: Runs of a stack at most.
        sweep: The sweep's folder, where failures are noted.
        wanted: Figures and TensorBoard.
    """
    for start in range(0, len(jobs), max_stack):
        yield from _train(jobs[start : start + max_stack], sweep, wanted)


def _train(jobs: list[Job], sweep: Path, wanted: Extras) -> Iterator[Done]:
    known = {job.number: job for job in jobs}
    members, nursery = _members(jobs, sweep)
    failed = known.keys() - {member.number for member in members}
    yield from (Done(known[number], None) for number in sorted(failed))
    if nursery is None:
        return
    if reason := nursery.reason_against():
        log.info("Running %d jobs one by one: %s", len(members), reason)
        return
    alike: dict[tuple[Any, ...], list[Member]] = {}
    for member in members:
        assert member.data is not None
        alike.setdefault(shape_of(member.data), []).append(member)
    for group in alike.values():
        if len(group) > 1 or len(alike) == 1:
            _train_stack(group, nursery, known, Writer(sweep, wanted))
            yield from (Done(known[member.number], _value(member)) for member in group)


def _members(jobs: list[Job], sweep: Path) -> tuple[list[Member], Nursery | None]:
    """Members with data and weights; jobs whose values a constructor refuses are noted as failures."""
    members: list[Member] = []
    nursery: Nursery | None = None
    for job in jobs:
        member = Member(job.number, job.cfg, job.folder)
        try:
            nursery = nursery or Nursery(member)
            if nursery.reason_against() is None:
                nursery.grow(member)
            members.append(member)
        except ConfigError as error:
            failures.note(sweep, job.number, error)
    return members, nursery


def _train_stack(members: list[Member], nursery: Nursery, jobs: dict[int, Job], writer: "Writer") -> None:
    first, last = members[0].number, members[-1].number
    title = f"#{first} to #{last}"
    start = time.perf_counter()
    stack = Stack(members, nursery, title)
    data, network = type(nursery.parts.datamodule).__name__, type(nursery.parts.head.network).__name__
    log.info("%s: %d runs of %s on %s as one stack", title, len(members), network, data)
    for member in members:
        folders.begin(member.folder, jobs[member.number].files)
    try:
        stack.run(partial(writer.write, stack))
    except InterruptedRunError as error:
        raise InterruptedRunError(f"{error}; go on with: python -m src.train sweep_resume={writer.sweep}") from error
    solved = [member.metrics["solved"] for member in members if member.metrics.get("solved") is not None]
    verdict = f", {sum(solved)} of {len(members)} solved" if solved else ""
    log.info("%s: done in %.1f s%s", title, time.perf_counter() - start, verdict)


class Writer:
    """Writes the folders of a stack's members when it has ended.

    Args:
        sweep: The sweep's folder.
        wanted: Figures and TensorBoard.
    """

    def __init__(self, sweep: Path, wanted: Extras) -> None:
        self.sweep, self.wanted = sweep, wanted

    def write(self, stack: Stack, member: Member, rows: list[list[Any]]) -> None:
        """Write curves, metrics and the log of a `member` of a stack, given the rows of its `metrics.csv`.

        A failure is noted instead of metrics.
        """
        columns = stack.module.ledger.columns
        if stack.cfg["callbacks"].get("history") is not None and rows:
            folders.write_curves(member.folder, columns, rows)
        if member.error is not None:
            folders.write_log(member.folder, failures.line(member.error), level=logging.ERROR)
            failures.note(self.sweep, member.number, member.error)
        elif member.metrics:
            parts = stack.parts_of(member)
            run = Run(stack.template, member.folder, parts, member.metrics)
            folders.write_log(member.folder, run.summary())
            if any(self.wanted):
                extras.add(self.wanted, parts.head, member, columns, rows)
            folders.write_metrics(member.folder, member.metrics)


def _value(member: Member) -> float | None:
    checkpoint = member.cfg["callbacks"].get("model_checkpoint") or {}
    value: float | None = member.metrics.get(checkpoint.get("monitor", "val/loss"))
    return value
