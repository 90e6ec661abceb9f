"""References in a saved configuration: `${seed}` is resolved, `${oc.env:HOME}` is not."""

import re
from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.errors import ConfigError

Keys = tuple[str | int, ...]

_REFERENCE = re.compile(r"\$\{\s*(\.*)([A-Za-z_][\w-]*(?:\.[\w-]+)*)\s*\}")  # `${seed}`, `${..lr}`; no resolver
_MOST = (
    1000  # references in total, and characters of a text with references, so that lines that double each other end soon
)


def resolved(cfg: dict[str, Any], source: Path) -> dict[str, Any]:
    """A saved configuration with its references replaced by their values.

    Args:
        cfg: Plain data.
        source: Its file, for messages.

    Raises:
        ConfigError: There is a resolver, or a reference that leads to nothing or never ends.

    Example:
        >>> resolved({"seed": 3, "data": {"seed": "${seed}", "cache": "${.name}/x", "name": "a"}}, Path("config.yaml"))
        {'seed': 3, 'data': {'seed': 3, 'cache': 'a/x', 'name': 'a'}}
    """
    found: dict[str, Any] = _References(cfg, source).value(cfg, (), ())
    return found


class _References:
    def __init__(self, cfg: dict[str, Any], source: Path) -> None:
        self.cfg, self.source, self.followed = cfg, source, 0

    def value(self, node: Any, place: Keys, trail: tuple[Keys, ...]) -> Any:
        """The value at a place; `trail` are the places from which references led here."""
        if isinstance(node, dict):
            return {key: self.value(child, (*place, key), trail) for key, child in node.items()}
        if isinstance(node, list):
            return [self.value(child, (*place, number), trail) for number, child in enumerate(node)]
        if not isinstance(node, str) or "${" not in node:
            return node
        if alone := _REFERENCE.fullmatch(node):
            return self._target(alone, place, trail)
        text = _REFERENCE.sub(lambda match: str(self._target(match, place, trail)), node)
        if "${" in text:
            raise self._refusal(place, f"{node[:80]} is not resolved in a configuration that comes from a run's folder")
        if len(text) > _MOST:
            raise self._refusal(place, f"its references expand to more than {_MOST} characters")
        return text

    def _target(self, match: re.Match[str], place: Keys, trail: tuple[Keys, ...]) -> Any:
        dots, key = len(match[1]), match[2]
        target = (*(place[: len(place) - dots] if dots else ()), *key.split("."))
        self.followed += 1
        if target in trail or self.followed > _MOST:
            raise self._refusal(place, f"{match[0]} leads to itself, or to more than {_MOST} others")
        node: Any = self.cfg
        for part in target:
            if not isinstance(node, dict) or part not in node:
                raise self._refusal(place, f"{match[0]} names no key of this configuration")
            node = node[part]
        if isinstance(node, dict):
            raise self._refusal(place, f"{match[0]} names a whole group instead of a key")
        return self.value(node, target, (*trail, target))

    def _refusal(self, place: Keys, reason: str) -> ConfigError:
        key = ".".join(map(str, place))
        return ConfigError(f"{self.source}: {key}: {reason}; set {key} on the command line")


def has_resolver(node: Any) -> bool:
    """Whether a `node` of plain data contains a reference that `resolved` would not resolve.

    Example:
        >>> has_resolver({"seed": 1, "data": ["${seed}"]}), has_resolver({"path": "${oc.env:HOME}/rows.csv"})
        (False, True)
    """
    if isinstance(node, dict | list):
        return any(has_resolver(child) for child in (node.values() if isinstance(node, dict) else node))
    return isinstance(node, str) and "${" in _REFERENCE.sub("", node)


def without_resolvers(cfg: DictConfig) -> DictConfig:
    """A configuration about to be saved, with each text that contains a resolver replaced by its value.

    So `${oc.env:HOME}/rows.csv` is the same path wherever the run is opened. References to other keys stay; a resolver
    that fails stays too, and is reported when the configuration is used.

    Example:
        >>> cfg = OmegaConf.create({"a": "${oc.decode:'[1, 2]'}", "seed": 3, "b": {"seed": "${seed}"}})
        >>> OmegaConf.to_container(without_resolvers(cfg))
        {'a': [1, 2], 'seed': 3, 'b': {'seed': '${seed}'}}
    """
    written = OmegaConf.to_container(cfg)
    return OmegaConf.create(_settled(written, cfg)) if has_resolver(written) else cfg


def _settled(written: Any, cfg: Any) -> Any:
    """What was `written`, with texts with resolvers replaced by their values from `cfg`, the same containers."""
    if isinstance(written, dict | list):
        places = written.items() if isinstance(written, dict) else enumerate(written)
        found = [(place, _value(each, cfg, place)) for place, each in places]
        return dict(found) if isinstance(written, dict) else [value for _, value in found]
    return written


def _value(written: Any, cfg: Any, place: Any) -> Any:
    if isinstance(written, dict | list):
        return _settled(written, cfg[place])
    if not has_resolver(written):
        return written
    try:
        value = cfg[place]
    except OmegaConfBaseException:
        return written
    return OmegaConf.to_container(value, resolve=True) if OmegaConf.is_config(value) else value
