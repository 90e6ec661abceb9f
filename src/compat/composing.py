"""A command's configuration, composed once and read quickly; Hydra composes it twice, with a YAML reader in Python.

Tested with hydra-core 1.3.4 and 1.3.8, and with omegaconf 2.3.1.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import yaml  # type: ignore[import-untyped]
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.hydra import Hydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode
from omegaconf import _utils as omegaconf_utils

_RUN = "hydra.mode=RUN"


@contextmanager
def composed_once() -> Iterator[None]:
    """Within the block, Hydra reuses the configuration that it composes to learn whether a command is a sweep.

    Hydra calls `get_mode`, drops what it composed for the answer, and composes the same again for `run`. An error is
    kept for `run` too, where Hydra reports it. For a sweep nothing changes.
    """
    ask, load = Hydra.get_mode, ConfigLoaderImpl.load_configuration
    kept: dict[tuple[Any, ...], Any] = {}

    def get_mode(self: Any, config_name: str | None, overrides: list[str]) -> Any:
        as_run = config_name, *overrides, _RUN  # Hydra adds this to a command that does not set its mode
        try:
            cfg = load(self.config_loader, config_name, overrides, RunMode.RUN, validate_sweep_overrides=False)
        except Exception as error:
            kept[as_run] = error
            return None
        if cfg.hydra.mode is None:
            cfg.hydra.overrides.hydra.append(_RUN)
            kept[as_run] = cfg
            cfg.hydra.mode = RunMode.RUN
            return None
        return cfg.hydra.mode

    def load_configuration(
        self: ConfigLoaderImpl, config_name: str | None, overrides: list[str], run_mode: RunMode, *more: Any, **how: Any
    ) -> Any:
        found = kept.pop((config_name, *overrides), None) if run_mode == RunMode.RUN and not more else None
        if found is None:
            return load(self, config_name, overrides, run_mode, *more, **how)
        if how.get("validate_sweep_overrides", True):
            parsed = OverridesParser.create().parse_overrides(overrides)
            self.validate_sweep_overrides_legal(parsed, run_mode, how.get("from_shell", True))
        if isinstance(found, Exception):
            raise found
        return found

    Hydra.get_mode, ConfigLoaderImpl.load_configuration = get_mode, load_configuration  # type: ignore[method-assign]
    try:
        yield
    finally:
        Hydra.get_mode, ConfigLoaderImpl.load_configuration = ask, load  # type: ignore[method-assign]


def read_yaml_quickly() -> None:
    """Let OmegaConf read YAML with libyaml, if PyYAML was built with it, and each text only once."""
    if hasattr(yaml, "CSafeLoader"):
        omegaconf_utils.get_yaml_loader = _quick_loader


_slow_loader = getattr(omegaconf_utils.get_yaml_loader, "omegaconfs", omegaconf_utils.get_yaml_loader)
_LONGEST_KEPT, _MOST_KEPT = 20_000, 500
"""The longest text to cache, in characters, and how many; conf/ has a hundred files of a thousand characters."""


@cache
def _quick_loader() -> Any:
    """OmegaConf's own loader with unchanged rules, but libyaml's parser in place of PyYAML's.

    The data of a text are cached, since a command composes the same files twice, and a sweep or a notebook many times.
    OmegaConf builds its own nodes from the data and does not change them.
    """
    from yaml.cyaml import CParser  # type: ignore[import-untyped]

    slow = _slow_loader()
    kept: dict[str | bytes, Any] = {}

    class QuickLoader(CParser, slow):  # type: ignore[misc, valid-type]
        def __init__(self, stream: Any) -> None:
            self._text = stream.read() if hasattr(stream, "read") else stream
            CParser.__init__(self, self._text)
            yaml.constructor.SafeConstructor.__init__(self)
            yaml.resolver.Resolver.__init__(self)

        def get_single_data(self) -> Any:
            if self._text in kept:
                return kept[self._text]
            data = super().get_single_data()
            if len(self._text) <= _LONGEST_KEPT and len(kept) < _MOST_KEPT:
                kept[self._text] = data
            return data

    return QuickLoader


_quick_loader.omegaconfs = _slow_loader  # type: ignore[attr-defined]  # for a module that is imported again
