"""The settings of the server itself."""

from typing import Annotated

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from src.errors import ConfigError
from src.settings.rules import Whole
from src.settings.wording import one_line

_TABLE = "src.data.tabular.file.TableFile"
_OF_RUN = "run", "data_dir", "trust"
_OF_SERVER = "port", "open", "runs_dir"
_OF_TABLE = "data", "head", "seed"


class PlayRules(BaseModel):
    """The keys of `src.play`."""

    model_config = ConfigDict(extra="allow")
    run: Annotated[str, Field(min_length=1)] | None
    data_dir: Annotated[str, Field(min_length=1)] | None
    port: Annotated[Whole, Field(ge=0, le=65535)]
    open: Annotated[bool, Field(strict=True)]
    runs_dir: Annotated[str, Field(min_length=1)]
    journal: Annotated[str, Field(min_length=1)] | None
    exercises: Annotated[str, Field(min_length=1)] | None
    exercise: Annotated[str, Field(min_length=1)] | None


def check(cfg: DictConfig) -> None:
    """Raise `ConfigError` for values in `cfg` that break a rule."""
    try:
        PlayRules.model_validate(OmegaConf.to_container(cfg, resolve=True))
    except ValidationError as error:
        raise ConfigError(one_line("", error)) from error


def check_run(cfg: DictConfig, words: list[str]) -> None:
    """Raise `ConfigError` for `words` of the command, composed as `cfg`, that need a run or do not go with one."""
    keys = {word.partition("=")[0].lstrip("+~"): word for word in words}
    known = {*_OF_RUN, *_OF_SERVER}
    if cfg.run is None and (useless := [keys[key] for key in _OF_RUN[1:] if key in keys]):
        raise ConfigError(f"run: {useless[0]} is about a finished run, and none is named; add run=…")
    if cfg.run is not None and (useless := [word for key, word in keys.items() if key not in known]):
        raise ConfigError(f"run: the page of a finished run has its own data (got {useless[0]}); leave one of them out")


def of_table(cfg: DictConfig, words: list[str]) -> list[str]:
    """Those `words` of the command, composed as `cfg`, that name a table of one's own; none if there is none.

    Raises:
        ConfigError: They name other data.
    """
    keys = [word.partition("=")[0].lstrip("+~") for word in words]
    if cfg.data._target_ != _TABLE:
        raise ConfigError("data: the page offers its datasets itself, and a table with data.path=…; leave data=… out")
    if not any(key.startswith("data.") for key in keys):
        return []
    named = zip(words, keys, strict=True)
    return [word for word, key in named if key != "data" and key.partition(".")[0] in _OF_TABLE]
