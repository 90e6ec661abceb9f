"""What all commands share: Hydra, one-line errors and exit codes.

Exit codes: 0 for success, 1 if training failed, 2 for bad input; 130, 143 and 129 if interrupted by Ctrl-C, SIGTERM and
SIGHUP.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import hydra
from omegaconf import OmegaConf

from src import interrupts
from src.command import arguments, claiming, ending
from src.command.claiming import Claims, Refused, claims
from src.command.flags import parted
from src.command.help import help_text
from src.command.messages import THEIRS, reworded
from src.command.sweeps import problem
from src.command.tasks import ReadingTask, RunTask, Task, Work, at_place, quiet
from src.compat.composing import composed_once
from src.compat.hydra import save_nothing
from src.errors import ConfigError, ExportError, InterruptedRunError, TrainingDivergedError
from src.places import CONF
from src.reporting import remarks
from src.reporting.terminal import printable
from src.storage import failures, locking, runs_table
from src.storage.folders import SweepFolder

AfterSweep = Callable[[Path], None] | None


class Outcome(NamedTuple):
    """The outcome of a command.

    Attributes:
        code: Its exit code.
        sweep: The folder of its sweep; None if it was not a sweep.
    """

    code: int
    sweep: Path | None


def command(config_name: str, work: Work, begins_runs: bool = True, after_sweep: AfterSweep = None) -> None:
    """Compose the command line, do the `work` and exit: `execute` for a terminal.

    Args:
        config_name: The primary configuration, `conf/<config_name>.yaml`.
        work: What to do with a configuration and its folder.
        begins_runs: Whether each configuration is a run; otherwise the work reads existing runs.
        after_sweep: What to do with the folder of a sweep when its runs have ended.
    """
    ending.expect()
    interrupts.answer(claiming.last_words)
    try:
        code = execute(config_name, work, sys.argv[1:], begins_runs, after_sweep).code
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    except (ConfigError, TrainingDivergedError, ExportError, InterruptedRunError, OSError, KeyboardInterrupt) as error:
        code = failures.tell(error)
    sys.exit(ending.told(code))


def execute(
    config_name: str, work: Work, words: list[str], begins_runs: bool = True, after_sweep: AfterSweep = None
) -> Outcome:
    """Compose a command line, do the `work` in its own folder and return the outcome.

    The exit code is 0, or 1 if runs of a sweep failed: each of these has printed a line, and the others went on.

    Args:
        config_name: The primary configuration, `conf/<config_name>.yaml`.
        work: What to do with a configuration and its folder.
        words: The command line after the command's name, as people write it.
        begins_runs: Whether each configuration is a run, checked by the rules of `src.train` and kept in its own
            folder; otherwise the work reads existing runs and checks its own keys.
        after_sweep: What to do with the folder of a sweep when its runs have ended.

    Raises:
        ConfigError: The configuration cannot work; nothing is left behind.
        TrainingDivergedError: The loss became NaN or infinite.
        ExportError: An exported network does not compute the same as the run.
        InterruptedRunError: Ctrl-C or another signal. A run that has begun can be resumed; otherwise nothing is left
            behind.
        OSError: The disk is full, read-only or gone; the error names the place.
    """
    os.environ["HYDRA_FULL_ERROR"] = "1"  # pass errors on instead of printing them
    OmegaConf.register_new_resolver("problem", problem, replace=True)
    quiet()
    remarks.forget()
    known = sys.argv
    with claims() as claimed:
        try:
            words, claimed.sweep = arguments.rewritten(words, config_name, begins_runs)
            sys.argv = [known[0], *words]  # where Hydra reads them
            if "--help" in words:
                print(help_text(config_name, *parted(words)))
                return Outcome(0, None)
            task = (RunTask if begins_runs else ReadingTask)(config_name, work)
            _call_hydra(task, claimed)
            if after_sweep is not None and claimed.sweep is not None:
                after_sweep(claimed.sweep)
        except Refused as refusal:
            theirs = isinstance(refusal.error, THEIRS)
            raise (reworded(refusal.error, config_name, sys.argv[1:]) if theirs else refusal.error) from None
        except THEIRS as error:
            raise reworded(error, config_name, sys.argv[1:]) from error
        except KeyboardInterrupt as error:
            raise InterruptedRunError(claimed.last_words(), interrupts.exit_code(error)) from error
        finally:
            sys.argv = known
            locking.release()
    return Outcome(0 if claimed.sweep is None else _sweep_code(SweepFolder(claimed.sweep)), claimed.sweep)


def _call_hydra(task: Task, claimed: Claims) -> None:
    """Let Hydra call the task; if it fails before anything has begun, give up its claims."""
    as_before = save_nothing()
    try:
        with composed_once():
            hydra.main(version_base="1.3", config_path=str(CONF), config_name=task.command)(task)()
    except BaseException as error:
        if isinstance(error, OSError) and claimed.made is not None:
            at_place(error, claimed.made.path)
        claimed.give_up()
        raise
    finally:
        as_before()
    for kept in task.errors:
        if not isinstance(kept, TrainingDivergedError | InterruptedRunError):
            claimed.give_up()
        raise kept


def _sweep_code(sweep: SweepFolder) -> int:
    """1 if runs of a sweep failed, after printing how many; otherwise 0."""
    failed = failures.noted(sweep.path)
    if not failed:
        return 0
    finished = sum(run.finished for run in sweep.runs)
    finished += sum(row.failure is None for row in runs_table.without_folder(sweep.path))
    noun = "run" if len(failed) == 1 else "runs"
    print(f"{len(failed)} {noun} failed, {finished} finished; why: {printable(str(sweep.failures))}", file=sys.stderr)
    return 1
