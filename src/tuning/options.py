"""The keys of `conf/hydra/sweeper/optuna.yaml`: their rules, and what null means for each."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from src.errors import ConfigError
from src.settings.rules import Count, Positive, direction
from src.settings.wording import one_line

Direction = Literal["minimize", "maximize"]

SIZE = "num_parameters"
"""The only objective that is not a score."""

_TRIALS, _BATCH = 20, 64

_IN_STACKS = (".VectorizedLauncher", ".SlurmLauncher", ".RayLauncher")
"""The classes of launchers that train many runs as one stack."""


class Options(BaseModel):
    """The sweeper's keys, checked; `conf/hydra/sweeper/optuna.yaml` documents each."""

    model_config = ConfigDict(extra="forbid")

    objective: str | list[str]
    direction: Direction | list[Direction] | None
    n_trials: Count | None
    timeout: Positive | None
    n_jobs: Count | None
    storage: str | None
    study_name: str | None
    params: dict[str, Any] | None
    sampler: dict[str, Any]
    pruner: dict[str, Any]

    @property
    def objectives(self) -> list[str]:
        """The objectives, one or several."""
        return [self.objective] if isinstance(self.objective, str) else self.objective

    @property
    def directions(self) -> list[Direction]:
        """Whether each objective is minimized or maximized.

        Raises:
            ConfigError: There is not one for each objective, or a name does not determine it.
        """
        if self.direction is not None:
            given = [self.direction] if isinstance(self.direction, str) else self.direction
            if len(given) != len(self.objectives):
                raise ConfigError(
                    f"hydra.sweeper.direction: needs one for each of {len(self.objectives)} objectives "
                    f"(got {len(given)}); add or remove some"
                )
            return given
        return [_natural(name) for name in self.objectives]

    @property
    def prunes(self) -> bool:
        """Whether trials may be pruned."""
        return not str(self.pruner.get("_target_")).endswith(".NopPruner")

    @property
    def prunes_repetitions(self) -> bool:
        """Whether trials are pruned between their repetitions instead of between epochs."""
        return str(self.pruner.get("_target_")).endswith(".WilcoxonPruner")

    @property
    def is_grid(self) -> bool:
        """Whether the search is a grid search."""
        return str(self.sampler.get("_target_")).endswith(".GridSampler")

    def batch(self, launcher: str) -> int:
        """How many settings are tried at a time with a `launcher` of this class."""
        return self.n_jobs or (_BATCH if launcher.endswith(_IN_STACKS) else 1)

    def total(self, grid_size: int | None) -> int:
        """How many settings are tried; at most `grid_size` in a grid search."""
        if grid_size is None:
            return self.n_trials or _TRIALS
        return min(self.n_trials or grid_size, grid_size)


def checked(options: dict[str, Any]) -> Options:
    """The sweeper's keys from plain `options`.

    Raises:
        ConfigError: A value breaks its rule, or an objective is measured on test rows.
    """
    try:
        found = Options.model_validate(options)
    except ValidationError as error:
        raise ConfigError(one_line("hydra.sweeper", error)) from error
    if not found.objectives:
        raise ConfigError("hydra.sweeper.objective: names no metric to optimize; use val/loss")
    for name in found.objectives:
        if name.startswith("test/"):
            raise ConfigError(
                f"hydra.sweeper.objective: test rows must not influence any choice (got {name}); "
                f"use val/{name.removeprefix('test/')}"
            )
    if len(found.objectives) > 1 and found.prunes:
        raise ConfigError(
            "hydra/sweeper/pruner: a pruner needs a single objective (got several); name one, or use none"
        )
    return found


def _natural(name: str) -> Direction:
    found = "min" if name == SIZE else direction(name)
    if found is None:
        raise ConfigError(f"hydra.sweeper.direction: unknown for {name}; set it to minimize or maximize")
    return "minimize" if found == "min" else "maximize"
