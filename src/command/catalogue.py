"""What a command line can choose from: options of groups and keys, own ones from elsewhere among them."""

import re

from hydra.core.object_type import ObjectType
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf

from src.command.flags import Flags
from src.compat.hydra import new_loader
from src.places import CONF
from src.settings.composed import keys_below

_NOT_CHOSEN = "common", "hydra"  # parts of options, and Hydra's own groups
_FROM_ELSEWHERE = {"hydra/launcher": {"joblib": "joblib (with the extra `sweep` of pyproject.toml)"}}


class Catalogue:
    """The options and keys of a command, for messages.

    Args:
        command: Its primary configuration, unless `--config-name` names another.
        flags: Of the command line; `--config-dir` and `--config-path` are obeyed.
        words: The rest of it; `hydra.searchpath` is obeyed, and keys are those of the options chosen.
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
        """The options of a config group; none where there is no such group."""
        found: list[str] = self._loader.get_group_options(group, ObjectType.CONFIG, self.name, self._search)
        known = {option: option for option in found}
        if found:
            known = _FROM_ELSEWHERE.get(group, {}) | known
        return sorted(known.values())

    def groups(self) -> list[str]:
        """The groups of which a run has an option."""
        found: list[str] = self._loader.get_group_options("", ObjectType.GROUP, self.name, self._search)
        return [group for group in sorted(found) if group not in _NOT_CHOSEN]

    def holding(self, option: str) -> str | None:
        """The group that has an option of this name, experiments before others."""
        groups = sorted(self.groups(), key=lambda group: group != "experiment")
        return next((group for group in groups if option in self.options(group)), None)

    def composed(self) -> DictConfig:
        """The configuration of the options chosen, single values left aside; of the default options where it fails."""
        chosen = [word for word in self._words if re.fullmatch(r"[a-z_/]+=[\w.-]+", word)]
        chosen = [word for word in chosen if self.options(word.partition("=")[0])]
        for overrides in (chosen, []):
            try:
                return self._loader.load_configuration(self.name, [*self._search, *overrides], RunMode.RUN)
            except HydraException:  # the very mistake that a message is being written about
                continue
        return OmegaConf.create()

    def whole(self) -> DictConfig:
        """The configuration of the whole command line, `hydra` included; values that are swept over are left aside.

        Raises:
            HydraException: It cannot be composed.
        """
        return self._loader.load_configuration(self.name, self._words, self._mode)

    def shown(self) -> DictConfig:
        """The configuration of the whole command line, of which `--cfg job` shows all but `hydra`, `--cfg hydra` that.

        Raises:
            HydraException: It cannot be composed.
        """
        cfg = self.whole()
        keys = {"all": list(cfg), "hydra": ["hydra"]}.get(self._kind, [key for key in cfg if key != "hydra"])
        return OmegaConf.masked_copy(cfg, [str(key) for key in keys])

    def keys(self, with_hydra: bool = False) -> set[str]:
        """The keys that a command line can set, dotted.

        Args:
            with_hydra: Hydra's own keys too.
        """
        cfg = self.composed()
        return keys_below(OmegaConf.masked_copy(cfg, [str(key) for key in cfg if with_hydra or key != "hydra"]))
