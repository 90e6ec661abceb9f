"""What a command line can choose from: config groups, their options, and keys, including the user's own."""

import re
from typing import Any

from hydra.core.object_type import ObjectType
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from src.command.flags import Flags
from src.compat.hydra import new_loader
from src.places import CONF
from src.settings.composed import keys_below

_NOT_CHOSEN = "common", "hydra"  # parts of other options, and Hydra's own groups
_FROM_ELSEWHERE = {"hydra/launcher": {"joblib": "joblib (with the extra `sweep` of pyproject.toml)"}}


class Catalogue:
    """The options and keys of a command, for messages.

    Args:
        command: Its primary configuration, unless `--config-name` names another.
        flags: The flags of the command line; `--config-dir` and `--config-path` are respected.
        words: The rest of the command line; `hydra.searchpath` is respected, and the chosen options determine the keys.
    """

    def __init__(self, command: str, flags: Flags, words: list[str]) -> None:
        self.name = str(flags.get("--config-name", command)).removesuffix(".yaml")
        self._kind = str(flags.get("--cfg"))
        self._words = words
        self._mode = RunMode.MULTIRUN if "--multirun" in flags else RunMode.RUN
        self._search = [word for word in words if word.startswith("hydra.searchpath=")]
        first = str(flags["--config-dir"]) if "--config-dir" in flags else None
        self._loader = new_loader(str(flags.get("--config-path", CONF)), first)

    def options(self, group: str) -> list[str]:
        """The options of a config group; empty if there is no such group."""
        found: list[str] = self._loader.get_group_options(group, ObjectType.CONFIG, self.name, self._search)
        known = {option: option for option in found}
        if found:
            known = _FROM_ELSEWHERE.get(group, {}) | known
        return sorted(known.values())

    def groups(self) -> list[str]:
        """The groups from which a run chooses an option."""
        found: list[str] = self._loader.get_group_options("", ObjectType.GROUP, self.name, self._search)
        return [group for group in sorted(found) if group not in _NOT_CHOSEN]

    def holding(self, option: str) -> str | None:
        """The group that has an option of this name, experiments first."""
        groups = sorted(self.groups(), key=lambda group: group != "experiment")
        return next((group for group in groups if option in self.options(group)), None)

    def having(self, key: str) -> tuple[str, list[str]]:
        """The group of a dotted `key`, and the options of this group that have it."""
        parent, _, name = key.rpartition(".")
        group = parent.replace(".", "/")
        options = self._loader.get_group_options(group, ObjectType.CONFIG, self.name, self._search) if parent else []
        return group, [option for option in sorted(options) if self._has(f"{group}/{option}", name)]

    def _has(self, path: str, name: str) -> bool:
        """Whether a configuration file, or one that it builds on, has a key of this `name`."""
        loader: Any = self._loader
        found = loader.repository.load_config(path)
        if found is None or name in found.config:
            return found is not None
        parts = [getattr(each, "path", None) for each in found.defaults_list or ()]
        return any(self._has(part, name) for part in parts if isinstance(part, str) and part.startswith("/common/"))

    def composed(self) -> DictConfig:
        """The configuration of the chosen options without single values; if that fails, of the default options."""
        chosen = [word for word in self._words if re.fullmatch(r"[a-z_/]+=[\w.-]+", word)]
        chosen = [word for word in chosen if self.options(word.partition("=")[0])]
        for overrides in (chosen, []):
            try:
                return self._loader.load_configuration(self.name, [*self._search, *overrides], RunMode.RUN)
            except HydraException:  # the very mistake that the message will be about
                continue
        return OmegaConf.create()

    def whole(self) -> DictConfig:
        """The configuration of the whole command line, including `hydra` but without the values of a sweep.

        Raises:
            HydraException: It cannot be composed.
        """
        return self._loader.load_configuration(self.name, self._words, self._mode)

    def shown(self) -> DictConfig:
        """The configuration of the whole command line; `--cfg job` shows all but `hydra`, `--cfg hydra` only that.

        Raises:
            HydraException: It cannot be composed.
        """
        cfg = self.whole()
        keys = {"all": list(cfg), "hydra": ["hydra"]}.get(self._kind, [key for key in cfg if key != "hydra"])
        return OmegaConf.masked_copy(cfg, [str(key) for key in keys])

    def keys(self, with_hydra: bool = False) -> set[str]:
        """The dotted keys that a command line can set.

        Args:
            with_hydra: Whether to include Hydra's own keys.
        """
        cfg = self.composed()
        return keys_below(OmegaConf.masked_copy(cfg, [str(key) for key in cfg if with_hydra or key != "hydra"]))
