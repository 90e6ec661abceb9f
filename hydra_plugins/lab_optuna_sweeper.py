"""Hydra's face of `src.tuning`: `hydra/sweeper=optuna`. Hydra imports this at every start, so it is thin."""

from typing import Any

from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


class OptunaSweeper(Sweeper):
    """Searches for the settings that optimise an objective.

    Args:
        **options: The keys of `conf/hydra/sweeper/optuna.yaml`.
    """

    def __init__(self, **options: Any) -> None:
        self.options = options
        self._sweep: Any = None

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Hydra's hook: what the jobs will be."""
        from src.tuning.sweep import prepare

        self._sweep = prepare(hydra_context, task_function, config, self.options)

    def sweep(self, arguments: list[str]) -> Any:
        """Hydra's hook: search the space that the command line spans."""
        return self._sweep(arguments)
