"""Slurm as the cluster: job arrays through Submitit, with one job for each stack."""

import logging
import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which
from typing import Any

from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf

from src.dispatch.dispatch import Dispatch, DispatchRules, Engine
from src.dispatch.task import Task
from src.errors import ConfigError
from src.settings.rules import Count
from src.stacking.launch import prepare
from src.stacking.options import LauncherRules, checked
from src.storage.files import make_folders
from src.storage.folders import SweepFolder

_MOST_IN_AN_ARRAY = 500  # Slurm refuses more than 1,000 unless its MaxArraySize says otherwise
_GRACE = 10.0  # seconds until this machine sees in a shared folder what another one has written
_REQUEUES = 10_000  # as often as the time limit comes


class SlurmRules(DispatchRules):
    """The keys of `conf/hydra/launcher/slurm.yaml`."""

    partition: str | None
    account: str | None
    timeout_min: Count
    signal_delay_s: Count
    cpus_per_task: Count
    gpus_per_node: Count | None
    mem_gb: Count | None
    array_parallelism: Count
    additional_parameters: dict[str, Any] | None


@dataclass
class Slurm(Engine):
    """The cluster that this machine's `sbatch` reaches.

    Attributes:
        options: The launcher's keys.
        logs: The folder of each job's output, once something is submitted.
        gone: When each job without a result was first missing from the queue.
    """

    options: SlurmRules
    logs: Path = Path()
    gone: dict[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The cluster's name in messages."""
        return "Slurm"

    def hand_out(self, tasks: list[Task], sweep: Path) -> list[str]:
        """Submit some `tasks` of a `sweep` as job arrays; returns the jobs' ids.

        Raises:
            ConfigError: Slurm refuses them.
        """
        import submitit

        make_folders(self.logs)
        folder = os.path.abspath(self.logs)  # noqa: PTH100 - links may lead elsewhere on other machines
        executor = submitit.SlurmExecutor(folder=folder, max_num_timeout=_REQUEUES)
        jobs: list[Any] = []
        try:
            executor.update_parameters(**self._parameters(sweep))
            for start in range(0, len(tasks), _MOST_IN_AN_ARRAY):
                with executor.batch():
                    jobs += [executor.submit(task) for task in tasks[start : start + _MOST_IN_AN_ARRAY]]
        except (submitit.core.utils.FailedJobError, submitit.core.utils.FailedSubmissionError, OSError) as error:
            lines = [line for line in str(error).splitlines() if line.strip()]
            raise ConfigError(
                f"hydra/launcher=slurm: sbatch refuses them ({lines[-1].strip()}); change its keys"
            ) from error
        return [job.job_id for job in jobs]

    def _parameters(self, sweep: Path) -> dict[str, Any]:
        options = self.options
        found = {
            "job_name": f"lab-{sweep.name}",
            "partition": options.partition,
            "account": options.account,
            "time": options.timeout_min,
            "signal_delay_s": options.signal_delay_s,
            "cpus_per_task": options.cpus_per_task,
            "gpus_per_node": options.gpus_per_node,
            "mem": None if options.mem_gb is None else f"{options.mem_gb}GB",
            "array_parallelism": options.array_parallelism,
            "stderr_to_stdout": True,
            "additional_parameters": {"requeue": True, **(options.additional_parameters or {})},
        }
        return {key: value for key, value in found.items() if value is not None}

    def alive(self, names: list[str]) -> set[str]:
        """Those of the jobs with ids `names` that are queued, running or being requeued.

        Raises:
            ConfigError: Slurm does not answer.
        """
        if not names:
            return set()
        arrays = ",".join(sorted({name.partition("_")[0] for name in names}))
        words = ["squeue", "--noheader", "--array", "--states=all", "--format=%i %T", "--jobs", arrays]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode and "Invalid job id" not in done.stderr:
            raise ConfigError(f"hydra/launcher=slurm: {_refusal(done.stderr)}")
        states = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if " " in line)
        over = {"COMPLETED", "FAILED", "CANCELLED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE"}
        return {name for name in names if states.get(name, "COMPLETED") not in over or self._may_still_write(name)}

    def _may_still_write(self, name: str) -> bool:
        """Whether a job that has left the queue may have written a result that this machine does not see yet."""
        if self._result(name).exists():
            return False
        return time.monotonic() - self.gone.setdefault(name, time.monotonic()) < _GRACE

    def _result(self, name: str) -> Path:
        return self.logs / f"{name}_0_result.pkl"

    def log_of(self, name: str) -> str:
        """The file with the output of the job with id `name`."""
        return str(self.logs / f"{name}_0_log.out")


def _refusal(stderr: str) -> str:
    lines = stderr.split("\n")
    return f"Slurm does not answer ({' '.join(lines[0].split())}); see sinfo"


def connect(context: HydraContext, task: TaskFunction, master: DictConfig, options: dict[str, Any]) -> Dispatch:
    """A launch that submits stacks to Slurm.

    Args:
        context: Hydra's loader and callbacks.
        task: The function that each job calls.
        master: The configuration of the sweep itself.
        options: Keys of `conf/hydra/launcher/slurm.yaml` and their values.

    Raises:
        ConfigError: Submitit or Slurm is missing or does not answer, or an option breaks its rule.
    """
    plain = {
        key: OmegaConf.to_container(value) if OmegaConf.is_config(value) else value for key, value in options.items()
    }
    rules = checked(SlurmRules, plain)
    try:
        import submitit  # noqa: F401
    except ImportError as error:
        raise ConfigError("hydra/launcher=slurm: needs submitit; pip install submitit") from error
    if which("sbatch") is None:
        raise ConfigError(
            "hydra/launcher=slurm: there is no sbatch on this machine; start from a login node of a cluster"
        )
    done = subprocess.run(["sinfo", "--noheader"], capture_output=True, text=True, check=False)
    if done.returncode:
        raise ConfigError(f"hydra/launcher=slurm: {_refusal(done.stderr)}")
    logging.getLogger("submitit").setLevel(logging.WARNING)
    launch = prepare(context, task, master, {key: plain[key] for key in LauncherRules.model_fields})
    logs = SweepFolder(Path(os.path.relpath(str(master.hydra.sweep.dir)))).tasks / "log"
    return Dispatch(launch, Slurm(rules, logs), rules, rules.cpus_per_task)
