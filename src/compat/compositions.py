"""Configurations of the same files and groups, composed once per process: all later ones take a quarter of the time.

Hydra composes the files of a configuration before it sets the values on the command line. Jobs of a sweep, calls in a
notebook and the rules that compose a second configuration often differ only in these values.

Tested with hydra-core 1.3.4 and 1.3.8.
"""

import copy
import os
import pickle
import re
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from hydra._internal import config_loader_impl
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.defaults_list import DefaultsList, Overrides
from hydra.core.config_store import ConfigNode, ConfigStore
from hydra.errors import ConfigCompositionException

_MOST_KEPT = 64  # compositions, each of about 100 kB
_MOST_FILES = 1000  # below the folders with options; checking more takes longer than composing again


class _Defaults(list[Any]):
    """The files that a configuration is composed of, in order.

    Attributes:
        key: What this list and its composition depend on; None if they are not to be cached.
    """

    key: Any = None


def keep_compositions() -> None:
    """From now on, let Hydra compose the same files twice, and then give it copies of the result.

    Twice, since most commands compose everything only once and would make a copy for nothing. A file that has been
    edited, added or removed is noticed by its time and size, and everything is composed again.
    """
    create = config_loader_impl.create_defaults_list  # type: ignore[attr-defined]
    compose = ConfigLoaderImpl._compose_config_from_defaults_list
    if hasattr(create, "hydras"):
        return
    lists: OrderedDict[Any, DefaultsList] = OrderedDict()
    compositions: dict[Any, Callable[[], Any]] = {}
    seen: set[int] = set()

    def create_defaults_list(
        repo: Any, config_name: str | None, overrides_list: list[Any], prepend_hydra: bool, skip_missing: bool
    ) -> DefaultsList:
        overrides = Overrides(repo=repo, overrides_list=overrides_list)
        chosen = sorted(overrides.override_choices.items()), overrides.append_group_defaults, overrides.deletions
        key = _key(repo, (config_name, prepend_hydra, skip_missing, repr(chosen)), seen)
        if key in compositions:
            lists.move_to_end(key)
            found = lists[key]
            found = DefaultsList(found.defaults, found.defaults_tree, overrides.config_overrides, found.overrides)
        else:
            try:
                found = create(repo, config_name, overrides_list, prepend_hydra, skip_missing)
            except RecursionError as error:
                line = "defaults: the list of a file leads back to that file; remove the cycle (its own keys: _self_)"
                raise ConfigCompositionException(line) from error
        found.defaults = _Defaults(found.defaults)
        found.defaults.key = key
        if key is not None:
            lists[key] = found
        while len(lists) > _MOST_KEPT:
            compositions.pop(lists.popitem(last=False)[0], None)
        return found

    def compose_config_from_defaults_list(self: ConfigLoaderImpl, defaults: list[Any], repo: Any) -> Any:
        key = getattr(defaults, "key", None)
        if key in compositions:
            return compositions[key]()
        cfg = compose(self, defaults, repo)
        if key is not None:
            compositions[key] = copies_of(cfg)
        return cfg

    create_defaults_list.hydras = create  # type: ignore[attr-defined]
    compose_config_from_defaults_list.hydras = compose  # type: ignore[attr-defined]
    config_loader_impl.create_defaults_list = create_defaults_list  # type: ignore[attr-defined]
    ConfigLoaderImpl._compose_config_from_defaults_list = compose_config_from_defaults_list  # type: ignore[method-assign]


def copies_of(cfg: Any) -> Callable[[], Any]:
    """A function that returns a copy of `cfg` as it is now; by pickling, which takes a seventh of the time of copying.

    Example:
        >>> copy = copies_of({"seed": [1]})
        >>> copy()
        {'seed': [1]}
        >>> copy() is copy()
        False
    """
    try:
        pickled = pickle.dumps(cfg)
    except Exception:  # for a class stored by the user's Python code that pickle cannot find
        return partial(copy.deepcopy, copy.deepcopy(cfg))
    return partial(pickle.loads, pickled)


def _key(repo: Any, asked: Any, seen: set[int]) -> Any:
    """What a composition depends on: the request, and everything that could be read for it.

    None if that cannot be found out quickly, or if the key is not among the `seen` yet, to which it is then added.
    """
    files: tuple[Any, ...] = ()
    sources: list[Any] = []
    for source in repo.get_sources():
        scheme, path = source.scheme(), source.path
        below = _files_below(path) if scheme == "file" else ()
        if below is None or (scheme == "pkg" and path.partition(".")[0] != "hydra"):
            return None
        files += below
        sources.append((scheme, path))
    key = asked, files, *sources, *_stored(ConfigStore.instance().repo)
    if hash(key) not in seen:
        seen.add(hash(key))
        return None
    variables = _variables(files)
    return None if variables is None else (key, *(os.environ.get(name) for name in variables))


def _files_below(folder: str) -> tuple[Any, ...] | None:
    """The files below a folder and when each was changed; None if there are too many."""
    found: list[Any] = []
    try:
        for above, _, names in os.walk(folder):
            for name in names:
                path = Path(above, name)
                state = path.stat()
                found.append((str(path), state.st_mtime_ns, state.st_size, state.st_ino))
            if len(found) > _MOST_FILES:
                return None
    except OSError:
        return None
    return tuple(found)


@lru_cache(maxsize=16)
def _variables(files: tuple[Any, ...]) -> tuple[str, ...] | None:
    """Names of the environment variables that YAML files use, since they may choose an option; None if unknown.

    Example:
        >>> _variables(())
        ()
    """
    texts = [Path(path).read_bytes() for path, *_ in files if path.endswith((".yaml", ".yml"))]
    names = {name.decode() for text in texts for name in re.findall(rb"\benv:\s*(\w*)", text)}
    return None if "" in names else tuple(sorted(names))


def _stored(node: Any) -> list[Any]:
    """What Python code has put into Hydra's config store."""
    if isinstance(node, ConfigNode):
        return [(node.group, node.name, id(node.node))]
    return [entry for child in node.values() for entry in _stored(child)]
