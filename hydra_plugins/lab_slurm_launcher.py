"""Hydra's interface to `src.dispatch`: `hydra/launcher=slurm`. Thin, because Hydra imports it at every start."""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class SlurmLauncher(Launcher):
    """Trains runs on a Slurm cluster; runs that differ only in seeds, numbers and layers train as stacks.

    Args:
        **options: The keys of `conf/hydra/launcher/slurm.yaml`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self._dispatch: Any = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Hydra's hook: connect to the cluster and keep what the jobs will need."""
        from src.dispatch.slurm import connect

        self._dispatch = connect(hydra_context, task_function, config, self.options)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Hydra's hook: submit the jobs."""
        returns: Sequence[JobReturn] = self._dispatch.run(job_overrides, initial_job_idx)
        return returns
