"""One object from its group of a configuration, what its constructor refuses in one line."""

from typing import Any

from omegaconf import DictConfig, OmegaConf
from pydantic import ValidationError

from src.config import one_line
from src.errors import ConfigError
from src.trust import targets


def make(cfg: DictConfig, group: str, *first: Any, leave_out: tuple[str, ...] = (), **arguments: Any) -> Any:
    """Call the class that is the `_target_` of a config group with its other keys, `first` and `arguments`.

    Args:
        cfg: The composed configuration.
        group: The group, or a member of one: `network`, `callbacks.history`.
        *first: Positional arguments.
        leave_out: Keys that the target does not take.
        **arguments: Named arguments.

    Raises:
        ConfigError: One line that names the key, the rule and the value.
    """
    kind = targets.find(cfg, group)
    values: Any = OmegaConf.to_container(OmegaConf.select(cfg, group), resolve=True)
    for key, value in values.items():
        if f"{group}.{key}" in targets.KINDS and isinstance(value, dict):
            values[key] = make(cfg, f"{group}.{key}")
    kept = {str(key): value for key, value in values.items() if key not in {*leave_out, *targets.SPECIAL}}
    try:
        return kind(*first, **kept | arguments)
    except ConfigError:
        raise
    except ValidationError as error:
        raise ConfigError(one_line(group, error)) from error
    except Exception as error:  # whatever a constructor raises is about the values that it was given
        raise ConfigError(f"{group}: {' '.join(str(error).split()) or type(error).__name__}") from error
