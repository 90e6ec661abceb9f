"""The keys of launchers that train stacks, and their rules."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from src.errors import ConfigError
from src.settings.rules import Count, NonNegative
from src.settings.wording import one_line
from src.stacking.keeping import Folders


class LauncherRules(BaseModel):
    """The keys of `conf/hydra/launcher/vectorized.yaml`."""

    max_stack: Count
    seconds_between_checkpoints: NonNegative
    figures: bool
    tensorboard: bool


class VectorizedRules(LauncherRules):
    """The same, with what only a single machine offers."""

    folders: Folders = "all"
    n_jobs: Count | None = None


Rules = TypeVar("Rules", bound=LauncherRules)


def checked(kind: type[Rules], options: dict[str, Any]) -> Rules:
    """The `options` of a launcher, keys with values, as rules of a `kind`.

    Raises:
        ConfigError: An option of the launcher breaks its rule.
    """
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        raise ConfigError(one_line("hydra.launcher", error)) from error
