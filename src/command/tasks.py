"""Tasks that Hydra calls with each configuration of a command: they check it, do the work and keep the errors."""

import logging
import os
import traceback
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src import cores, interrupts
from src.command import changed, hydra_files
from src.command.aliases import meant
from src.command.claiming import Refused
from src.command.startup import lean_imports
from src.compat.composing import read_yaml_quickly
from src.compat.compositions import keep_compositions
from src.compat.hydra import save_nothing
from src.compat.options import name_broken_files
from src.compat.parts import keep_parts
from src.errors import ChangedDataError, ConfigError, ExportError, InterruptedRunError, TrainingDivergedError
from src.settings import composed as config
from src.settings.undecided import is_undecided
from src.storage import failures
from src.storage.folders import RUN, RunFolder
from src.storage.jobs import begin_job, clear_job, discard_job

log = logging.getLogger(__name__)
read_yaml_quickly()
keep_compositions()
name_broken_files()
keep_parts()

Work = Callable[[DictConfig, Path], Any]

_KEPT = (ConfigError, OmegaConfBaseException, TrainingDivergedError, ExportError, InterruptedRunError, OSError)


@dataclass(frozen=True)
class Task(ABC):
    """The function that Hydra calls with a command's configurations.

    Errors are kept rather than raised, because Hydra prints its own line about every error that passes through it.

    Args:
        command: The name of the command, which tells a launcher what its jobs are.
        work: What the command does with a configuration and its folder.

    Attributes:
        errors: The errors that ended the work, other than in the runs of a sweep.
        process: The process of the command; a launcher may work in others.
        known: Choices made for the data of other runs of a sweep.
    """

    command: str
    work: Work
    errors: list[Exception] = field(default_factory=list)
    process: int = field(default_factory=os.getpid)
    known: dict[str, Any] = field(default_factory=dict)

    def __call__(self, cfg: DictConfig) -> Any:
        """Do the work on a configuration `cfg`; returns its result, or None if it failed."""
        try:
            return self.do(cfg)
        except _KEPT as error:
            self.errors.append(error)
        return None

    @abstractmethod
    def do(self, cfg: DictConfig) -> Any:
        """Check a configuration `cfg` and do the work on it."""


class ReadingTask(Task):
    """Works on existing runs."""

    def do(self, cfg: DictConfig) -> None:
        """Do what `Task` does with `cfg`."""
        if "changes" in cfg:  # a command on a run, which src.play may but need not name
            config.check_on_run(cfg)
        self.work(cfg, Path())


class RunTask(Task):
    """Trains a run, alone or in a sweep, in the folder that Hydra has created for it."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the `state` of a task from another process, whose launcher runs a job here."""
        save_nothing()
        self.__dict__.update(state)

    def __call__(self, cfg: DictConfig) -> Any:
        """Do what `Task` does with `cfg`; errors in a sweep's runs are recorded in the sweep's folder."""
        return _swept(self, cfg) if HydraConfig.get().mode == RunMode.MULTIRUN else super().__call__(cfg)

    def do(self, cfg: DictConfig) -> Any:
        """Do what `Task` does with `cfg`."""
        hydra_cfg: Any = HydraConfig.get()
        folder = _folder(hydra_cfg)
        try:
            config.check(cfg, hydra_cfg)
            decide(cfg, folder)
            run, files = RunFolder(folder), hydra_files.of_job(cfg)
            if files and cfg.get("resume") is not None:
                files = hydra_files.of_resumed(files, run)
            with hydra_files.written(files, run):
                OmegaConf.resolve(cfg)
                return self.work(cfg, folder)
        except OSError as error:
            at_place(error, folder)
            raise


def decide(cfg: DictConfig, folder: Path, known: dict[str, Any] | None = None) -> None:
    """Choose what a configuration leaves to its data.

    Args:
        cfg: The composed configuration, changed in place.
        folder: The run's folder.
        known: Choices made for other runs of a sweep.
    """
    if is_undecided(cfg):
        with lean_imports():
            from src.building import choosing
        choosing.settle(cfg, folder, known)


def _folder(hydra_cfg: Any) -> Path:
    """The run's folder, relative to the working folder."""
    return Path(os.path.relpath(meant(hydra_cfg.runtime.output_dir)))


def _swept(task: RunTask, cfg: DictConfig) -> Any:
    """Do one run of a sweep unless it has finished already; errors are recorded, so that the others go on."""
    hydra_cfg: Any = HydraConfig.get()
    folder = _folder(hydra_cfg)
    sweep, number = Path(os.path.relpath(hydra_cfg.sweep.dir)), int(hydra_cfg.job.num)
    run = RunFolder(folder)
    if run.finished:
        with suppress(ConfigError):
            decide(cfg, folder, task.known)
        changed.tell_finished(number, run, _changed_keys(run, hydra_files.of_job(cfg)))
        return None
    if os.getpid() != task.process:  # a process that the launcher started, such as joblib's
        quiet()
        interrupts.end_with_parent()
        _divide_threads(hydra_cfg.launcher)
    try:
        begin_job(folder, sweep, number)
        config.check(cfg, hydra_cfg)
        decide(cfg, folder, task.known)
        files = hydra_files.of_job(cfg)
        keys = _changed_keys(run, files)
        hydra_files.write(files, run)
        OmegaConf.resolve(cfg)
        if keys:
            changed.tell(number, keys, "training it from scratch")
        return _resumed_or_anew(task.work, cfg, folder, sweep, number, not keys)
    except (ConfigError, OmegaConfBaseException) as error:
        failures.note(sweep, number, ConfigError(str(error)))
        discard_job(folder, sweep, number)
    except InterruptedRunError as error:
        raise interrupts.Interrupt(error.exit_code) from error  # ends the sweep, through Hydra too
    except OSError as error:
        if failures.is_of_the_disk(error, sweep):
            raise Refused(at_place(error, folder)) from error  # ends the sweep: no other run could be written either
        failures.note(sweep, number, at_place(error, folder))
    except Exception as error:
        failures.note(sweep, number, error)
        with (folder / f"{hydra_cfg.job.name}.log").open("a") as file:
            file.write(traceback.format_exc())
    return None


def _changed_keys(run: RunFolder, files: hydra_files.Files) -> list[str]:
    """Keys whose values differ between the folder of a `run` and the `files` to be written there."""
    return changed.changed_settings(run.config, files[RUN.config.name]) if files else []


def _resumed_or_anew(work: Work, cfg: DictConfig, folder: Path, sweep: Path, number: int, is_same: bool) -> Any:
    """Train a run of a sweep from an earlier checkpoint with equal settings, or from scratch if none is usable."""
    if is_same and RunFolder(folder).last_checkpoint.exists():
        cfg.resume = str(folder)
        try:
            return work(cfg, folder)
        except ChangedDataError:
            raise
        except ConfigError as error:
            log.info("#%d: %s; training it from scratch", number, error)
            cfg.resume = None
    clear_job(folder, sweep)
    return work(cfg, folder)


def _divide_threads(launcher: DictConfig) -> None:
    """Give each of the processes that a launcher starts its share of the cores, before PyTorch is imported there."""
    processes = int(launcher.get("n_jobs") or 1)
    num_cores = cores.available()
    if processes < 0:  # joblib counts down from the number of cores
        processes = max(1, num_cores + 1 + processes)
    if processes > 1:
        os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(max(1, num_cores // processes))


def quiet() -> None:
    """Keep library warnings that users of this project cannot act on off the terminal."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("lightning.pytorch.loggers.mlflow", "mlflow.store.db.utils", "alembic"):  # MLflow makes its database
        logging.getLogger(name).setLevel(logging.ERROR)
    for name in ("onnxscript", "onnx_ir", "torch.onnx", "torch.export"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", module="torch.jit")


def at_place(error: OSError, folder: Path) -> OSError:
    """The error with the place where it happened: `folder` if that is gone or no other place is named."""
    if error.errno is not None and (error.filename is None or not folder.exists()):  # Hydra's own errors have no number
        error.filename = str(folder)
    return error
