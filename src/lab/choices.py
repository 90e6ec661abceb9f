"""What there is to choose from: experiments, and the options of each config group."""

from src.errors import ConfigError, choice
from src.lab.records import Records
from src.places import CONF
from src.settings.options import GROUPS, description


def experiments() -> Records:
    """The name and description of each experiment, for `lab.train` and `lab.sweep`."""
    return _listed("experiment")


def options(group: str) -> Records:
    """The options of a config group with their descriptions: `lab.options("data")`.

    Args:
        group: `data`, `network`, `head`, `optimizer`, `scheduler`, `callbacks`, `logger`, `trainer` or
            `hydra/launcher`.

    Raises:
        ConfigError: There is no such group.
    """
    if group not in GROUPS:
        raise ConfigError(f"group: there is no config group {group!r}; {choice(str(group), GROUPS)}")
    return _listed(group)


def _listed(group: str) -> Records:
    paths = sorted((CONF / group).glob("*.yaml"))
    return Records({group: path.stem, "what it is": description(path)} for path in paths)
