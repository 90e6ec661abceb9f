"""Insides of Hydra: its loader of configurations, what it has parsed, and how it writes `.hydra/`."""

from collections.abc import Callable
from typing import Any

import hydra.core.utils
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.config_loader import ConfigLoader
from hydra.core.config_search_path import SearchPathQuery
from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.types import Override

from src.compat.missing import mention


def current_loader() -> ConfigLoader:
    """The loader with which Hydra composes now, inside a command.

    With it a second configuration is composed while a job runs, from wherever the job's own came. `hydra.compose`, the
    public way, hides Hydra's own part, and the parser of sweeps needs a loader. Nothing stands in.
    Seen with hydra-core 1.3.4 and 1.3.8.
    """
    loader: ConfigLoader = GlobalHydra.instance().config_loader()
    return loader


def new_loader(path: str, first: str | None = None) -> ConfigLoader:
    """The loader with which Hydra begins to read a command line, before it reads it.

    `hydra.compose`, the public way, takes no second folder, and a message about a broken command line has to know
    them all. Nothing stands in. Seen with hydra-core 1.3.4 and 1.3.8.

    Args:
        path: The folder of the configurations.
        first: A folder that is asked before it.
    """
    search = create_config_search_path(path)
    if first is not None:
        search.prepend("command-line", f"file://{first}", SearchPathQuery(provider="schema"))
    return ConfigLoaderImpl(search)


def written_value(override: Override) -> Any:
    """The value of a parsed `override`, in which quotes are still known: `value()`, the public way, drops them.

    Nothing stands in. Seen with hydra-core 1.3.4 and 1.3.8.
    """
    return override._value


def save_nothing() -> Callable[[], None]:
    """Have Hydra not write `.hydra/`, which it does in place and before a configuration is checked; what undoes that.

    Callbacks are told too early and too late for it. Where Hydra asks another function, its own way stays.
    Seen with hydra-core 1.3.4 and 1.3.8.
    """
    utils: Any = hydra.core.utils
    if not hasattr(utils, "_save_config"):
        mention("hydra-core", "_save_config", "a run killed as it begins may leave half a configuration")
        return lambda: None
    before, utils._save_config = utils._save_config, lambda cfg, filename, output_dir: None
    return lambda: setattr(utils, "_save_config", before)
