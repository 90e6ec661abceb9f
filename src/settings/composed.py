"""Checks that need only the composed configuration: unknown keys and broken rules, before any heavy import."""

from functools import lru_cache
from typing import Annotated, Any, Literal, get_args, get_origin

from hydra.core.config_loader import ConfigLoader
from hydra.types import RunMode
from omegaconf import DictConfig, ListConfig, OmegaConf
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from src import cores
from src.compat.hydra import current_loader
from src.errors import ConfigError, suggestion
from src.places import CONF
from src.settings import libraries as library_rules
from src.settings import rules, unread
from src.settings.pictures import Pictures
from src.settings.undecided import AUTO
from src.settings.wording import one_line, shown
from src.trust import targets

_BASE = "train"  # the primary configuration of runs
_GROUPS = "data", "network", "head", "optimizer", "scheduler", "callbacks", "trainer"
_FREE_FORM = "callbacks", "logger"  # groups to which users may add members with `+`


class SolvedRule(BaseModel):
    """When a run counts as solved; without a bound there is no verdict."""

    model_config = ConfigDict(extra="forbid")
    metric: str = "test/accuracy"
    at_least: rules.Number | None = None
    at_most: rules.Number | None = None

    @field_validator("at_least", "at_most")
    @classmethod
    def _within_reach(cls, bound: float | None, info: ValidationInfo) -> float | None:
        metric = str(info.data.get("metric"))
        better = rules.direction(metric)
        if bound is None or better is None:
            return bound
        if better == "min" and bound < 0:
            raise rules.broken(f"Input should be 0 or more, since {metric} never falls below")
        if better == "max" and bound > 1:
            raise rules.broken(f"Input should be 1 or less, since {metric} never rises above")
        return bound

    @field_validator("at_most")
    @classmethod
    def _ordered(cls, most: float | None, info: ValidationInfo) -> float | None:
        least, metric = info.data.get("at_least"), str(info.data.get("metric"))
        better = rules.direction(metric)
        if least is not None and most is not None and least > most:
            raise rules.broken(f"Input should not be below solved.at_least={least}")
        if better == "max" and most is not None and least is None:
            raise rules.broken(
                f"Input should be null if solved.at_least is set, since {metric} is better when it is larger"
            )
        if better == "min" and most is None and least is not None:
            raise rules.broken(
                f"Input should be a bound if solved.at_least is set, since {metric} is better when it is smaller"
            )
        return most


class RootRules(library_rules.Rules):
    """The keys outside all groups."""

    seed: rules.Seed
    runs_dir: Annotated[str, Field(min_length=1)]
    data_dir: Annotated[str, Field(min_length=1)]
    allow_changed_data: bool = False
    solved: SolvedRule
    plots: Pictures = Pictures()


class NetworkRules(library_rules.Rules):
    """Our own key, in addition to those of any network."""

    members: Annotated[rules.Count, Field(le=256)] | Literal["auto"] = 1


class ThreadsRules(library_rules.TrainerRules):
    """The Trainer's rules, and our own key in addition."""

    threads: Annotated[rules.Count, Field(le=max(64, cores.available()))] | Literal["auto"] = "auto"


def _file_name(name: str) -> str:
    if name.endswith(("/", "\\")):
        raise rules.broken("Input should name a file, not a folder")
    return name


class RunRules(library_rules.Rules):
    """The keys of commands on a run."""

    run: Annotated[str, Field(min_length=1)]
    runs_dir: Annotated[str, Field(min_length=1)]
    data_dir: Annotated[str, Field(min_length=1)] | None = None
    changes: dict[str, Any] = {}
    input: Annotated[str, Field(min_length=1)] | None = None
    output: Annotated[str, Field(min_length=1), AfterValidator(_file_name)] | None = None
    split: Literal["train", "val", "test"] = "test"
    format: Literal["onnx", "torch_export", "replay"] = "onnx"
    most_epochs: Annotated[rules.Count, Field(ge=3)] = 60
    max_bytes: rules.Count = 1
    formulas: Literal["escape", "keep"] = "escape"
    resamples: Annotated[rules.Natural, Field(le=100_000)] = 0
    force: bool = False
    calibration: Literal["temperature", "none"] | None = None
    baselines: bool = False
    sweep: Annotated[str, Field(min_length=1)] | Annotated[list[str], Field(min_length=1)] | None = None
    metric: str | None = None
    baseline_seed: rules.Seed = 0
    rope: Annotated[rules.NonNegative, Field(le=1e6)] = 0.0
    most_numbers: rules.Count = 1
    allow_changed_data: bool = False
    plots: Pictures = Pictures()


RULES: dict[str, type[library_rules.Rules]] = {
    "": RootRules,
    "network": NetworkRules,
    "optimizer": library_rules.OptimizerRules,
    "scheduler": library_rules.SchedulerRules,
    "trainer": ThreadsRules,
    "callbacks.early_stopping": library_rules.MonitorRules,
    "callbacks.model_checkpoint": library_rules.CheckpointRules,
}


def check(cfg: DictConfig, hydra: DictConfig) -> None:
    """Raise `ConfigError` for keys that no group knows and for values that break a rule of `src.settings.rules`.

    Args:
        cfg: The composed configuration.
        hydra: Hydra's own part of it.
    """
    check_keys(cfg, hydra)
    unread.check(cfg, [*hydra.overrides.task, *hydra.overrides.hydra])
    check_values(OmegaConf.to_container(cfg, resolve=True))


def check_values(cfg: Any) -> None:
    """Raise `ConfigError` for values of the plain, resolved `cfg` that break one of these rules or a class's own."""
    targets.check_names(cfg)
    for group, model in RULES.items():
        values = cfg
        for key in group.split(".") if group else ():
            values = values.get(key) if values is not None else None
        if values is not None:
            try:
                model.model_validate(values)
            except ValidationError as error:
                raise ConfigError(one_line(group, error)) from error
    _check_rates(cfg["optimizer"].get("lr"), cfg["scheduler"].get("eta_min"), cfg["scheduler"].get("max_lr"))


def _check_rates(highest: Any, lowest: Any, peak: Any) -> None:
    """Refuse a schedule that does not fit the optimizer's rate, which may be a number or `auto`."""
    if peak is not None and (peak == AUTO) != (highest == AUTO):
        raise ConfigError(
            f"scheduler.max_lr: should be a number if optimizer.lr is one, and follow it as ${{optimizer.lr}} if it is "
            f"auto (got {peak} with optimizer.lr={highest}); leave one out"
        )
    if lowest is not None and highest not in (None, AUTO) and lowest > highest:
        raise ConfigError(
            f"scheduler.eta_min: the learning rate falls to it from optimizer.lr={highest} (got {lowest}); lower it"
        )


def check_on_run(cfg: DictConfig) -> None:
    """Raise `ConfigError` for values in the `cfg` of a command on a run that break a rule."""
    try:
        RunRules.model_validate(OmegaConf.to_container(cfg, resolve=True))
    except ValidationError as error:
        raise ConfigError(one_line("", error)) from error


def choices_of_run() -> dict[str, tuple[str, ...]]:
    """The keys of commands on a run that take one of a few words, and these words.

    Example:
        >>> choices_of_run()["split"]
        ('train', 'val', 'test')
    """
    fields = RunRules.model_fields.items()
    return {key: get_args(field.annotation) for key, field in fields if get_origin(field.annotation) is Literal}


def option_keys(group: str) -> set[str]:
    """The keys that any of a group's options has, including those of `conf/common/`."""
    paths = [path for folder in (group, "common") for path in (CONF / folder).glob("*.yaml")]
    return {str(key) for path in paths for key in OmegaConf.load(path)} - {"_target_"}


def check_keys(cfg: DictConfig, hydra: DictConfig) -> None:
    """Raise `ConfigError` for unknown keys that an experiment or the user's own primary configuration adds.

    These are keys that the same options do not have on their own. A key that the command line adds with `+` is meant
    to be new.

    Args:
        cfg: The composed configuration.
        hydra: Hydra's own part of it.
    """
    choices, overrides, name = dict(hydra.runtime.choices), list(hydra.overrides.task), hydra.job.config_name
    if "resume" not in cfg:
        raise ConfigError(f"--config-name: {name} does not build on {_BASE}; start it with defaults: [{_BASE}, _self_]")
    if empty := [group for group in _GROUPS if not isinstance(cfg.get(group), DictConfig)]:
        raise ConfigError(
            f"{empty[0]}: needs the keys of one of its options (got {shown(cfg.get(empty[0]))}); "
            f"choose one with {empty[0]}=…, or in a file's defaults with override /{empty[0]}"
        )
    if "experiment" in cfg and choices.get("experiment"):
        raise ConfigError(
            f"experiment={choices['experiment']}: its keys belong to the whole configuration; start the file with the "
            "line '# @package _global_', followed by keys and values"
        )
    if cfg.resume is not None or not (choices.get("experiment") or name != _BASE):
        return
    plain = [f"{group}={choice}" for group, choice in choices.items() if choice and not group.startswith("hydra")]
    search = [override for override in hydra.overrides.hydra if override.startswith("hydra.searchpath=")]
    known = _keys_beside(current_loader(), (*search, *(each for each in plain if not each.startswith("experiment="))))
    added = {override.lstrip("+").partition("=")[0] for override in overrides if override.startswith("+")}
    unknown = [
        key
        for key in sorted(keys_below(cfg) - known)
        if not any(key == new or key.startswith(f"{new}.") for new in added) and not key.startswith(_FREE_FORM)
    ]
    if not unknown:
        return
    source = f"experiment={choices['experiment']}" if choices.get("experiment") else f"--config-name={name}"
    group = unknown[0].partition(".")[0]
    if f"{group}={choices.get(group)}" in overrides:
        keys = [key for key in unknown if key.startswith(f"{group}.")]
        raise ConfigError(
            f"{', '.join(keys)}: set by {source}, and {group}={choices[group]} has no such key; "
            f"leave out those that do not apply: {' '.join(f'~{key}' for key in keys)}"
        )
    raise ConfigError(f"{unknown[0]}: unknown key in {source}; {suggestion(unknown[0], set(known))}")


@lru_cache(maxsize=16)  # the jobs of a sweep choose the same options again and again, and composing takes 50 ms
def _keys_beside(loader: ConfigLoader, overrides: tuple[str, ...]) -> frozenset[str]:
    """The keys of a second configuration, composed while Hydra runs a job, from the same places as the job's own."""
    cfg = loader.load_configuration(_BASE, list(overrides), RunMode.RUN)
    return frozenset(keys_below(OmegaConf.masked_copy(cfg, [str(key) for key in cfg if key != "hydra"])))


def keys_below(node: Any, prefix: str = "") -> set[str]:
    """Dotted names of every key below a node, starting with `prefix`."""
    if not isinstance(node, DictConfig):
        return set()
    found: set[str] = set()
    keys: list[Any] = list(node)
    for key in keys:
        name = f"{prefix}{key!s}"
        found.add(name)
        child = None if OmegaConf.is_missing(node, key) or OmegaConf.is_interpolation(node, key) else node[key]
        if isinstance(child, DictConfig | ListConfig):
            found |= keys_below(child, f"{name}.")
    return found
