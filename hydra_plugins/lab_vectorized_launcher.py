"""Hydra's interface to `src.stacking`: `hydra/launcher=vectorized`. Thin, because Hydra imports it at every start."""

from collections.abc import Sequence
from typing import Any

from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class VectorizedLauncher(Launcher):
    """Trains runs that differ only in seeds, numbers and hidden layers as stacks.

    Args:
        **options: The keys of `conf/hydra/launcher/vectorized.yaml`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self._launch: Any = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Hydra's hook: keep what the jobs will need."""
        from src.stacking.launch import prepare

        self._launch = prepare(hydra_context, task_function, config, self.options)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Hydra's hook: run the jobs."""
        returns: Sequence[JobReturn] = self._launch.run(job_overrides, initial_job_idx)
        return returns
