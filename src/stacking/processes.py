"""Trains the pieces of a sweep in several processes: each piece in a fork, which has imported what it needs.

Only this process writes the sweep's table and prints. A fork trains its piece, writes the folders and sends what it has
to tell; it ends when its piece has ended, so that memory does not grow with the number of pieces.
"""

import logging
import multiprocessing
import signal
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import torch

from src import cores, interrupts
from src.errors import WorkerError
from src.stacking import fork, training
from src.stacking.compose import Job
from src.stacking.keeping import Ended
from src.stacking.progress import Line
from src.stacking.training import Done, Piece, Sweep
from src.storage import failures
from src.storage.folders import SweepFolder

_ATTEMPTS = 3  # how many times a piece is tried if its process dies

log = logging.getLogger(__name__)


def at_a_time(jobs: Iterable[Job], number: int | None) -> int:
    """How many pieces train at the same time: a `number`, or one per core; 1 where that is impossible.

    Args:
        jobs: One of each kind: making a job's configuration takes time.
        number: As asked for; None asks for one per core.
    """
    return (number or cores.available()) if _possible(jobs) else 1


def train(pieces: list[Piece], sweep: Sweep, number: int) -> Iterator[Done]:
    """Train the `pieces` of a `sweep`, at most some `number` at a time; here if that is one."""
    number = min(len(pieces), number)
    if number > 1:
        yield from Pool(pieces, sweep, number).run()
        return
    for piece in pieces:
        yield from training.train(piece, sweep)


def _possible(jobs: Iterable[Job]) -> bool:
    """Whether this process may be forked: one of a command, on Linux, that trains on the CPU."""
    if sys.platform != "linux" or not interrupts.answered():
        return False
    wanted = {job.cfg["trainer"]["accelerator"] for job in jobs}
    return wanted <= {"cpu", "auto"} and ("auto" not in wanted or not torch.cuda.is_available())


@dataclass
class _Fork:
    """A process that trains a piece.

    Attributes:
        piece: The piece.
        process: The process.
        place: Where it keeps its checkpoint.
        attempt: How many processes have tried this piece, with this one.
        line: How far it is.
        told: Whether it has told how it ended.
    """

    piece: Piece
    process: Any
    place: Path
    attempt: int
    line: str = ""
    told: bool = False


@dataclass
class Pool:
    """Trains `pieces` of a `sweep`, a `number` of them at a time.

    Attributes:
        waiting: The pieces to come, with the number of processes that have tried them.
        forks: The processes, by the connections to them.
        turns: The connections of those that compare their results with the table's, the first one now.
        ended: Numbers of runs that have ended.
        stopping: Whether no further piece is begun.
    """

    pieces: list[Piece]
    sweep: Sweep
    number: int
    waiting: list[tuple[Piece, int]] = field(default_factory=list)
    forks: dict[Connection, _Fork] = field(default_factory=dict)
    turns: list[Connection] = field(default_factory=list)
    ended: set[int] = field(default_factory=set)
    stopping: bool = False

    def run(self) -> Iterator[Done]:
        """The jobs that are done, as the processes end.

        Raises:
            KeyboardInterrupt: All processes have been interrupted, and what they have trained is saved.
        """
        self.waiting = [(piece, 0) for piece in self.pieces]
        self._jobs = {job.number: job for piece in self.pieces for job in piece.jobs}
        self._line = Line()
        self._line.restart()
        try:
            while self.waiting or self.forks:
                while self.waiting and len(self.forks) < self.number:
                    self._begin(*self.waiting.pop(0))
                for connection in self._ready():
                    yield from self._hear(connection)
        finally:
            self._line.clear()
            self._stop()

    def _begin(self, piece: Piece, tried: int) -> None:
        share = max(1, cores.available() // min(self.number, len(self.waiting) + 1))  # the last one may have them all
        place = self._place(piece)
        ours, theirs = multiprocessing.Pipe()
        context = multiprocessing.get_context("fork")
        arguments = theirs, piece, self.sweep._replace(checkpoint=place), share
        with interrupts.held(), warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # about threads, which wait for work
            process = context.Process(target=fork.work, args=arguments, daemon=True)
            known = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # until the fork answers it
            process.start()
            signal.pthread_sigmask(signal.SIG_SETMASK, known)
            self.forks[ours] = _Fork(piece, process, place, tried + 1)
            theirs.close()

    def _hear(self, connection: Connection) -> Iterator[Done]:
        """Answer a message from a fork, or its end."""
        one = self.forks[connection]
        try:
            kind, content = connection.recv()
        except (EOFError, OSError):
            yield from self._after(connection)
            return
        if kind == "log":
            name, level, text = content
            self._line.clear()
            logging.getLogger(name).log(level, "%s", text)
        elif kind == "progress":
            one.line = content.partition(",")[0]
            self._show()
        elif kind == "turn":
            self.turns.append(connection)
            if self.turns == [connection]:
                _answer(connection)
        elif kind == "ended":
            self._record(content)
            _answer(connection)
            self._next_turn(connection)
        elif kind == "done":
            one.told = True
            self.ended |= set(content)
            yield from (Done(self._jobs[number], None) for number in content)
        elif not self.stopping:
            raise content

    def _ready(self) -> list[Connection]:
        """The connections with a message or an end, as soon as there is one."""
        found = wait(list(self.forks))
        return [connection for connection in self.forks if connection in found]

    def _record(self, ended: list[Ended]) -> None:
        self.sweep.keeper.add(ended, self._jobs)
        self.ended |= {each.number for each in ended}

    def _next_turn(self, connection: Connection) -> None:
        """Let the next process compare its results with the table's, if it was this one's turn."""
        if connection in self.turns:
            self.turns.remove(connection)
            if self.turns:
                _answer(self.turns[0])

    def _show(self) -> None:
        if self._line.due():
            lines = sorted(one.line for one in self.forks.values() if one.line)
            self._line.show("; ".join([f"{len(self.ended)} of {len(self._jobs)} runs done", *lines]))

    def _after(self, connection: Connection) -> Iterator[Done]:
        """Take the end of a process; a piece whose process died is tried again."""
        one = self.forks.pop(connection)
        connection.close()
        self._next_turn(connection)
        one.process.join()
        if one.told or self.stopping:
            return
        failed = {job.number for job in one.piece.jobs if failures.reason(self.sweep.folder, job.number)}
        keeper = self.sweep.keeper
        over = {job.number for job in one.piece.jobs if keeper.is_done(job)} | failed
        left = [job for job in one.piece.jobs if job.number not in over]
        if one.attempt < _ATTEMPTS:
            log.info("%s: its process died, training them again", one.piece.title)
            self.waiting = [(piece, one.attempt) for piece in self._again(one, left, over)] + self.waiting
        else:
            for job in left:
                why = f"its process died {_ATTEMPTS} times; if memory is short, use hydra.launcher.n_jobs=1"
                failures.note(self.sweep.folder, job.number, WorkerError(why))
            over |= {job.number for job in left}
        self.ended |= over
        yield from (Done(job, None) for job in one.piece.jobs if job.number in over)

    def _again(self, one: _Fork, left: list[Job], over: set[int]) -> list[Piece]:
        """What a process that died has left: a stack with a checkpoint, and runs without."""
        saved = training.saved_stack(one.place) if one.place.exists() else None
        if saved is None:
            return [Piece(left)] if left else []
        stacked = [job for number in saved.numbers for job in one.piece.jobs if job.number == number]
        others = [job for job in left if job.number not in saved.numbers]
        return [Piece(stacked, saved, frozenset(over)), *([Piece(others)] if others else [])]

    def _place(self, piece: Piece) -> Path:
        """Where the process of a `piece` keeps its checkpoint: a file that no other one has."""
        if piece.saved is not None:
            return piece.saved.path
        taken = {one.place for one in self.forks.values()}
        taken |= {each.saved.path for each, _ in self.waiting if each.saved is not None}
        names = map(SweepFolder(self.sweep.checkpoint.parent).checkpoint_of, count())
        return next(path for path in names if path not in taken)

    def _stop(self) -> None:
        """Interrupt the processes that are left, and wait until they have saved their state."""
        self.waiting, self.stopping = [], True
        for one in self.forks.values():
            one.process.terminate()
        while self.forks:
            for connection in self._ready():
                for _ in self._hear(connection):  # what ends in the meantime is in the table
                    pass


def _answer(connection: Connection) -> None:
    """Let a fork go on; one that has died is noticed later."""
    with suppress(OSError):
        connection.send(None)
