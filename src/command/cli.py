"""What all commands share: Hydra around the work, one-line errors and exit codes.

Exit codes: 0 done, 1 training failed, 2 bad input, 130, 143 and 129 interrupted by Ctrl-C, SIGTERM and SIGHUP.
"""

import logging
import os
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src import cores, interrupts
from src.command import arguments, changed, hydra_files
from src.command.aliases import meant
from src.command.claiming import ClaimFolder, Refused
from src.command.messages import THEIRS, reworded
from src.command.sweeps import problem
from src.compat.composing import composed_once, read_yaml_quickly
from src.errors import ChangedDataError, ConfigError, ExportError, InterruptedRunError, TrainingDivergedError
from src.reporting import remarks
from src.reporting.terminal import printable
from src.settings import composed as config
from src.storage import failures, locking
from src.storage.folders import RunFolder, SweepFolder
from src.storage.jobs import begin_job, clear_job, discard_job

log = logging.getLogger(__name__)
read_yaml_quickly()
hydra_files.write_whole()  # also in the processes of a launcher, which import this for its jobs

Work = Callable[[DictConfig, Path], Any]


def command(config_name: str, work: Work, begins_runs: bool = True) -> None:
    """Do `work` on the configuration that the command line composes, then exit: `execute` for a terminal.

    Args:
        config_name: The primary configuration, `conf/<config_name>.yaml`.
        work: What to do with a configuration and its folder.
        begins_runs: Each configuration is a run; otherwise the work reads what runs have left.
    """
    interrupts.answer(ClaimFolder.last_words)
    try:
        code = execute(config_name, work, sys.argv[1:], begins_runs)
    except BrokenPipeError:  # the reader of our output, `head` for one, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ConfigError, TrainingDivergedError, ExportError, InterruptedRunError, OSError, KeyboardInterrupt) as error:
        code = failures.tell(error)
    sys.exit(code)


def execute(config_name: str, work: Work, words: list[str], begins_runs: bool = True) -> int:
    """Do `work` on the configuration that a command line composes, in a folder of its own; the exit code.

    The code is 0, or 1 where runs of a sweep failed: each has said so in a line, and the others went on.

    Args:
        config_name: The primary configuration, `conf/<config_name>.yaml`.
        work: What to do with a configuration and its folder.
        words: The command line behind the command's name, as a person writes it.
        begins_runs: Each configuration is a run, checked by the rules of `src.train` and filed in a folder of its own;
            otherwise the work reads what runs have left and checks its own keys.

    Raises:
        ConfigError: The configuration cannot work; nothing is left behind.
        TrainingDivergedError: The loss became NaN or infinite.
        ExportError: An exported network does not compute what the run does.
        InterruptedRunError: Ctrl-C or another signal. What has begun can be resumed, else nothing is left behind.
        OSError: The disk is full, read-only or gone; it names the place.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # hand errors on instead of printing them
    OmegaConf.register_new_resolver("problem", problem, replace=True)
    _quiet()
    remarks.forget()
    errors: list[Exception] = []
    known = sys.argv
    ClaimFolder.claimed = None
    try:
        words, ClaimFolder.sweep = arguments.rewritten(words, config_name, begins_runs)
        sys.argv = [known[0], *words]  # where Hydra reads them
        job = _job(work, errors) if begins_runs else _reading_job(work, errors)
        job.command_name = config_name  # type: ignore[attr-defined]  # by which a launcher knows what its jobs are
        with _nothing_left(), composed_once():
            hydra.main(version_base="1.3", config_path=str(config.CONF), config_name=config_name)(job)()
        if errors:
            raise errors[0]
    except Refused as refusal:
        theirs = isinstance(refusal.error, THEIRS)
        raise (reworded(refusal.error, config_name, sys.argv[1:]) if theirs else refusal.error) from None
    except THEIRS as error:
        raise reworded(error, config_name, sys.argv[1:]) from error
    except KeyboardInterrupt as error:
        raise InterruptedRunError(ClaimFolder.last_words(), interrupts.exit_code(error)) from error
    finally:
        sys.argv = known
        locking.release()
    return _sweep_code()


@contextmanager
def _nothing_left() -> Iterator[None]:
    """A folder that was claimed in the block goes again where an error ends it before anything has begun there."""
    try:
        yield
    except BaseException as error:
        if isinstance(error, OSError) and ClaimFolder.claimed is not None:
            _placed(error, ClaimFolder.claimed.path)
        ClaimFolder.abandon()
        raise


def _sweep_code() -> int:
    """1 where runs of this sweep failed, which is said in a line that counts; else 0."""
    failed = failures.noted(ClaimFolder.sweep) if ClaimFolder.sweep else []
    if ClaimFolder.sweep is None or not failed:
        return 0
    sweep = SweepFolder(ClaimFolder.sweep)
    finished = sum(run.finished for run in sweep.runs)
    noun = "run" if len(failed) == 1 else "runs"
    print(f"{len(failed)} {noun} failed, {finished} finished; why: {printable(str(sweep.failures))}", file=sys.stderr)
    return 1


def _job(work: Work, errors: list[Exception]) -> Callable[[DictConfig], Any]:
    """The function that Hydra calls for each job: checks the configuration, does the work, keeps what went wrong.

    Errors are kept rather than raised, because Hydra prints a line of its own about each that passes through it.
    """

    def job(cfg: DictConfig) -> Any:
        hydra_cfg: Any = HydraConfig.get()
        folder = Path(os.path.relpath(meant(hydra_cfg.runtime.output_dir)))
        if hydra_cfg.mode == RunMode.MULTIRUN:
            return _swept(work, cfg, folder, hydra_cfg)
        try:
            config.check(cfg, hydra_cfg)
            OmegaConf.resolve(cfg)
            return work(cfg, folder)
        except (ConfigError, OmegaConfBaseException) as error:
            errors.append(error)
            hydra_files.put_back()
            ClaimFolder.abandon()
        except (TrainingDivergedError, InterruptedRunError) as error:
            errors.append(error)
        except OSError as error:
            errors.append(_placed(error, folder))
            ClaimFolder.abandon()
        return None

    return job


def _reading_job(work: Work, errors: list[Exception]) -> Callable[[DictConfig], Any]:
    """The function that Hydra calls where no run begins, and so no folder is removed when one cannot."""

    def job(cfg: DictConfig) -> None:
        try:
            if "run" in cfg:
                config.check_on_run(cfg)
            work(cfg, Path())
        except (ConfigError, OmegaConfBaseException) as error:
            errors.append(error)
        except (ExportError, OSError) as error:
            errors.append(error)

    return job


def _placed(error: OSError, folder: Path) -> OSError:
    """The error with the place where it happened: a folder that is gone, or the folder where none is named."""
    if error.errno is not None and (error.filename is None or not folder.exists()):  # Hydra's own have no number
        error.filename = str(folder)
    return error


def _swept(work: Work, cfg: DictConfig, folder: Path, hydra_cfg: Any) -> Any:
    """One run of a sweep, unless it has finished already; what goes wrong is noted, so that the others go on."""
    sweep, number = Path(os.path.relpath(hydra_cfg.sweep.dir)), int(hydra_cfg.job.num)
    if RunFolder(folder).finished:
        if keys := hydra_files.changed_since(folder):
            changed.tell(number, keys, "it has finished, and stays as it is")
        return None
    if ClaimFolder.sweep is None:  # a process that the launcher has started, of joblib for one
        _quiet()
        interrupts.end_with_parent()
    _divide_threads(hydra_cfg.launcher)
    try:
        begin_job(folder, sweep, number)
        config.check(cfg, hydra_cfg)
        OmegaConf.resolve(cfg)
        return _resumed_or_anew(work, cfg, folder, sweep, number)
    except (ConfigError, OmegaConfBaseException) as error:
        failures.note(sweep, number, ConfigError(str(error)))
        discard_job(folder, sweep, number)
    except InterruptedRunError as error:
        raise interrupts.Interrupt(error.exit_code) from error  # ends the sweep, through Hydra too
    except OSError as error:
        if failures.is_of_the_disk(error, sweep):
            raise Refused(_placed(error, folder)) from error  # ends the sweep: no other run could be written either
        failures.note(sweep, number, _placed(error, folder))
    except Exception as error:
        failures.note(sweep, number, error)
        with (folder / f"{hydra_cfg.job.name}.log").open("a") as file:
            file.write(traceback.format_exc())
    return None


def _resumed_or_anew(work: Work, cfg: DictConfig, folder: Path, sweep: Path, number: int) -> Any:
    """Work on a run of a sweep from the checkpoint that an earlier try has left; without one, or a usable one, anew."""
    if keys := hydra_files.changed_since(folder):
        changed.tell(number, keys, "training it anew")
    elif RunFolder(folder).last_checkpoint.exists():
        cfg.resume = str(folder)
        try:
            return work(cfg, folder)
        except ChangedDataError:
            raise
        except ConfigError as error:
            log.info("#%d: %s; training it anew", number, error)
            cfg.resume = None
    clear_job(folder, sweep)
    return work(cfg, folder)


def _divide_threads(launcher: DictConfig) -> None:
    """Give each of the processes that a launcher starts its share of the cores, before PyTorch is imported there."""
    processes = int(launcher.get("n_jobs") or 1)
    num_cores = cores.available()
    if processes < 0:  # joblib counts from the cores down
        processes = max(1, num_cores + 1 + processes)
    if processes > 1:
        os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = str(max(1, num_cores // processes))


def _quiet() -> None:
    """Keep libraries' remarks that no user of this project can act upon off the terminal."""
    for name in ("lightning.pytorch", "lightning.fabric", "lightning", "lightning.pytorch.utilities.rank_zero"):
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("onnxscript", "onnx_ir", "torch.onnx", "torch.export"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", module="torch.jit")
