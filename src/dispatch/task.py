"""The work of one worker: some jobs of a sweep, trained as the vectorized launcher trains them, on any cluster."""

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
from hydra.core.singleton import Singleton
from hydra.core.utils import setup_globals
from omegaconf import OmegaConf

from src import cores, interrupts
from src.command.sweeps import problem
from src.command.tasks import quiet
from src.errors import ConfigError, InterruptedRunError
from src.stacking.launch import Launch, Numbered
from src.storage import failures, locking
from src.storage.files import aside, make_folders
from src.storage.folders import SweepFolder
from src.storage.removal import remove_empty, remove_listed
from src.storage.values import known_json, write_json

_SECONDS_BETWEEN_LOOKS = 0.5
_LAUNCH = "launch.pkl"
_LOGS = "log/*.pkl", "log/.submission_file_*.sh"  # what Submitit leaves behind if Slurm refuses a task


@dataclass
class Task:
    """Jobs that train together, or one after the other.

    Attributes:
        work: The working folder of the command, the same on each machine.
        sweep: The sweep's folder, relative to it.
        numbered: The jobs' overrides, by their numbers in the sweep.
        num_cores: The cores that the worker may use.
    """

    work: Path
    sweep: Path
    numbered: Numbered
    num_cores: int

    @property
    def first(self) -> int:
        """The first job's number, which names the task."""
        return min(self.numbered)

    @property
    def folder(self) -> Path:
        """The task's own folder, which one worker at a time holds."""
        return SweepFolder(self.sweep).tasks / f"{self.first:06d}"

    @property
    def _end(self) -> Path:
        """The file with the task's outcome, as plain data: a folder may come from anywhere, so it holds no pickle."""
        return self.folder / "end.json"

    def forget_end(self) -> None:
        """Remove the outcome of an earlier worker."""
        remove_listed(self.folder, [self._end.name])

    def outcome(self) -> str | None:
        """How the task ended: an error's text, an empty one for success, or None if its worker died."""
        error = known_json(self._end).get("error")
        return error if isinstance(error, str) else None

    def __call__(self) -> None:
        """Train the runs that have not finished, from the checkpoint of an earlier worker if there is one."""
        os.chdir(self.work)
        cores.use_at_most(self.num_cores)
        quiet()
        make_folders(self.folder)
        _wait_for(self.folder)
        requeue = _on_time_limit()
        try:
            launch = _read(self.sweep)
            launch.begin()
            launch.train(self.numbered, self.sweep, SweepFolder(self.folder).stack_checkpoint)
            write_json(self._end, {"error": ""}, durable=True)
        except (InterruptedRunError, KeyboardInterrupt):
            if not callable(requeue):
                raise
            requeue(signal.SIGUSR2, None)  # the state is written; ends the process
        except Exception as error:
            write_json(self._end, {"error": failures.line(error)}, durable=True)
            raise
        finally:
            locking.release(self.folder)

    def checkpoint(self) -> Any:
        """What Submitit starts after the time limit: the same task, which finds its checkpoint."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def _on_time_limit() -> Any:
    """Let the signal before a time limit interrupt the training; returns Submitit's handler, to be called later."""
    known = signal.getsignal(signal.SIGUSR2)
    return interrupts.answer_too(signal.SIGUSR2) if callable(known) else None


def _wait_for(folder: Path) -> None:
    """Lock a folder as soon as no other worker holds it."""
    while True:
        try:
            return locking.lock(folder, "hydra.sweep.dir")
        except ConfigError:
            time.sleep(_SECONDS_BETWEEN_LOOKS)


def keep(launch: Launch, sweep: Path) -> None:
    """Save the `launch` of the jobs of a `sweep` for the workers."""
    make_folders(SweepFolder(sweep).tasks)
    with aside(_place(sweep)) as part:
        part.write_bytes(cloudpickle.dumps((launch, Singleton.get_state())))


def _read(sweep: Path) -> Launch:
    setup_globals()
    launch, state = cloudpickle.loads(_place(sweep).read_bytes())
    Singleton.set_state(state)
    OmegaConf.register_new_resolver("problem", problem, replace=True)
    found: Launch = launch
    return found


def forget(sweep: Path) -> None:
    """Remove what `keep` has written for the workers of a `sweep`, none of which has begun."""
    folder = SweepFolder(sweep).tasks
    remove_listed(folder, [_LAUNCH, *_LOGS])
    remove_empty([folder])


def _place(sweep: Path) -> Path:
    return SweepFolder(sweep).tasks / _LAUNCH
