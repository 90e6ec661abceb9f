"""The parts that configurations are composed of, each made once per process and copied quickly, in half the time.

Most compositions share most of their files, all interpolations and Hydra's own schema. Hydra and OmegaConf read and
parse them again each time, and copy them node by node.
"""

import pickle
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import omegaconf.base
from hydra._internal import defaults_list
from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_store import ConfigStore
from hydra.core.object_type import ObjectType
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, ListConfig, _utils, grammar_parser

from src.compat.compositions import copies_of

_MOST_KEPT, _LONGEST_KEPT = 500, 20_000
"""How many files and interpolations are cached, and the longest file: conf/ has a hundred of 1000 characters."""


def keep_parts() -> None:
    """From now on, read each option file and parse each interpolation once, and share the schemas in the store.

    Tested with hydra-core 1.3.4 and 1.3.8, and with omegaconf 2.3.1.
    """
    if not hasattr(ConfigRepository.load_config, "unkept"):
        _keep_files()
        _keep_interpolations()
        _look_up_choices_where_asked()
        for kind in (DictConfig, ListConfig):
            _pickle_copies(kind)
        ConfigStore.__deepcopy__ = lambda store, memo: store  # type: ignore[attr-defined]  # it hands out copies itself


def _keep_files() -> None:
    load = ConfigRepository.load_config
    kept: dict[tuple[str | None, ...], Callable[[], ConfigResult | None]] = {}

    def load_config(self: ConfigRepository, config_path: str) -> ConfigResult | None:
        source = self._find_object_source(config_path, ObjectType.CONFIG)
        if source is None or source.scheme() != "file":
            return load(self, config_path)
        text = Path(source.path, source._normalize_file_name(config_path)).read_bytes().decode(errors="replace")
        key = source.path, source.provider, config_path, text
        if key in kept:
            return kept[key]()
        result = load(self, config_path)
        if len(text) <= _LONGEST_KEPT and len(kept) < _MOST_KEPT:
            kept[key] = copies_of(result)
        return result

    load_config.unkept = load  # type: ignore[attr-defined]
    ConfigRepository.load_config = load_config  # type: ignore[method-assign]


def _keep_interpolations() -> None:
    parse = lru_cache(_MOST_KEPT)(grammar_parser.parse)  # the result is only read; an error is not cached
    for module in (grammar_parser, _utils, omegaconf.base):
        module.parse = parse  # type: ignore[attr-defined]


def _look_up_choices_where_asked() -> None:
    """Let Hydra build the lookup for interpolations in a defaults list only if there is one."""
    create = defaults_list._create_interpolation_map

    def create_interpolation_map(overrides: Any, defaults: list[Any], self_added: bool) -> DictConfig:
        asked = any(default.is_interpolation() for default in defaults)
        return create(overrides, defaults, self_added) if asked else DictConfig({})

    defaults_list._create_interpolation_map = create_interpolation_map  # type: ignore[assignment]


def _pickle_copies(kind: type[DictConfig] | type[ListConfig]) -> None:
    """Copy a configuration by pickling it if that is possible; like OmegaConf's copy, it keeps its parent."""
    copy_nodes: Any = kind.__deepcopy__

    def deepcopy(self: Any, memo: dict[int, Any]) -> Any:
        parent, self.__dict__["_parent"] = self.__dict__["_parent"], None
        try:
            copied = pickle.loads(pickle.dumps(self))
        except Exception:  # for a value that cannot be pickled
            copied = None
        finally:
            self.__dict__["_parent"] = parent
        if copied is None:
            return copy_nodes(self, memo)
        copied.__dict__["_parent"] = parent
        return copied

    kind.__deepcopy__ = deepcopy  # type: ignore[method-assign]
