"""A saved configuration, read as data: only the command line may make it do anything beyond describing a run.

It is YAML that anybody may have written, so it can only name the parts of a run: there is no `hydra:` section, no
defaults list, no resolver such as `${oc.env:HOME}`, no trust in packages. Places outside the run's folder are at most
read: nothing is downloaded, cached or written there, unless the command line itself says so.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from src.errors import ConfigError
from src.storage import runs_table
from src.storage.folders import RunFolder
from src.storage.shell import quoted
from src.trust.links import check_links, leads_into
from src.trust.plain import read_yaml
from src.trust.references import has_resolver, resolved

Config = dict[str, Any]

_DROPPED = "hydra.sweep.dir=", "hydra.mode=", "hydra.run.dir="  # the sweep stays in its current folder
_OF_HYDRA = re.compile(
    r"hydra/(launcher|sweeper|sweeper/sampler|sweeper/pruner)=\w+"
    r"|hydra\.(launcher|sweeper)\.(?!.*_target_)[\w.]+=[\w.+-]*"
    r"|hydra\.sweeper\.(objective|direction)=\[?[\w/,]+\]?"
)

_OVERRIDE = re.compile(r"[+~]{0,2}[A-Za-z_]")  # a word with a dash would be a flag, such as --experimental-rerun
_OUTWARD = re.compile(r"(^|[\[,'\"\s])([/~]|\.\.)|/\.\.|://")  # in values, a path that leads elsewhere

_GROUPS = ("data", "network", "head", "optimizer", "scheduler", "callbacks", "trainer")
_PLACES = re.compile(r"(dir|path|root|folder|file|cache)s?$")  # names of arguments that say where to write
_MOST_NUMBERS = 2**28  # in the rows that a saved configuration requests: a gigabyte of float32
_WHERE = "runs_dir", "data_dir"  # keys without a dot that are not groups
_NO_AMOUNTS = re.compile(r"seed$|batch_size$|steps_per_execution$")  # numbers that do not request more rows


def saved_config(folder: Path) -> Config:
    """The configuration of the run in a folder, with references such as `${seed}` as they were saved.

    Raises:
        ConfigError: It is broken or contains what no run's configuration does, or the folder has links that lead out.
    """
    if (only := runs_table.only_row(folder)) is not None:
        raise ConfigError(f"run: {only}")
    check_links(folder)
    path = RunFolder(folder).config
    cfg = read_yaml(path)
    if not isinstance(cfg, dict) or not all(isinstance(key, str) for key in cfg):
        raise ConfigError(f"{path}: is not the configuration of a run; restore it")
    for key in ("hydra", "defaults"):
        if key in cfg:
            raise ConfigError(
                f"{path}: has a section {key!r}, which does not belong there and has no effect; remove it"
            )
    for group in _GROUPS:
        if not isinstance(cfg.get(group), dict):
            raise ConfigError(f"{path}: is not the configuration of a run (it has no {group}); restore it")
    return cfg


def guarded(cfg: Config, own: Collection[str] = ()) -> Config:
    """A saved configuration with everything switched off that would download or write outside the run's folder.

    Args:
        cfg: The configuration from `saved_config`.
        own: Dotted keys that the command line sets itself; they stay as they are.
    """
    data, network = dict(cfg["data"]), dict(cfg["network"])
    if "download" in data and "data.download" not in own:
        data["download"] = False
    if "cache" in data and not {"data.remember", "data.cache"} & set(own):
        data["remember"] = False
    if "weights" in network:
        network["weights"] = None  # the checkpoint holds all weights, including pretrained ones
    kept = {key: value for key, value in cfg.items() if key != "changed_data"}  # its name in an earlier version
    return {**kept, "data": data, "network": network, "trust": None, "allow_changed_data": False}


def check_places(cfg: Config, folder: Path, own: Collection[str] = ()) -> None:
    """Refuse a saved configuration with callbacks, loggers or a Trainer that would write outside the run's folder.

    Args:
        cfg: Plain and resolved.
        folder: The run's folder.
        own: Dotted keys that the command line sets itself; they may lead anywhere.

    Raises:
        ConfigError: A place leads out of the folder.
    """
    for group in ("callbacks", "logger", "trainer"):
        for key, value in _leaves(cfg.get(group), group):
            leads_out = "://" in value or not (Path(value).is_absolute() and leads_into(Path(value), folder))
            if key not in own and _is_place(key, value) and leads_out:
                raise ConfigError(
                    f"{key}: {value!r} comes from the run's folder and leads out of it; "
                    f"set {key}={value} on the command line, or {key}=null"
                )


def check_resumable(folder: Path, own: Collection[str] = ()) -> Config:
    """The configuration of a run to be trained further, with its references, checked like that of an opened run.

    Args:
        folder: The run's folder.
        own: Dotted keys that the command line sets itself.

    Raises:
        ConfigError: It names what may not be called, or paths to write to that lead out of the folder.
    """
    saved = guarded(saved_config(folder), own)
    found = resolved({**saved, "trust": None}, RunFolder(folder).config)
    check_amounts(found, own)
    check_places(found, folder, own)
    return saved


def saved_overrides(path: Path, said: Collection[str] = ()) -> list[str]:
    """The overrides of a sweep to be resumed: those of the runs, of the launcher and of the sweeper.

    A folder may not set more than that. Everything else on its command line - `trust=…`, paths to write to, other keys
    of Hydra - must be given again.

    Args:
        path: The sweep's `multirun.yaml`.
        said: The words of the command line.

    Raises:
        ConfigError: It is broken, or contains an override that must be given again and is not. Whether one may be given
            with another value, the caller decides.
    """
    node = read_yaml(path)
    for key in ("hydra", "overrides"):
        node = node.get(key) if isinstance(node, dict) else None
    lists: list[Any] = [node.get(part) for part in ("hydra", "task")] if isinstance(node, dict) else [None]
    if not all(isinstance(words, list) and all(isinstance(word, str) for word in words) for words in lists):
        raise ConfigError(f"{path}: names no overrides; restore it")
    found = [word for words in lists for word in words if not word.startswith(_DROPPED)]
    if flags := [word for word in found if not _OVERRIDE.match(word)]:
        raise ConfigError(f"{path}: contains {flags[0]!r}, which is not an override; restore it")
    given = {word.partition("=")[0] for word in said}
    again = [word for word in found if word.partition("=")[0] not in given and _must_be_said(word)]
    if again:
        raise ConfigError(
            f"sweep_resume: {path} contains {again[0]}, which works only on the command line; "
            f"if you trust it, add {quoted(again)}"
        )
    return found


def saved_config_dir(path: Path) -> str | None:
    """The folder that a sweep's command line named with `--config-dir`, from the `multirun.yaml` at `path`."""
    node = read_yaml(path)
    for key in ("hydra", "runtime", "config_sources"):
        node = node.get(key) if isinstance(node, dict) else None
    sources = [source for source in node if isinstance(source, dict)] if isinstance(node, list) else []
    return next((str(each.get("path")) for each in sources if each.get("provider") == "command-line"), None)


def _must_be_said(word: str) -> bool:
    """Whether an override could run code or write outside the sweep."""
    key, _, value = word.lstrip("+~").partition("=")
    if has_resolver(value) or key in ("trust", "resume", "sweep_resume") or "@" in key:
        return True
    if "." not in key and key not in _WHERE and _OUTWARD.search(value):  # an option of a group, from another folder
        return True
    if key == "hydra.sweep.subdir":
        return False  # the sweep keeps its runs inside its folder
    if key.startswith(("hydra/", "hydra.")):
        return not _OF_HYDRA.fullmatch(f"{key}={value}")
    if key in ("data.download", "data.remember"):
        return value.lower() != "false"
    group, text = key.partition(".")[0], value.strip("'\"")
    if group in ("callbacks", "logger", "trainer"):
        return _OUTWARD.search(value) is not None or "{" in value or _is_place(key, text)
    if key in ("data.cache", "data_dir"):
        return not leads_into(Path(text), Path())
    return False


def check_amounts(cfg: Config, own: Collection[str] = ()) -> None:
    """Refuse a saved configuration that requests more rows and columns than memory can hold.

    Args:
        cfg: Plain and resolved.
        own: Dotted keys that the command line sets itself; they may request anything.

    Raises:
        ConfigError: The product of two numbers is too large.
    """
    leaves = ((f"data.{key}", value) for key, value in cfg["data"].items() if not _NO_AMOUNTS.search(str(key)))
    asked = [(abs(value), key) for key, value in leaves if isinstance(value, int) and key not in own]
    largest = sorted(asked, reverse=True)[:2]
    if len(largest) == 2 and largest[0][0] * max(1, largest[1][0]) > _MOST_NUMBERS:
        key, value = largest[0][1], largest[0][0]
        raise ConfigError(
            f"{key}: the run's folder requests {value:,} times {largest[1][1]}={largest[1][0]:,}, more than "
            f"{_MOST_NUMBERS:,} numbers; set {key}={value} on the command line"
        )


def _is_place(key: str, value: str) -> bool:
    parts = Path(value).parts
    return bool(_PLACES.search(key)) or "://" in value or value.startswith(("/", "~")) or ".." in parts


def _leaves(node: Any, place: str) -> Iterator[tuple[str, str]]:
    """Key and text of every text below a node."""
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from _leaves(child, f"{place}.{key}")
    elif isinstance(node, str):
        yield place, node
