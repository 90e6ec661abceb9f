"""The text of `--help`: how to use a command, the options of its groups, and its keys as you type them."""

import textwrap
from string import Template
from typing import Any

from omegaconf import DictConfig, OmegaConf

from src.command.catalogue import Catalogue
from src.command.flags import Flags

_WIDTH = 80
_NOT_SHOWN = "hydra", "changes"  # the second is set as data.KEY=VALUE


def help_text(command: str, flags: Flags, words: list[str]) -> str:
    """The help of a command, in lines of at most 80 characters unless a value is longer.

    Args:
        command: The primary configuration, `conf/<command>.yaml`.
        flags: The flags of the command line.
        words: The rest of the command line; its options and values appear in the help.

    Raises:
        HydraException: The configuration cannot be composed.
    """
    catalogue = Catalogue(command, flags, words)
    cfg = catalogue.whole()
    template = Template(str(cfg.hydra.help.template))
    groups = "\n".join(_group(name, catalogue.options(name)) for name in catalogue.groups())
    own = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key not in _NOT_SHOWN])
    return template.safe_substitute(APP_CONFIG_GROUPS=groups, CONFIG="\n".join(_keys(own, "--resolve" in flags)))


def _group(name: str, options: list[str]) -> str:
    """A group and its options, wrapped over several lines."""
    return textwrap.fill(f"{name}: {', '.join(options)}", _WIDTH, initial_indent="  ", subsequent_indent="    ")


def _keys(cfg: DictConfig, resolves: bool) -> list[str]:
    """Lines `KEY=VALUE`, with dots between levels; classes are left out, since options choose them."""
    values = OmegaConf.to_container(cfg, resolve=resolves)
    return [f"  {key}={_written(value)}" for key, value in _flat(values, "") if not key.endswith("_target_")]


def _flat(values: Any, above: str) -> list[tuple[str, Any]]:
    """Dotted keys and their values."""
    found: list[tuple[str, Any]] = []
    for key, value in values.items():
        found += _flat(value, f"{above}{key}.") if isinstance(value, dict) and value else [(f"{above}{key}", value)]
    return found


def _written(value: Any) -> str:
    """A value as it is typed on a command line.

    Example:
        >>> _written(None), _written([8, 8]), _written(True)
        ('null', '[8,8]', 'true')
    """
    if isinstance(value, list):
        return f"[{','.join(map(_written, value))}]"
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)
