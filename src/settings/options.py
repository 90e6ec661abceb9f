"""The options of config groups and their keys, as described by the files of `conf/` and their comments."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GROUPS = ("data", "network", "head", "optimizer", "scheduler", "callbacks", "logger", "trainer", "hydra/launcher")
"""The groups that are described; the gallery describes the options of `experiment`."""

_KEY = re.compile(r"(?P<indent> *)(?P<key>[\w]+):(?: (?P<default>.*?))?(?:  # (?P<comment>.*))?")
_SHARED = re.compile(r"/common/(\w+)@_here_")


class Option(NamedTuple):
    """A YAML file of a config group: its name, a text that describes it, its keys, and shared files with more keys."""

    name: str
    text: str
    keys: "list[Key]"
    shared: list[str]


class Key(NamedTuple):
    """The name of an option's key, its default as written in YAML, and its comment."""

    name: str
    default: str
    comment: str


def description(path: Path) -> str:
    """The description in the first comment of the YAML file at `path`, without the command that follows it."""
    comments = [line for line in path.read_text().splitlines() if line.startswith("# ") and "@package" not in line]
    return re.split(r": (?:python|tensorboard) ", comments[0].removeprefix("# "))[0]


def read_option(path: Path) -> Option:
    """An option from its file's path."""
    text = path.read_text()
    return Option(path.stem, description(path), list(_keys(text)), _SHARED.findall(text))


def _keys(text: str) -> Iterator[Key]:
    """The keys that have a value; a nested key is named with its parents, such as `early_stopping.patience`."""
    parents: dict[int, str] = {}
    for line in text.splitlines():
        found = None if line.startswith("#") else _KEY.fullmatch(line)
        if found is None:
            continue
        depth = len(found["indent"])
        parents = {indent: name for indent, name in parents.items() if indent < depth}
        name = ".".join([*parents.values(), found["key"]])
        if found["default"] is None:
            parents[depth] = found["key"]
        elif found["key"] not in ("_target_", "defaults") and not name.startswith("hydra."):
            yield Key(name, found["default"], found["comment"] or "")
