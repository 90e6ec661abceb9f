"""Hydra's interface to `src.dispatch`: `hydra/launcher=ray`. Thin, because Hydra imports it at every start."""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class RayLauncher(Launcher):
    """Trains runs on a Ray cluster; runs that differ only in seeds, numbers and layers train as stacks.

    Args:
        **options: The keys of `conf/hydra/launcher/ray.yaml`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self._dispatch: Any = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Hydra's hook: connect to the cluster and keep what the jobs will need."""
        from src.dispatch.ray import connect

        self._dispatch = connect(hydra_context, task_function, config, self.options)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Hydra's hook: submit the jobs."""
        returns: Sequence[JobReturn] = self._dispatch.run(job_overrides, initial_job_idx)
        return returns
