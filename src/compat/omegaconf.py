"""Insides of OmegaConf: its way of reading and of writing a single value in YAML."""

from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import _utils

from src.compat.missing import mention


def yaml_rules() -> dict[str, Any]:
    """By first letters, the rules that tell what a word is in OmegaConf's YAML: `1e-3` a number, a date a text.

    They let a faster and stricter reader agree with it. It has no public name for them, and a reader without them
    would take one value for another, so nothing stands in: an OmegaConf without them is an error.
    Seen with omegaconf 2.3.1.
    """
    rules: dict[str, Any] = _utils.get_yaml_loader().yaml_implicit_resolvers
    return rules


def scalar_yaml(value: Any) -> str:
    """A plain `value` on one line, as it stands in a file that OmegaConf writes.

    Its public `to_yaml` writes whole containers and breaks long lines. Without its dumper, texts stand in quotes, and
    mean the same. Seen with omegaconf 2.3.1.

    Example:
        >>> print(scalar_yaml("1e-3"), scalar_yaml(0.001))
        '1e-3' 0.001
    """
    if hasattr(_utils, "get_omega_conf_dumper"):
        options: dict[str, Any] = {"Dumper": _utils.get_omega_conf_dumper()}
    else:
        mention("omegaconf", "get_omega_conf_dumper", "texts in a sweep's configurations stand in quotes")
        options = {"Dumper": yaml.SafeDumper, "default_style": '"' if isinstance(value, str) else None}
    text: str = yaml.dump(value, default_flow_style=False, allow_unicode=True, width=2**20, **options)
    return text.removesuffix("\n").removesuffix("\n...")
