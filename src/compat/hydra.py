"""Internals of Hydra: its config loader, what it has parsed, and how it writes `.hydra/`."""

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
    """The loader with which Hydra composes at the moment, inside a command.

    It composes a second configuration while a job runs, from the same places as the job's own. `hydra.compose`, the
    public way, hides Hydra's own part, and the parser of sweeps needs a loader. There is no fallback. Tested with
    hydra-core 1.3.4 and 1.3.8.
    """
    loader: ConfigLoader = GlobalHydra.instance().config_loader()
    return loader


def forget_loader() -> None:
    """Let this process compose again after a command has run in it; Hydra keeps that command's loader.

    `hydra.initialize_config_dir`, the public way, fails while there is one. Tested with hydra-core 1.3.4 and 1.3.8.
    """
    GlobalHydra.instance().clear()


def new_loader(path: str, first: str | None = None) -> ConfigLoader:
    """The loader with which Hydra starts, before it has read the command line.

    `hydra.compose`, the public way, takes no second folder, and a message about a broken command line must know them
    all. There is no fallback. Tested with hydra-core 1.3.4 and 1.3.8.

    Args:
        path: The folder of the configurations.
        first: A folder to search before it.
    """
    search = create_config_search_path(path)
    if first is not None:
        search.prepend("command-line", f"file://{first}", SearchPathQuery(provider="schema"))
    return ConfigLoaderImpl(search)


def written_value(override: Override) -> Any:
    """The value of a parsed `override` with its quotes: `value()`, the public way, drops them.

    There is no fallback. Tested with hydra-core 1.3.4 and 1.3.8.
    """
    return override._value


def save_nothing() -> Callable[[], None]:
    """Keep Hydra from writing `.hydra/` in place and before a configuration is checked; returns what undoes it.

    Callbacks are called too early or too late for this. If Hydra calls another function, it writes as usual.
    Tested with hydra-core 1.3.4 and 1.3.8.
    """
    utils: Any = hydra.core.utils
    if not hasattr(utils, "_save_config"):
        mention("hydra-core", "_save_config", "a run killed at its start may leave half a configuration")
        return lambda: None
    before, utils._save_config = utils._save_config, lambda cfg, filename, output_dir: None
    return lambda: setattr(utils, "_save_config", before)
