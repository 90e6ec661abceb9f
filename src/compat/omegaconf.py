"""Internals of OmegaConf: how it reads and writes a single value in YAML."""

from typing import Any

import yaml  # type: ignore[import-untyped]
from omegaconf import _utils

from src.compat.missing import mention


def yaml_rules() -> dict[str, Any]:
    """The rules, by first letter, for the type of a word in OmegaConf's YAML: `1e-3` is a number, a date a string.

    They let a faster and stricter reader agree with OmegaConf. They have no public name, and a reader without them
    would mistake one value for another, so there is no fallback: an OmegaConf without them is an error. Tested with
    omegaconf 2.3.1.
    """
    rules: dict[str, Any] = _utils.get_yaml_loader().yaml_implicit_resolvers
    return rules


def scalar_yaml(value: Any) -> str:
    """A plain `value` on one line, as OmegaConf writes it to a file.

    Its public `to_yaml` writes whole containers and breaks long lines. Without its dumper, strings are quoted, which
    means the same. Tested with omegaconf 2.3.1.

    Example:
        >>> print(scalar_yaml("1e-3"), scalar_yaml(0.001))
        '1e-3' 0.001
    """
    if hasattr(_utils, "get_omega_conf_dumper"):
        options: dict[str, Any] = {"Dumper": _utils.get_omega_conf_dumper()}
    else:
        mention("omegaconf", "get_omega_conf_dumper", "strings in a sweep's configurations are quoted")
        options = {"Dumper": yaml.SafeDumper, "default_style": '"' if isinstance(value, str) else None}
    text: str = yaml.dump(value, default_flow_style=False, allow_unicode=True, width=2**20, **options)
    return text.removesuffix("\n").removesuffix("\n...")
