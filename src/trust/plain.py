"""YAML and JSON files of a run folder, read as plain data of limited size.

A file that somebody sends may be designed to fill the memory or to hang its reader: with aliases that double many
times, numbers of a million digits, endlessly nested brackets, or by being a pipe. What exceeds a limit, or is not plain
data, is refused in one line that names the limit and shows nothing of the file.
"""

import json
import math
import re
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from src.compat.omegaconf import yaml_rules
from src.errors import ConfigError

MOST_YAML = 2**20
"""The most bytes of a YAML file: a run's configuration has three thousand, a thousand class names thirty thousand."""

MOST_JSON = 64 * 2**20
"""The most bytes of a JSON file: the confusion matrices of a thousand classes take forty million."""

MOST_YAML_VALUES = 2**14
"""The most values in a YAML file: one per class of a dataset; OmegaConf takes a second for ten thousand."""

MOST_LEVELS = 32
"""The most levels of nested containers."""

MOST_VALUES = 2**22
"""The most values in a JSON file, each of which may take twenty times its size in memory."""

MOST_DIGITS = 40
"""The most characters of a number; this project writes at most 25."""

_LONG_NUMBER = re.compile(rf"[-+.0-9][-+.0-9:_eExXa-fA-F]{{{MOST_DIGITS},}}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # C is ten times faster, if available
    """Reads words like OmegaConf: `1e-3` is a number, `2026-11-25` a string, and duplicate keys are errors."""

    yaml_implicit_resolvers = yaml_rules()

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(keys)) < len(keys):
            raise yaml.constructor.ConstructorError(problem="a key appears twice", problem_mark=node.start_mark)
        found: dict[Any, Any] = super().construct_mapping(node, deep)
        return found


def read_yaml(path: Path) -> Any:
    """The plain data of the YAML file at `path`: dictionaries, lists, strings, numbers, booleans and None.

    Raises:
        ConfigError: There is no such file, it is broken or exceeds a limit, or it contains aliases or tags.
    """
    return parse_yaml(_text(path, MOST_YAML), str(path))


def parse_yaml(text: str, source: str) -> Any:
    """The plain data of a YAML `text`; `source` is its origin, for messages.

    Raises:
        ConfigError: As for `read_yaml`.

    Example:
        >>> parse_yaml("{lr: 1e-3, hidden_dims: [4, 4], day: 2026-11-25}", "config.yaml")
        {'lr': 0.001, 'hidden_dims': [4, 4], 'day': '2026-11-25'}
    """
    try:
        _check_events(text, source)
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = "" if mark is None else f"line {mark.line + 1}: "
        problem = getattr(error, "problem", None) or getattr(error, "reason", "unreadable")
        raise ConfigError(f"{source}: is not YAML as this project writes it ({where}{problem}); restore it") from error
    except (ValueError, TypeError, RecursionError) as error:  # a date of month 13, a list as a key
        raise ConfigError(f"{source}: is not YAML as this project writes it; restore it") from error


def _check_events(text: str, source: str) -> None:
    """Refuse what would grow when loaded, before loading anything."""
    levels = values = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            raise ConfigError(f"{source}: contains a YAML alias (*{event.anchor}), which no run uses; write it out")
        if getattr(event, "tag", None) is not None:
            raise ConfigError(f"{source}: contains a YAML tag ({event.tag}), which no run uses; leave it out")
        values += isinstance(event, yaml.ScalarEvent)
        if values > MOST_YAML_VALUES:
            raise ConfigError(f"{source}: holds more than {MOST_YAML_VALUES:,} values; restore it")
        if isinstance(event, yaml.CollectionStartEvent):
            levels += 1
            _check_levels(levels, source)
        elif isinstance(event, yaml.CollectionEndEvent):
            levels -= 1
        elif isinstance(event, yaml.ScalarEvent) and event.implicit[0] and _LONG_NUMBER.fullmatch(event.value):
            raise _too_long(event.value, source)


def read_json(path: Path) -> Any:
    """The plain data of the JSON file at `path`.

    Raises:
        ConfigError: There is no such file, it is broken or exceeds a limit, or a number is NaN or infinite.
    """
    text = _text(path, MOST_JSON)
    source = str(path)
    if text.count(",") > MOST_VALUES:
        raise ConfigError(f"{source}: holds more than {MOST_VALUES:,} values; restore it or delete it")
    try:
        value = json.loads(
            text,
            parse_int=lambda digits: int(_checked(digits, source)),
            parse_float=lambda digits: _finite(float(_checked(digits, source)), source),
            parse_constant=lambda name: _finite(float(name), source),
        )
    except json.JSONDecodeError as error:
        raise ConfigError(
            f"{source}: is not JSON (line {error.lineno}: {error.msg}); restore it or delete it"
        ) from error
    except RecursionError:
        _check_levels(MOST_LEVELS + 1, source)
    _check_depth(value, source)
    return value


def _text(path: Path, most: int) -> str:
    """The text of a file of at most `most` bytes."""
    if not path.is_file():  # this also refuses a pipe, which would block forever
        kind = "is not a file" if path.exists() else "there is no such file"
        raise ConfigError(f"{path}: {kind}; restore it")
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from error
    if len(content) > most:
        raise ConfigError(f"{path}: is larger than {most // 2**20} MiB, unlike any such file of a run; restore it")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not text in UTF-8; restore it") from error


def _check_levels(levels: int, source: str) -> None:
    if levels > MOST_LEVELS:
        raise ConfigError(f"{source}: has more than {MOST_LEVELS} nested levels; restore it")


def _check_depth(value: Any, source: str, levels: int = 0) -> None:
    if isinstance(value, dict | list):
        _check_levels(levels + 1, source)
        for each in value.values() if isinstance(value, dict) else value:
            _check_depth(each, source, levels + 1)


def _checked(digits: str, source: str) -> str:
    if len(digits) > MOST_DIGITS:
        raise _too_long(digits, source)
    return digits


def _too_long(digits: str, source: str) -> ConfigError:
    return ConfigError(
        f"{source}: holds a number of {len(digits):,} characters (at most {MOST_DIGITS} are read); restore it"
    )


def _finite(number: float, source: str) -> float:
    if not math.isfinite(number):
        raise ConfigError(f"{source}: contains {number}, which is not JSON; write null")
    return number
