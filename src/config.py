"""What the composed configuration alone can tell: unknown keys and broken rules, before anything heavy is imported."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from hydra import compose, initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from omegaconf import DictConfig, ListConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from src import rules
from src.errors import ConfigError, suggestion

CONF = Path(__file__).parent.parent / "conf"

_FROM_ELSEWHERE = {"hydra/launcher": {"basic", "joblib (with the extra `sweep` of pyproject.toml)"}}
_FREE_FORM = "callbacks", "logger"  # groups whose members are the user's to add, with `+`


class SolvedRule(BaseModel):
    """When a run counts as solved; no bound, no verdict."""

    model_config = ConfigDict(extra="forbid")
    metric: str = "test/accuracy"
    at_least: float | None = None
    at_most: float | None = None


class RootRules(rules.Rules):
    """The keys outside all groups."""

    seed: rules.Seed
    runs_dir: Annotated[str, Field(min_length=1)]
    data_dir: Annotated[str, Field(min_length=1)]
    solved: SolvedRule


class ThreadsRules(rules.TrainerRules):
    """The Trainer's rules, and our own key beside them."""

    threads: rules.Count | Literal["auto"] = "auto"


class RunRules(rules.Rules):
    """The keys of commands on a run."""

    run: Annotated[str, Field(min_length=1)]
    split: Literal["train", "val", "test"] = "test"
    format: Literal["onnx", "torch_export"] = "onnx"
    resamples: Annotated[int, Field(ge=0)] = 0
    force: bool = False


_RULES: dict[str, type[rules.Rules]] = {
    "": RootRules,
    "optimizer": rules.OptimizerRules,
    "scheduler": rules.SchedulerRules,
    "trainer": ThreadsRules,
    "callbacks.early_stopping": rules.MonitorRules,
    "callbacks.model_checkpoint": rules.MonitorRules,
}


def check(cfg: DictConfig, choices: dict[str, str | None], overrides: list[str]) -> None:
    """Raise `ConfigError` for keys that no group knows and for values that break a rule stated in `src.rules`.

    Args:
        cfg: The composed configuration.
        choices: The option chosen in each group.
        overrides: What the command line set; a key that it added with `+` is meant to be new.
    """
    check_keys(cfg, choices, overrides)
    check_values(OmegaConf.to_container(cfg, resolve=True))


def check_values(cfg: Any) -> None:
    """Raise `ConfigError` for values of `cfg`, plain and resolved, that break a rule stated in `src.rules`."""
    for group, model in _RULES.items():
        values = cfg
        for key in group.split(".") if group else ():
            values = values.get(key) if values is not None else None
        if values is not None:
            try:
                model.model_validate(values)
            except ValidationError as error:
                raise ConfigError(one_line(group, error)) from error


def check_on_run(cfg: DictConfig) -> None:
    """Raise `ConfigError` for values in the `cfg` of a command on a run that break a rule."""
    try:
        RunRules.model_validate(OmegaConf.to_container(cfg, resolve=True))
    except ValidationError as error:
        raise ConfigError(one_line("", error)) from error


def check_arguments(arguments: list[str]) -> None:
    """Raise `ConfigError` for arguments that give a group no option, which Hydra meets with a traceback."""
    for argument in arguments:
        group, equals, option = argument.partition("=")
        if equals and option in ("", "null", "None") and group != "experiment" and (CONF / group).is_dir():
            raise ConfigError(f"{group}: needs an option (got {argument}); choose from {options(group)}")


def options(group: str) -> str:
    """The options of a config group, for a message."""
    known = {path.stem for path in (CONF / group).glob("*.yaml")} | _FROM_ELSEWHERE.get(group, set())
    return ", ".join(sorted(known))


def one_line(group: str, error: ValidationError) -> str:
    """The keys, the rules they break and the values received, in one line.

    Args:
        group: The config group whose keys these are, empty for those outside all groups.
        error: What pydantic found.

    Example:
        >>> try:
        ...     rules.OptimizerRules(lr=-1)
        ... except ValidationError as error:
        ...     one_line("optimizer", error)
        'optimizer.lr: input should be greater than 0 (got -1)'
    """
    messages: dict[str, list[str]] = {}
    received: dict[str, Any] = {}
    for detail in error.errors():
        path = [part for part in detail["loc"] if isinstance(part, int) or part.isidentifier()]
        top = [part for i, part in enumerate(path) if i == 0 or isinstance(part, int) or group == ""]
        key = ".".join(str(part) for part in ([group] if group else []) + top)
        unknown = detail["type"] in ("unexpected_keyword_argument", "extra_forbidden")
        message = "unknown key" if unknown else detail["msg"][0].lower() + detail["msg"][1:]
        if message not in messages.setdefault(key, []):
            messages[key].append(message)
        received[key] = detail["input"]
    return "; ".join(f"{key}: {' or '.join(found)} (got {received[key]!r})" for key, found in messages.items())


def check_keys(cfg: DictConfig, choices: dict[str, str | None], overrides: list[str]) -> None:
    """Raise `ConfigError` for keys that an experiment adds: those that the same options without it do not have.

    Args:
        cfg: The composed configuration.
        choices: The option chosen in each group.
        overrides: What the command line set; a key that it added with `+` is meant to be new.
    """
    if not choices.get("experiment"):
        return
    plain = [f"{group}={choice}" for group, choice in choices.items() if choice and not group.startswith("hydra")]
    plain = [choice for choice in plain if not choice.startswith("experiment=")]
    known = _keys(_compose_beside("train", plain))
    added = {override.lstrip("+").partition("=")[0] for override in overrides if override.startswith("+")}
    unknown = [
        key
        for key in sorted(_keys(cfg) - known)
        if not any(key == new or key.startswith(f"{new}.") for new in added) and not key.startswith(_FREE_FORM)
    ]
    if not unknown:
        return
    experiment, group = choices["experiment"], unknown[0].partition(".")[0]
    if f"{group}={choices.get(group)}" in overrides:
        keys = [key for key in unknown if key.startswith(f"{group}.")]
        raise ConfigError(
            f"{', '.join(keys)}: set by experiment={experiment}, and {group}={choices[group]} has no such key; "
            f"leave out what does not apply: {' '.join(f'~{key}' for key in keys)}"
        )
    raise ConfigError(f"{unknown[0]}: unknown key in experiment={experiment}; {suggestion(unknown[0], known)}")


def known_keys(config_name: str, arguments: list[str], with_hydra: bool = False) -> set[str]:
    """The keys that the options chosen on a command line have, its single values left aside.

    Args:
        config_name: The primary configuration, `conf/<config_name>.yaml`.
        arguments: The command line.
        with_hydra: Hydra's own keys too.
    """
    groups = [a for a in arguments if re.fullmatch(r"[a-z_/]+=[\w.-]+", a) and (CONF / a.partition("=")[0]).is_dir()]
    return _keys(_compose_beside(config_name, groups, with_hydra))


def _compose_beside(config_name: str, overrides: list[str], with_hydra: bool = False) -> DictConfig:
    """Compose a second configuration while Hydra runs a job, and leave Hydra as it was."""
    running = GlobalHydra.instance().hydra
    GlobalHydra.instance().clear()
    try:
        with initialize_config_dir(str(CONF), version_base="1.3"):
            return compose(config_name, overrides, return_hydra_config=with_hydra)
    finally:
        GlobalHydra.instance().hydra = running


def _keys(node: Any, prefix: str = "") -> set[str]:
    """Dotted names of every key below a node."""
    if not isinstance(node, DictConfig):
        return set()
    found: set[str] = set()
    for key in node:
        name = f"{prefix}{key!s}"
        found.add(name)
        child = None if OmegaConf.is_missing(node, key) else node._get_node(key)
        if isinstance(child, DictConfig | ListConfig):
            found |= _keys(child, f"{name}.")
    return found
