"""How `hydra/launcher=vectorized` runs a sweep's jobs: in stacks, and one by one if they cannot be stacked."""

import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from hydra.core.config_loader import ConfigLoader
from hydra.core.utils import JobReturn, JobStatus, configure_log, filter_overrides, run_job, setup_globals
from hydra.experimental.callback import Callback
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from src.command import changed
from src.command.claiming import ForgetConfigs
from src.command.startup import lean_imports
from src.command.tasks import RunTask
from src.errors import ConfigError
from src.settings import composed as rules
from src.settings import unread
from src.stacking.compose import Composer, Job, SweepLoader
from src.stacking.counted import count
from src.stacking.keeping import Keeper
from src.stacking.options import VectorizedRules, checked
from src.storage import failures
from src.storage.folders import RUN, RunFolder, SweepFolder
from src.storage.runs_table import RunsTable

if TYPE_CHECKING:
    from src.stacking.stack_checkpoint import Saved  # imports PyTorch

log = logging.getLogger(__name__)

_FEWEST = 32  # runs of a stack from which another process pays
_READ_FOLDERS = ".BasicSweeper", "lab_optuna_sweeper.OptunaSweeper"

Numbered = dict[int, Sequence[str]]
"""The overrides of each job, by its number in the sweep."""


class SortedOut(NamedTuple):
    """Jobs that are still to run.

    Attributes:
        alike: Groups of jobs that can train together, networks of similar width side by side.
        alone: The numbers of those that cannot, by the reason.
    """

    alike: list[list[Job]]
    alone: dict[str, list[int]]


@dataclass
class Launch:
    """One call of the launcher.

    Attributes:
        loader: Hydra's own loader.
        context: Hydra's loader and callbacks.
        task: The function that a job is.
        master: The configuration of the sweep itself.
        options: The keys of `conf/hydra/launcher/vectorized.yaml`.
        composer: Makes the jobs.
        keeper: Which runs get a folder, and where they are recorded.
    """

    loader: ConfigLoader
    context: HydraContext
    task: TaskFunction
    master: DictConfig
    options: VectorizedRules
    composer: Composer
    keeper: Keeper = field(default_factory=Keeper)

    def run(self, job_overrides: Sequence[Sequence[str]], first_number: int) -> list[JobReturn]:
        """Run all jobs and return their results in the order of `job_overrides`, starting with job `first_number`."""
        folders = self.options.folders
        if folders != "all" and not _is_basic(self.master):
            raise ConfigError(f"hydra.launcher.folders: a search reads its runs' folders (got {folders}); leave it out")
        sweep = self.begin()
        if self._is_ours:
            self.keeper = Keeper(RunsTable(sweep), folders)
        numbered = dict(enumerate(job_overrides, first_number))
        returns = self.train(numbered, sweep, SweepFolder(sweep).stack_checkpoint)
        return [returns[number] for number in numbered]

    def begin(self) -> Path:
        """Set up Hydra's logging, and the sweep's folder, which is returned."""
        setup_globals()
        configure_log(self.master.hydra.hydra_logging, self.master.hydra.verbose)
        sweep = Path(os.path.relpath(str(self.master.hydra.sweep.dir)))
        sweep.mkdir(parents=True, exist_ok=True)
        return sweep

    @property
    def _is_ours(self) -> bool:
        """Whether the jobs are trainings of this project."""
        return isinstance(self.task, RunTask) and self.task.command == "train"

    def train(self, numbered: Numbered, sweep: Path, checkpoint: Path) -> dict[int, JobReturn]:
        """Train jobs in this process, in stacks or one by one.

        Args:
            numbered: The jobs' overrides, by their numbers.
            sweep: The sweep's folder.
            checkpoint: The file for the checkpoint of the stack in progress.

        Returns:
            The jobs' results, by their numbers.
        """
        returns: dict[int, JobReturn] = {}
        sorted_out = self.sorted_out(numbered, sweep, returns)
        for reason, numbers in sorted_out.alone.items():
            log.info("Running %s one by one: %s", count(len(numbers), "job"), reason)
        self._run_stacks(numbered, sorted_out.alike, sweep, checkpoint, returns)
        for number, overrides in numbered.items():
            if number not in returns:
                returns[number] = self._run_alone(number, overrides)
                if self._is_ours:
                    self.keeper.record_folder(self.composer.job(number, overrides))
        return returns

    def sorted_out(self, numbered: Numbered, sweep: Path, returns: dict[int, JobReturn]) -> "SortedOut":
        """The jobs that are still to run, by whether they can train together.

        Args:
            numbered: The jobs' overrides, by their numbers.
            sweep: The sweep's folder, where jobs that cannot begin are recorded as failures.
            returns: Takes the results of these and of jobs that have finished.
        """
        if reason := self._reason_against_all():
            return SortedOut([], {reason: list(numbered)})
        with lean_imports():
            from src.stacking import grouping

        alike: dict[str, list[tuple[int, Job]]] = {}
        alone: dict[str, list[int]] = {}
        for job, cfg, reason in self._jobs(numbered, sweep, returns):
            if reason is None:
                alike.setdefault(grouping.signature(cfg), []).append((grouping.widest(cfg), job))
            else:
                alone.setdefault(reason, []).append(job.number)
        groups = [sorted(group, key=itemgetter(0)) for group in alike.values()]
        return SortedOut([[job for _, job in group] for group in groups], alone)

    def _reason_against_all(self) -> str | None:
        if not self._is_ours:
            return "they are not trainings of this project"
        for callback in self.context.callbacks.callbacks:
            kind = type(callback)
            if kind is ForgetConfigs:  # a stack keeps none
                continue
            if kind.on_job_start is not Callback.on_job_start or kind.on_job_end is not Callback.on_job_end:
                return f"{kind.__name__} must see each job start and end"
        return None

    def _jobs(
        self, numbered: Numbered, sweep: Path, returns: dict[int, JobReturn]
    ) -> Iterator[tuple[Job, dict[str, Any], str | None]]:
        """The jobs still to run, with their configurations and why each cannot be stacked.

        Those that cannot begin are recorded as failures.
        """
        with lean_imports():
            from src.stacking import grouping

        checked: set[int] = set()
        for number, overrides in numbered.items():
            try:
                job = self.composer.job(number, overrides)
            except ConfigError as error:
                failures.note(sweep, number, error)
                returns[number] = returned(list(overrides), None)
                continue
            if self.keeper.is_done(job):
                if (run := RunFolder(job.folder)).finished:
                    changed.tell_finished(number, run, changed.changed_settings(run.config, job.files[RUN.config.name]))
                returns[number] = returned(job.overrides, None)
                continue
            try:
                composed = self.composer.composed(overrides)
                if id(composed) not in checked:
                    task_cfg = OmegaConf.masked_copy(composed, [str(key) for key in composed if key != "hydra"])
                    rules.check_keys(task_cfg, composed.hydra)
                    unread.check(task_cfg, [*overrides, *self.master.hydra.overrides.hydra])
                    checked.add(id(composed))
                cfg = job.cfg
                rules.check_values(cfg)
                reason = grouping.reason_against(cfg)
            except (ConfigError, OmegaConfBaseException) as error:
                failures.note(sweep, number, ConfigError(str(error)))
                returns[number] = returned(job.overrides, None)
                continue
            yield job, cfg, reason

    def _run_stacks(
        self, numbered: Numbered, alike: list[list[Job]], sweep: Path, checkpoint: Path, returns: dict[int, JobReturn]
    ) -> None:
        left = SweepFolder(checkpoint.parent).stack_checkpoints
        if not left and not alike:
            return
        with lean_imports():
            from src.stacking import processes, training
            from src.stacking.extras import Extras
        options = self.options
        wanted = Extras(options.figures, options.tensorboard)
        how = training.Sweep(sweep, options.seconds_between_checkpoints, wanted, checkpoint, self.keeper)
        saved = [found for path in left if (found := training.saved_stack(path)) is not None]
        resumed = [training.Piece(*self._jobs_of(each, numbered, alike)) for each in saved]
        resumed = [piece for piece in resumed if piece.jobs]
        waiting = {job.number for piece in resumed for job in piece.jobs}
        number = processes.at_a_time([group[0] for group in alike], options.n_jobs) if self._may_divide else 1
        for pieces, later in ((resumed, waiting), ([], set())):  # the second time those that could not be resumed
            for group in alike:
                pending = [job for job in group if job.number not in returns.keys() | later]
                _say_anew(pending)
                pieces += training.pieces_of(pending, options.max_stack, number, 1 if options.n_jobs else _FEWEST)
            for done in processes.train(pieces, how, number):
                returns[done.job.number] = returned(done.job.overrides, done.value)

    @property
    def _may_divide(self) -> bool:
        """Whether stacks may train in several processes: not if they are compared, or a sweeper waits for values."""
        with lean_imports():
            from src.callbacks.pruning import current_judge
        sweeper = str(self.master.hydra.sweeper._target_)
        return self.keeper.table is not None and current_judge() is None and sweeper.endswith(_READ_FOLDERS)

    def _jobs_of(
        self, saved: "Saved", numbered: Numbered, alike: list[list[Job]]
    ) -> tuple[list[Job], "Saved", frozenset[int]]:
        """The jobs that were in a stack together, in order, its checkpoint, and which of them have finished.

        Those that can no longer be stacked are left out, so that the stack is recognised as changed.
        """
        stackable = {job.number: job for group in alike for job in group}
        jobs = [stackable.get(n) or self.composer.job(n, numbered[n]) for n in saved.numbers if n in numbered]
        finished = {job.number for job in jobs if self.keeper.is_done(job)}
        return [job for job in jobs if job.number in stackable.keys() | finished], saved, frozenset(finished)

    def _run_alone(self, number: int, overrides: Sequence[str]) -> JobReturn:
        """Run a job like Hydra's basic launcher."""
        log.info("\t#%s : %s", number, " ".join(filter_overrides(overrides)))
        config = self.loader.load_sweep_config(self.master, list(overrides))
        with open_dict(config):
            config.hydra.job.id, config.hydra.job.num = number, number
        result = run_job(
            hydra_context=self.context,
            task_function=self.task,
            config=config,
            job_dir_key="hydra.sweep.dir",
            job_subdir_key="hydra.sweep.subdir",
        )
        configure_log(self.master.hydra.hydra_logging, self.master.hydra.verbose)
        return result


def _is_basic(master: DictConfig) -> bool:
    """Whether a sweep tries all its values, rather than search among them."""
    return str(master.hydra.sweeper._target_).endswith(".BasicSweeper")


def returned(overrides: list[str], value: Any) -> JobReturn:
    """The result of a job with these `overrides`, and the value for a sweeper to optimise."""
    result = JobReturn(overrides=overrides, working_dir=str(Path.cwd()), task_name="train")
    result.status, result.return_value = JobStatus.COMPLETED, value
    return result


def _say_anew(jobs: list[Job]) -> None:
    begun = sum(RunFolder(job.folder).last_checkpoint.exists() for job in jobs)
    if begun:
        reason = "a stack cannot resume from a run's own checkpoint, as hydra/launcher=basic does"
        log.info("Training %s from scratch: %s", count(begun, "job"), reason)


def prepare(context: HydraContext, task: TaskFunction, master: DictConfig, options: dict[str, Any]) -> Launch:
    """A launch that composes jobs once per shape, even when Hydra's sweeper composes them to check them.

    Args:
        context: Hydra's loader and callbacks.
        task: The function that a job is.
        master: The configuration of the sweep itself.
        options: Keys of `conf/hydra/launcher/vectorized.yaml` and their values.

    Raises:
        ConfigError: An option of the launcher breaks its rule.
    """
    known = checked(VectorizedRules, options)
    loader = context.config_loader
    composer = Composer(loader, master)
    if _is_basic(master):
        context.config_loader = SweepLoader(loader, composer)  # type: ignore[assignment]
    return Launch(loader, context, task, master, known, composer)
