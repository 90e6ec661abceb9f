"""The options of config groups and their keys, as the files of `conf/` and their comments tell."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

GROUPS = ("data", "network", "head", "optimizer", "scheduler", "callbacks", "logger", "trainer", "hydra/launcher")
"""Groups that are described; the options of `experiment` are the gallery."""

_KEY = re.compile(r"(?P<indent> *)(?P<key>[\w]+):(?: (?P<default>.*?))?(?:  # (?P<comment>.*))?")
_SHARED = re.compile(r"/common/(\w+)@_here_")


class Option(NamedTuple):
    """One YAML file of a config group: its name, a text on what it is, its keys, and shared files whose it has too."""

    name: str
    text: str
    keys: "list[Key]"
    shared: list[str]


class Key(NamedTuple):
    """The name of an option's key, its default as YAML writes it, and what its comment says."""

    name: str
    default: str
    comment: str


def description(path: Path) -> str:
    """What the first comment of the YAML file at `path` says that it is, without the command that shows it."""
    comments = [line for line in path.read_text().splitlines() if line.startswith("# ") and "@package" not in line]
    return re.split(r": (?:python|tensorboard) ", comments[0].removeprefix("# "))[0]


def read_option(path: Path) -> Option:
    """An option from its file's path."""
    text = path.read_text()
    return Option(path.stem, description(path), list(_keys(text)), _SHARED.findall(text))


def _keys(text: str) -> Iterator[Key]:
    """Keys with a value of their own; a nested one is named with its parents, `early_stopping.patience`."""
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
