"""The configurations of a sweep's jobs, composed once for all jobs with overrides that differ only in plain values.

Composing a job takes Hydra longer than a stack needs to train it. Jobs that set the same keys to other numbers or words
share one composition, in which each such value is replaced by a mark; putting a job's own values in place of the marks
gives its configuration and the files of its `.hydra` folder.
"""

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from hydra.core.config_loader import ConfigLoader
from hydra.core.hydra_config import HydraConfig
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, OverrideType
from omegaconf import DictConfig, OmegaConf, flag_override

from src.command import hydra_files
from src.command.tasks import decide
from src.compat.omegaconf import scalar_yaml
from src.settings.undecided import is_undecided
from src.trust.references import without_resolvers

_NUMBER = 918273645  # stands for the job's number, which Hydra requires to be an integer
_DECIDING = {f"data.{key}" for key in ("path", "target", "task", "decimal", "thousands", "merge_classes", "name")}
_HEAD = "head."
_PLAIN = (bool, int, float, str, type(None))

Shape = tuple[tuple[str, str | None], ...]
"""Each override's key and, unless its value is plain, the whole override."""


@dataclass(frozen=True)
class Job:
    """One job of a sweep, small enough to keep a hundred thousand of them.

    Attributes:
        number: Its number in the sweep.
        overrides: Its overrides from Hydra's sweeper.
        folder: The run's folder.
        template: The composition that it shares with jobs of its shape.
        words: Its own values, by the marks that they replace there.
    """

    number: int
    overrides: list[str]
    folder: Path
    template: "Template"
    words: dict[str, Any]

    @property
    def task(self) -> list[str]:
        """The overrides that its folder records: all but those for Hydra."""
        return self.template.task(self.overrides)

    @property
    def cfg(self) -> dict[str, Any]:
        """The configuration, plain and resolved: made anew at each call, as it takes ten times the job's memory."""
        return self.template.cfg(self.words)

    @property
    def files(self) -> dict[str, str]:
        """Name and text of the files in `.hydra/`, made anew at each call."""
        return self.template.files(self)


class Composer:
    """Makes jobs out of override lists.

    Args:
        loader: Hydra's own loader.
        master: The configuration of the sweep itself.
    """

    def __init__(self, loader: ConfigLoader, master: DictConfig) -> None:
        self._loader, self._master = loader, master
        self._parser = OverridesParser.create(config_loader=loader)
        self._parsed: dict[str, Override] = {}
        self._groups: dict[str, bool] = {}
        self._composed: dict[Shape, DictConfig] = {}
        self._undecided: dict[Shape, bool] = {}
        self._templates: dict[Shape, Template] = {}
        self._chosen: dict[str, Any] = {}

    def composed(self, overrides: Sequence[str]) -> DictConfig:
        """A configuration for overrides of this shape, with the values of the first job that had it."""
        shape = self._shape(overrides)
        if shape not in self._composed:
            self._composed[shape] = self._loader.load_sweep_config(self._master, list(overrides))
        return self._composed[shape]

    def job(self, number: int, overrides: Sequence[str]) -> Job:
        """The job for some overrides, with its number in the sweep.

        Raises:
            ConfigError: Something that it leaves to the data cannot be chosen.
        """
        shape = self._shape(overrides)
        if shape not in self._undecided:
            self._undecided[shape] = is_undecided(self.composed(overrides))
        if self._undecided[shape]:
            of_head = [
                override if key.startswith(_HEAD) else None for (key, _), override in zip(shape, overrides, strict=True)
            ]
            shape = tuple((key, mine or whole) for (key, whole), mine in zip(shape, of_head, strict=True))
        if shape not in self._templates:
            self._templates[shape] = Template(self._decided(overrides), shape)
        values = [self._parse(override).value() for override in overrides]
        return self._templates[shape].job(number, list(overrides), values)

    def _decided(self, overrides: Sequence[str]) -> DictConfig:
        """The configuration for some overrides, with what is left to the data."""
        cfg = self.composed(overrides)
        if not is_undecided(cfg):
            return cfg
        cfg = copy.deepcopy(cfg)
        for override in map(self._parse, overrides):
            if override.key_or_group.startswith(_HEAD):  # the composition may hold that of another job
                OmegaConf.update(cfg, override.key_or_group, override.value(), merge=False)
        task = OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])
        decide(task, Path(str(self._master.hydra.sweep.dir)), self._chosen)
        with flag_override(cfg, ["struct", "readonly"], [False, False]):
            cfg.head, cfg.data, cfg.callbacks = task.head, task.data, task.callbacks
        return cfg

    def _shape(self, overrides: Sequence[str]) -> Shape:
        # then even the folder's name may depend on another key; Hydra's sweeper writes `$\{seed\}`
        if any("${" in override.replace("\\", "") for override in overrides):
            return tuple((self._parse(override).key_or_group, override) for override in overrides)
        return tuple(self._part(override) for override in overrides)

    @cache  # noqa: B019  # lives as long as the sweep
    def _part(self, text: str) -> tuple[str, str | None]:
        override = self._parse(text)
        key = override.key_or_group
        value = override.value()
        plain = (
            override.type == OverrideType.CHANGE
            and override.package is None
            and not key.startswith("hydra")
            and not self._is_group(key)
            and key not in _DECIDING
            and isinstance(value, _PLAIN)
            and not (isinstance(value, str) and ("\n" in value or value == "???"))
        )
        return key, None if plain else text

    def _parse(self, text: str) -> Override:
        if text not in self._parsed:
            self._parsed[text] = self._parser.parse_override(text)
        return self._parsed[text]

    def _is_group(self, key: str) -> bool:
        if key not in self._groups:
            self._groups[key] = bool(self._loader.get_group_options(key))
        return self._groups[key]


class SweepLoader:
    """Hydra's loader, composing jobs of the same shape only once.

    Hydra's basic sweeper composes every job to check it, and drops the result.

    Args:
        loader: Hydra's own loader.
        composer: The composer, which caches compositions.
    """

    def __init__(self, loader: ConfigLoader, composer: Composer) -> None:
        self._loader, self._composer = loader, composer

    def load_sweep_config(self, master_config: DictConfig, sweep_overrides: list[str]) -> DictConfig:
        """A configuration for the shape of `sweep_overrides`; `master_config` is the composer's own."""
        return self._composer.composed(sweep_overrides)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def __reduce__(self) -> tuple[Any, ...]:
        return SweepLoader, (self._loader, self._composer)  # otherwise `__getattr__` is called before there is a loader


class Template:
    """A composed configuration with marks where jobs differ.

    Args:
        config: Hydra's composition for one of the jobs.
        shape: The common shape of the jobs.
    """

    def __init__(self, config: DictConfig, shape: Shape) -> None:
        self._task = [place for place, (key, _) in enumerate(shape) if not key.startswith(("hydra.", "hydra/"))]
        plain = [(place, key) for place, (key, whole) in enumerate(shape) if whole is None]
        self._places = [place for place, _ in plain]
        config = copy.deepcopy(config)
        with flag_override(config, ["struct", "readonly"], [False, False]):
            for place, key in plain:
                OmegaConf.update(config, key, _value_mark(place), merge=False)
            hydra = config.hydra
            hydra.overrides.task = [_override_mark(place) for place in self._task]
            if plain:
                hydra.job.override_dirname = "SWEPT_DIRNAME_"
            hydra.job.id, hydra.job.num = "SWEPT_ID_", _NUMBER
            hydra.runtime.output_dir = "SWEPT_OUTPUT_"
        self._exclude = set(hydra.job.config.override_dirname.exclude_keys)
        self._separators = hydra.job.config.override_dirname
        HydraConfig.instance().set_config(config)  # read by `${hydra:…}` in the configuration
        self._folder = f"{OmegaConf.select(config, 'hydra.sweep.dir')}/{OmegaConf.select(config, 'hydra.sweep.subdir')}"
        task = OmegaConf.masked_copy(config, [str(key) for key in config if key != "hydra"])
        OmegaConf.set_struct(task, False)
        task = without_resolvers(task)
        self._texts = hydra_files.composed(task, OmegaConf.masked_copy(config, ["hydra"]))
        self._cfg: Any = OmegaConf.to_container(task, resolve=True)

    def job(self, number: int, overrides: list[str], values: list[Any]) -> Job:
        """The job with this number in the sweep, with the values of its overrides in place of the marks."""
        dirname = self._dirname(self.task(overrides))
        words = {_value_mark(place): values[place] for place in self._places}
        words |= {"SWEPT_DIRNAME_": dirname, "SWEPT_ID_": str(number), str(_NUMBER): number}
        return Job(number, overrides, Path(_filled(self._folder, words)), self, words)

    def task(self, overrides: list[str]) -> list[str]:
        """Those of a job's `overrides` that are not for Hydra."""
        return [overrides[place] for place in self._task]

    def cfg(self, words: dict[str, Any]) -> dict[str, Any]:
        """The configuration with some `words` in place of the marks."""
        found: dict[str, Any] = _with_values(self._cfg, words)
        return found

    def files(self, job: Job) -> dict[str, str]:
        """The files of a `job` of this shape."""
        marks = {mark: _scalar(value) for mark, value in job.words.items()}
        marks |= {_override_mark(i): _scalar(override) for i, override in enumerate(job.overrides)}
        marks["SWEPT_OUTPUT_"] = _scalar(str(job.folder.absolute()))
        return {name: _replaced(text, marks) for name, text in self._texts.items()}

    def _dirname(self, overrides: list[str]) -> str:
        kept = [override for override in sorted(overrides) if override.partition("=")[0] not in self._exclude]
        return str(self._separators.item_sep).join(kept).replace("=", str(self._separators.kv_sep))


def _value_mark(place: int) -> str:
    return f"SWEPT_VALUE_{place}_"


def _override_mark(place: int) -> str:
    return f"SWEPT_OVERRIDE_{place}_"


def _replaced(text: str, marks: dict[str, str]) -> str:
    for mark, value in marks.items():
        text = text.replace(mark, value)
    return text


def _filled(text: str, words: dict[str, Any]) -> Any:
    """The value of a text that is a single mark, or the text with all marks replaced."""
    if text in words:
        return words[text]
    return _replaced(text, {mark: str(value) for mark, value in words.items()})


def _with_values(node: Any, words: dict[str, Any]) -> Any:
    """A copy of nested containers with values in place of the marks."""
    if isinstance(node, dict):
        return {key: _with_values(value, words) for key, value in node.items()}
    if isinstance(node, list):
        return [_with_values(value, words) for value in node]
    if isinstance(node, str):
        return _filled(node, words) if "SWEPT_" in node or str(_NUMBER) in node else node
    return words[str(_NUMBER)] if node == _NUMBER else node


@lru_cache(maxsize=4096)
def _dumped(value: Any, kind: str) -> str:
    return scalar_yaml(value)


def _scalar(value: Any) -> str:
    """A plain value as written in a YAML file."""
    return _dumped(value, type(value).__name__)  # 1, 1.0 and True are the same key
