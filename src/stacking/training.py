"""From jobs that may train together to their finished folders."""

import logging
import shlex
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from src.errors import ConfigError, InterruptedRunError
from src.runs import answers, data_facts, fold_predictions, provenance, rows_seen
from src.runs.training import Run
from src.stacking import extras, folders
from src.stacking.compose import Job
from src.stacking.dividing import evenly
from src.stacking.extras import Extras
from src.stacking.keeping import Keeper
from src.stacking.members import Member, MemberFactory
from src.stacking.stack import Stack
from src.stacking.stack_checkpoint import Place, Saved, read
from src.stacking.together import in_stacks
from src.storage import failures
from src.storage.files import placed
from src.storage.removal import remove_listed

log = logging.getLogger(__name__)


class Done(NamedTuple):
    """A job that is done, and the value for a sweeper to optimise; None if there is none."""

    job: Job
    value: float | None


class Sweep(NamedTuple):
    """How a sweep's stacks are trained.

    Attributes:
        folder: The sweep's folder, where failures are recorded.
        seconds_between_checkpoints: The most that a killed process loses of a stack, in seconds.
        wanted: Whether to write figures and TensorBoard logs.
        checkpoint: The file for the checkpoint of the stack in progress.
        keeper: Which runs get a folder, and where they are recorded.
    """

    folder: Path
    seconds_between_checkpoints: float
    wanted: Extras
    checkpoint: Path
    keeper: Keeper

    @property
    def place(self) -> Place:
        """Where a stack's checkpoint is written."""
        return Place(self.checkpoint, self.seconds_between_checkpoints)


class Piece(NamedTuple):
    """Jobs of a sweep that train together, at most as many as a stack may have.

    Attributes:
        jobs: The jobs.
        saved: The checkpoint of the stack that they were when a process ended; None trains them from scratch.
        finished: Numbers of jobs of that stack that have finished, which are left as they are.
    """

    jobs: list[Job]
    saved: Saved | None = None
    finished: frozenset[int] = frozenset()

    @property
    def title(self) -> str:
        """Its name in messages."""
        numbers = [job.number for job in self.jobs]
        return f"#{min(numbers)} to #{max(numbers)}" if len(numbers) > 1 else f"#{numbers[0]}"


def pieces_of(jobs: list[Job], max_stack: int, at_a_time: int = 1, at_least: int = 1) -> list[Piece]:
    """Jobs that may train together, in pieces of similar size with at most `max_stack` of them.

    Args:
        jobs: The jobs.
        max_stack: The most in a piece.
        at_a_time: How many pieces train at the same time: there are as many, or a multiple.
        at_least: Fewest jobs of a piece for which it is worth its process.
    """
    number = min(at_a_time, max(1, len(jobs) // at_least))
    number *= -(-len(jobs) // (number * max_stack))
    return [Piece(jobs[part]) for part in evenly(len(jobs), number)]


def saved_stack(path: Path) -> Saved | None:
    """The checkpoint at `path`, of the stack that was in progress when a process ended, if it can be read."""
    try:
        return read(path)
    except ConfigError as error:
        _give_up(path, error)
        return None


def train(piece: Piece, sweep: Sweep) -> Iterator[Done]:
    """Train a piece of a sweep in stacks; jobs that must run alone are left out.

    A stack is resumed from its checkpoint, and nothing is done if its jobs are no longer those of the checkpoint.
    """
    yield from (_train(piece.jobs, sweep) if piece.saved is None else _go_on(piece, piece.saved, sweep))


def _go_on(piece: Piece, saved: Saved, sweep: Sweep) -> list[Done]:
    known = {job.number: job for job in piece.jobs}
    try:
        members, factory = _filled(piece.jobs)
        for member in members:
            member.finished = member.number in piece.finished
        return _train_stack(members, factory, known, sweep._replace(checkpoint=saved.path), saved)
    except ConfigError as error:
        _give_up(saved.path, error)
        return []


def _give_up(path: Path, error: ConfigError) -> None:
    """Remove a checkpoint that cannot be used because of an `error`: another stack will have another one."""
    log.info("%s; its runs are trained from scratch", error)
    remove_listed(path.parent, [path.name])


def _train(jobs: list[Job], sweep: Sweep) -> Iterator[Done]:
    known = {job.number: job for job in jobs}
    members, factory, alone = _members(jobs, sweep.folder)
    stacked = {member.number for member in members}
    failed = known.keys() - stacked - {number for numbers in alone.values() for number in numbers}
    yield from (Done(known[number], None) for number in sorted(failed))
    for reason, numbers in alone.items():
        log.info("Running %d jobs one by one: %s", len(numbers), reason)
    for group in in_stacks(members):
        assert factory is not None
        yield from _train_stack(group, factory, known, sweep)


def _members(jobs: list[Job], sweep: Path) -> tuple[list[Member], MemberFactory | None, dict[str, list[int]]]:
    """Members with data and weights, what made them, and the numbers of jobs that must run alone, by the reason.

    Jobs with values that a constructor refuses are recorded as failures.
    """
    members: list[Member] = []
    factory: MemberFactory | None = None
    alone: dict[str, list[int]] = {}
    for job in jobs:
        member = Member(job.number, job.cfg, job.folder)
        try:
            factory = factory or MemberFactory(member)
            if reason := factory.reason_against(member):
                alone.setdefault(reason, []).append(job.number)
            else:
                factory.fill(member)
                members.append(member)
        except ConfigError as error:
            failures.note(sweep, job.number, error)
    return members, factory, alone


def _filled(jobs: list[Job]) -> tuple[list[Member], MemberFactory]:
    """Members with data and weights, all of them or a `ConfigError`."""
    members = [Member(job.number, job.cfg, job.folder) for job in jobs]
    factory = MemberFactory(members[0])
    for member in members:
        factory.fill(member)
    return members, factory


def _train_stack(
    members: list[Member], factory: MemberFactory, jobs: dict[int, Job], sweep: Sweep, saved: Saved | None = None
) -> list[Done]:
    numbers = [member.number for member in members]
    title = f"#{min(numbers)} to #{max(numbers)}" if len(members) > 1 else f"#{numbers[0]}"
    start = time.perf_counter()
    stack = Stack(members, factory, title, sweep.place, saved)
    data, network = factory.parts.datamodule.title, type(factory.parts.head.network).__name__
    after = f", after their epoch {saved.epoch}" if saved else ""
    runs = f"{len(members)} runs" if len(members) > 1 else "a run"
    kinds = stack.network.num_architectures
    network = network if kinds == 1 else f"{kinds} architectures of {network}"
    log.info("%s: %s of %s on %s as one stack%s", title, runs, network, data, after)
    unfinished = [member for member in members if not member.finished]
    for member in unfinished:
        member.kept = sweep.keeper.at_start(member)
        if member.kept:
            folders.begin(jobs[member.number], sweep.folder)

    def choose(ended: list[Member]) -> None:
        for member in sweep.keeper.at_end(ended):
            folders.begin(jobs[member.number], sweep.folder)

    try:
        write = partial(Writer(sweep.folder, sweep.wanted).write, stack)
        stack.run(write, choose, partial(sweep.keeper.record, jobs=jobs))
    except InterruptedRunError as error:
        message = f"{error}; resume with: python -m src.train sweep_resume={shlex.quote(str(sweep.folder))}"
        raise InterruptedRunError(message, error.exit_code) from error
    solved = [member.metrics["solved"] for member in members if member.metrics.get("solved") is not None]
    verdict = f", {sum(solved)} of {len(solved)} solved" if solved else ""
    log.info("%s: done in %.1f s%s", title, time.perf_counter() - start, verdict)
    return [Done(jobs[member.number], _value(member)) for member in unfinished]


class Writer:
    """Writes the folders of a stack's members when it has ended.

    Args:
        sweep: The sweep's folder.
        wanted: Whether to write figures and TensorBoard logs.
    """

    def __init__(self, sweep: Path, wanted: Extras) -> None:
        self.sweep, self.wanted = sweep, wanted

    def write(self, stack: Stack, member: Member, rows: list[list[Any]]) -> None:
        """Write curves, metrics and the log of a `member` of a stack, given the rows of its `metrics.csv`.

        A failure is recorded instead of metrics. A member that is not kept has no files.
        """
        if member.error is not None:
            failures.note(self.sweep, member.number, member.error)
        if not member.kept:
            return
        assert member.data is not None
        rows_seen.write(member.folder, member.data)
        together = provenance.Together(len(stack.members), stack.module.num_threads)
        provenance.write(member.folder, member.cfg["seed"], member.data, stack.trainer, together)
        data_facts.write(member.folder, member.data)
        columns = stack.module.history.columns
        if stack.cfg["callbacks"].get("history") is not None and rows:
            folders.write_curves(member.folder, columns, rows)
        if member.error is not None:
            folders.write_log(member.folder, failures.line(member.error), level=logging.ERROR)
        elif member.metrics:
            parts = stack.parts_of(member)
            run = Run(stack.template, member.folder, parts, member.metrics)
            answers.write(member.folder, parts.head)
            folders.write_log(member.folder, run.summary())
            if self.wanted.any_for(member):
                with placed(member.folder):
                    extras.add(self.wanted, parts.head, member, columns, rows)
            fold_predictions.write(member.folder, member.data, parts.head)
            folders.write_metrics(member.folder, member.metrics)


def _value(member: Member) -> float | None:
    checkpoint = member.cfg["callbacks"].get("model_checkpoint") or {}
    value: float | None = member.metrics.get(checkpoint.get("monitor", "val/loss"))
    return value
