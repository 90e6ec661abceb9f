"""Completions for the end of a command line: commands, options of groups, keys, files.

A shell asks each time the tab key is pressed, so this module reads the files of `conf/` itself: importing Hydra alone
takes half a second. The keys are those of the options chosen on the line, as Hydra would compose them.
"""

import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]

from classification_lab.console import COMMANDS
from classification_lab.shells import SCRIPTS
from src.places import CONF

_FLAGS = "--help", "--cfg", "--config-dir", "--config-name", "--hydra-help", "--info", "--multirun", "--resolve"
_GROUPS = (
    "experiment",
    "data",
    "network",
    "head",
    "optimizer",
    "scheduler",
    "callbacks",
    "logger",
    "trainer",
    "hydra/launcher",
)
_LATEST = "resume", "run", "sweep"
_PATH = re.compile(r"resume|sweep_resume|run|sweep|input|output|(.*[._])?(path|dir|file)(_\w*)?")
_NOT_SET = ("changes",)  # cannot be set as a whole
_OPTION = re.compile(r"(?:override )?/?(?P<group>[a-z_/]+)(?:@\w+)?")


def main(words: list[str]) -> int:
    """Print the completion script of the shell in `words` or, after the word `answer`, completions of the last word.

    Returns:
        The exit code.
    """
    if words[:1] == ["answer"]:
        print("\n".join(answers(words[1:])))
        return 0
    if len(words) == 1 and words[0] in SCRIPTS:
        print(SCRIPTS[words[0]], end="")
        return 0
    given = " ".join(words) or "nothing"
    print(f"config error: completion: needs a shell (got {given}); choose from {', '.join(SCRIPTS)}", file=sys.stderr)
    return 2


def answers(words: list[str]) -> list[str]:
    """Completions of the last of the `words` after `lab`; those that end in `=`, `.` or `/` can be completed further.

    Example:
        >>> answers(["train", "exp"]), answers(["train", "network=m"]), answers(["train", "optimizer.l"])
        (['experiment='], ['network=mlp'], ['optimizer.lr='])
    """
    *before, last = words or [""]
    if not before:
        found: Iterable[str] = (*COMMANDS, "completion", "schema", "--help", "--version")
    elif before[0] == "completion":
        found = SCRIPTS
    elif before[0] not in COMMANDS:
        found = ()
    elif last.startswith("-"):
        found = _FLAGS
    elif "=" in last:
        key, _, value = last.partition("=")
        found = (f"{key}={each}" for each in _values(before, key, value))
    else:
        found = _keys(before, last.count("."))
    return [each for each in found if each.startswith(last)]


def _values(before: list[str], key: str, begun: str) -> Iterator[str]:
    """The known values of a key: options, true and false, files."""
    if key in _groups(before[0]):
        yield from sorted(path.stem for path in (CONF / key).glob("*.yaml"))
    elif _PATH.fullmatch(key):
        yield from ("latest",) if key in _LATEST else ()
        yield from _files(begun)
    elif isinstance(settings(before).get(key), bool):
        yield from ("true", "false")


def _files(begun: str) -> list[str]:
    """The files and folders whose path starts with `begun`; a folder ends in a slash."""
    folder, name = os.path.split(begun)
    try:
        entries = sorted(os.scandir(Path(folder).expanduser()), key=lambda entry: entry.name)
    except OSError:
        return []
    shown = [entry for entry in entries if name.startswith(".") or not entry.name.startswith(".")]
    return [os.path.join(folder, entry.name) + "/" * entry.is_dir() for entry in shown]


def _keys(before: list[str], num_dots: int) -> list[str]:
    """Groups and keys, one level deeper than the dots of the word typed so far."""
    known = settings(before)
    begun = {".".join(key.split(".")[: num_dots + 1]) + ("." if key.count(".") > num_dots else "=") for key in known}
    groups = [f"{group}=" for group in _groups(before[0])]
    return [*groups, *sorted(begun - {*groups})]


def _groups(command: str) -> tuple[str, ...]:
    """The config groups that a command accepts; commands on runs accept none."""
    chosen = _chosen(_read(CONF / f"{command}.yaml"))
    return _GROUPS if command == "train" else tuple(group for group in chosen if group in _GROUPS)


def settings(words: list[str]) -> dict[str, Any]:
    """The dotted keys that a command line can set, and their defaults.

    Args:
        words: The command and its arguments; each `GROUP=OPTION` determines which keys exist.
    """
    primary = _read(CONF / f"{words[0]}.yaml")
    chosen = _chosen(primary) | dict(_words(words))
    if chosen.get("experiment"):
        chosen = _of_experiment(chosen["experiment"]) | dict(_words(words))
    found = dict(_flat(primary))
    for group, option in chosen.items():
        if group.startswith("common/"):
            found |= dict(_flat(_read(CONF / f"{group}.yaml")))
        elif group != "experiment" and not group.startswith("hydra/"):
            found |= dict(_flat(_whole(CONF / group / f"{option}.yaml"), f"{group}."))
    return {key: value for key, value in found.items() if key not in _NOT_SET}


def _words(words: list[str]) -> Iterator[tuple[str, str]]:
    for word in words[1:]:
        group, _, option = word.lstrip("+").partition("=")
        if group in _GROUPS:
            yield group, option


def _of_experiment(name: str) -> dict[str, str]:
    """The options that an experiment chooses, itself or through the experiments it builds on."""
    path = CONF / "experiment" / f"{name}.yaml"
    if not path.is_file():
        return _chosen(_read(CONF / "train.yaml"))
    cfg = _read(path)
    bases = [entry for entry in cfg.get("defaults", []) if isinstance(entry, str) and entry != "_self_"]
    chosen = _of_experiment(bases[0]) if bases else _chosen(_read(CONF / "train.yaml"))
    return chosen | _chosen(cfg)


def _chosen(cfg: dict[str, Any]) -> dict[str, str]:
    """The options in a file's defaults list, by group."""
    found: dict[str, str] = {}
    for entry in cfg.get("defaults", []):
        ((group, option),) = entry.items() if isinstance(entry, dict) else ((entry, entry),)
        name = _OPTION.match(group)
        if name and option:
            found[name["group"]] = str(option)
    return found


def _whole(path: Path) -> dict[str, Any]:
    """A file's keys, including those of the files it builds on, in `conf/common/` or next to it."""
    cfg = _read(path)
    found: dict[str, Any] = {}
    for entry in cfg.get("defaults", []):
        if isinstance(entry, str) and entry != "_self_":
            name = entry.split("@")[0]
            found |= _whole(CONF / f"{name.lstrip('/')}.yaml" if name.startswith("/") else path.parent / f"{name}.yaml")
    return found | cfg


def _read(path: Path) -> dict[str, Any]:
    try:
        cfg = yaml.load(path.read_text(encoding="utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError):
        return {}
    return cfg if isinstance(cfg, dict) else {}


def _flat(cfg: dict[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values."""
    for key, value in cfg.items():
        if key in ("defaults", "hydra") or str(key).startswith("_"):
            continue
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{above}{key}.")
            if "_target_" in value:
                yield f"{above}{key}", value  # null switches it off
        else:
            yield f"{above}{key}", value
