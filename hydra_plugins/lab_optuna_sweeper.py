"""Hydra's interface to `src.tuning`: `hydra/sweeper=optuna`. Thin, because Hydra imports it at every start."""

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
        """Hydra's hook: keep what the jobs will need."""
        from src.tuning.sweep import prepare

        self._sweep = prepare(hydra_context, task_function, config, self.options)

    def sweep(self, arguments: list[str]) -> Any:
        """Hydra's hook: search the space that the command line defines."""
        return self._sweep(arguments)
