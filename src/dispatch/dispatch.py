"""Submits a sweep to a cluster as stacks, each to one worker, and to another one if that worker dies."""

import logging
import shlex
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hydra.core.utils import JobReturn

from src.dispatch import record
from src.dispatch.record import Handed
from src.dispatch.task import Task, forget, keep
from src.errors import ConfigError, WorkerError
from src.settings.rules import Count
from src.stacking.counted import count
from src.stacking.launch import Launch, Numbered, returned
from src.stacking.options import LauncherRules
from src.storage import failures
from src.storage.jobs import folders_of

log = logging.getLogger(__name__)


class DispatchRules(LauncherRules):
    """The keys that `conf/hydra/launcher/slurm.yaml` and `ray.yaml` share."""

    max_alone: Count
    attempts: Count
    wait: bool


class Engine(ABC):
    """A cluster."""

    @property
    @abstractmethod
    def title(self) -> str:
        """The cluster's name in messages."""

    @abstractmethod
    def hand_out(self, tasks: list[Task], sweep: Path) -> list[str]:
        """Submit some `tasks` of the `sweep` in a folder; returns the cluster's names for them."""

    @abstractmethod
    def alive(self, names: list[str]) -> set[str]:
        """Those of the `names` whose tasks are queued or running."""

    @abstractmethod
    def log_of(self, name: str) -> str:
        """Where the output of the task called `name` is, for messages."""


@dataclass
class Dispatch:
    """One launch whose jobs are trained on a cluster.

    Attributes:
        launch: What each worker does.
        engine: The cluster.
        options: The launcher's keys.
        num_cores: The cores of a worker.
    """

    launch: Launch
    engine: Engine
    options: DispatchRules
    num_cores: int

    def run(self, job_overrides: Sequence[Sequence[str]], first_number: int) -> list[JobReturn]:
        """Run all jobs, starting with job `first_number`; returns their results in the order of `job_overrides`.

        Raises:
            ConfigError: A search was told not to wait for its results.
        """
        if not self.options.wait and not str(self.launch.master.hydra.sweeper._target_).endswith(".BasicSweeper"):
            raise ConfigError("hydra.launcher.wait: a search needs its runs' results (got false); leave it out")
        sweep = self.launch.begin()
        numbered: Numbered = {number: list(words) for number, words in enumerate(job_overrides, first_number)}
        returns: dict[int, JobReturn] = {}
        tasks = self._tasks(numbered, sweep, returns)
        if tasks:
            keep(self.launch, sweep)
            self._hand_out(tasks, sweep, returns)
        return [returns.get(number) or returned(list(numbered[number]), None) for number in numbered]

    def _tasks(self, numbered: Numbered, sweep: Path, returns: dict[int, JobReturn]) -> list[Task]:
        """The jobs still to be run, as tasks: those of earlier commands unchanged, and new ones."""
        sorted_out = self.launch.sorted_out(numbered, sweep, returns)
        left = {number for number in numbered if number not in returns}
        pieces = [each.numbers for each in record.read(sweep).values() if left & set(each.numbers)]
        pieces = [numbers for numbers in pieces if set(numbers) <= numbered.keys()]
        known = {number for numbers in pieces for number in numbers}
        for group in sorted_out.alike:
            pieces += _parts([job.number for job in group if job.number not in known], self.options.max_stack)
        for numbers in sorted_out.alone.values():
            kept = [number for number in numbers if number in left - known]
            pieces += _parts(kept, self.options.max_alone)
        work = Path.cwd()
        return [Task(work, sweep, {n: numbered[n] for n in numbers}, self.num_cores) for numbers in pieces]

    def _hand_out(self, tasks: list[Task], sweep: Path, returns: dict[int, JobReturn]) -> None:
        """Submit the tasks that no worker has, and wait for all of them unless the command should not wait."""
        by_first = {task.first: task for task in tasks}
        handed = record.read(sweep)
        alive = self.engine.alive([handed[first].name for first in by_first if first in handed])
        waiting = {first for first in by_first if first in handed and handed[first].name in alive}
        self._queue([task for task in tasks if task.first not in waiting], sweep, handed)
        runs = sum(len(task.numbered) for task in tasks)
        known = f", {len(waiting)} of them submitted before" if waiting else ""
        log.info("%s in %s on %s%s", count(runs, "run"), count(len(tasks), "task"), self.engine.title, known)
        if not self.options.wait:
            resume = f"python -m src.train sweep_resume={shlex.quote(str(sweep))}"
            log.info("They continue without this command; to train again what dies, run\n  %s", resume)
            return
        for task in self._done(by_first, sweep, handed):
            returns |= {number: returned(list(words), None) for number, words in task.numbered.items()}

    def _queue(self, tasks: list[Task], sweep: Path, handed: dict[int, Handed]) -> None:
        if not tasks:
            return
        for task in tasks:
            task.forget_end()
        try:
            names = self.engine.hand_out(tasks, sweep)
        except ConfigError:
            if not handed:  # nothing of the sweep has begun
                forget(sweep)
            raise
        for task, name in zip(tasks, names, strict=True):
            handed[task.first] = Handed(list(task.numbered), name)
        record.write(sweep, handed)

    def _done(self, tasks: dict[int, Task], sweep: Path, handed: dict[int, Handed]) -> Iterator[Task]:
        """The tasks as they end; those whose worker dies are submitted again."""
        attempts = dict.fromkeys(tasks, 1)
        left, pause = set(tasks), 0.1
        while left:
            alive = self.engine.alive([handed[first].name for first in left])
            ended = sorted(first for first in left if handed[first].name not in alive)
            died = []
            for first in ended:
                outcome = tasks[first].outcome()
                if outcome is None and attempts[first] < self.options.attempts:
                    attempts[first] += 1
                    died.append(tasks[first])
                    log.info("%s: its worker died, submitting it again", _title(tasks[first]))
                    continue
                left.discard(first)
                if outcome == "":
                    log.info("%s done, %d of %d", _title(tasks[first]), len(tasks) - len(left), len(tasks))
                else:
                    why = outcome or f"its worker died {count(self.options.attempts, 'time')}"
                    _give_up(tasks[first], sweep, f"{why}; see {self.engine.log_of(handed[first].name)}")
                yield tasks[first]
            self._queue(died, sweep, handed)
            pause = 0.1 if ended else min(2 * pause, 5.0)
            if left:
                time.sleep(pause)


def _give_up(task: Task, sweep: Path, why: str) -> None:
    for number in task.numbered:
        if not any(run.finished for run in folders_of(sweep, number)):
            failures.note(sweep, number, WorkerError(why))


def _parts(numbers: list[int], most: int) -> list[list[int]]:
    """Numbers in parts of at most `most`.

    Example:
        >>> _parts([0, 1, 2, 3, 4], 2)
        [[0, 1], [2, 3], [4]]
    """
    return [numbers[start : start + most] for start in range(0, len(numbers), most)]


def _title(task: Task) -> str:
    numbers = sorted(task.numbered)
    return f"#{numbers[0]} to #{numbers[-1]}" if len(numbers) > 1 else f"#{numbers[0]}"
