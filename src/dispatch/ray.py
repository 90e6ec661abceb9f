"""Ray as the cluster: one that is already running, or this machine's cores for the duration of a command."""

import logging
import os
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

from src.dispatch.dispatch import Dispatch, DispatchRules, Engine
from src.dispatch.task import Task
from src.errors import ConfigError
from src.settings.rules import Count, NonNegative
from src.stacking.launch import prepare
from src.stacking.options import LauncherRules, checked

_STARTS = 3  # a node gives up after 15 seconds on a machine that is busy (ray#65983)
_SECONDS_TO_ANSWER = 10.0


class RayRules(DispatchRules):
    """The keys of `conf/hydra/launcher/ray.yaml`."""

    address: str | None
    num_cpus: Count | None
    cpus_per_task: Count
    gpus_per_task: NonNegative


@dataclass
class Ray(Engine):
    """The cluster that this process is connected to.

    Attributes:
        options: The launcher's keys.
        given: Ray's reference to each task that this process has submitted, by the task's name.
    """

    options: RayRules
    given: dict[str, Any] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The cluster's name in messages."""
        return "Ray"

    def hand_out(self, tasks: list[Task], sweep: Path) -> list[str]:
        """Submit some `tasks` of a `sweep`; returns Ray's names for them."""
        import ray

        options = self.options
        remote = ray.remote(num_cpus=options.cpus_per_task, num_gpus=options.gpus_per_task, max_retries=0)(_work)
        references = [remote.remote(task) for task in tasks]
        self.given |= {reference.hex(): reference for reference in references}
        return [reference.hex() for reference in references]

    def alive(self, names: list[str]) -> set[str]:
        """Those of the `names` that this process has submitted and that are queued or running."""
        import ray

        known = [self.given[name] for name in names if name in self.given]
        if not known:
            return set()
        _, left = ray.wait(known, num_returns=len(known), timeout=0)
        return {reference.hex() for reference in left}

    def log_of(self, name: str) -> str:
        """The folder with the output of the task called `name`, on the machine that ran it."""
        return "/tmp/ray/session_latest/logs on the worker's machine"


def _work(task: Task) -> None:
    task()


def connect(context: HydraContext, task: TaskFunction, master: DictConfig, options: dict[str, Any]) -> Dispatch:
    """A launch that submits stacks to Ray.

    Args:
        context: Hydra's loader and callbacks.
        task: The function that each job calls.
        master: The configuration of the sweep itself.
        options: Keys of `conf/hydra/launcher/ray.yaml` and their values.

    Raises:
        ConfigError: Ray is missing, its cluster cannot be reached, or an option breaks its rule.
    """
    rules = checked(RayRules, options)
    if not rules.wait:
        raise ConfigError(
            "hydra.launcher.wait: Ray ends tasks with the command that submitted them (got false); leave it out, and "
            "start the whole command with `ray job submit --no-wait`"
        )
    if rules.address is not None and rules.num_cpus is not None:
        raise ConfigError(
            "hydra.launcher.num_cpus: is for a cluster started on this machine (got an address too); leave it out"
        )
    _join(rules)
    launch = prepare(context, task, master, {key: options[key] for key in LauncherRules.model_fields})
    return Dispatch(launch, Ray(rules), rules, rules.cpus_per_task)


def _join(rules: RayRules) -> None:
    """Connect this process to a cluster, or start one."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # Ray's future default, which it warns about
    try:
        import ray
    except ImportError as error:
        raise ConfigError("hydra/launcher=ray: needs ray; pip install ray") from error
    if ray.is_initialized():
        return
    try:
        if rules.address is None:
            _start(rules)
        else:
            _check_answers(rules.address)
            ray.init(address=rules.address, log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # anything that keeps a cluster from answering
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        if rules.address is None:
            raise ConfigError(f"hydra/launcher=ray: no cluster starts here ({reason}); try `ray start`") from error
        raise ConfigError(
            f"hydra.launcher.address: no Ray cluster answers at {rules.address} ({reason}); run `ray start --head`"
        ) from error


def _start(rules: RayRules) -> None:
    """Start a cluster on this machine, which ends with this process."""
    import ray

    for attempt in range(_STARTS):
        try:
            ray.init(
                "local",
                num_cpus=rules.num_cpus,
                include_dashboard=False,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
            return
        except Exception as error:
            if "timed out during startup" not in str(error) or attempt == _STARTS - 1:
                raise
            ray.shutdown()


def _check_answers(address: str) -> None:
    """Raise `OSError` at once if nothing listens at a host and port; Ray would try for minutes."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=_SECONDS_TO_ANSWER).close()
