"""The settings of the server itself."""

from typing import Annotated

from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from src.errors import ConfigError
from src.settings.rules import Whole
from src.settings.wording import one_line


class PlayRules(BaseModel):
    """The keys of `src.play`."""

    model_config = ConfigDict(extra="allow")
    port: Annotated[Whole, Field(ge=0, le=65535)]
    open: Annotated[bool, Field(strict=True)]
    runs_dir: Annotated[str, Field(min_length=1)]
    journal: Annotated[str, Field(min_length=1)] | None


def check(cfg: DictConfig) -> None:
    """Raise `ConfigError` for values in `cfg` that break a rule."""
    try:
        PlayRules.model_validate(OmegaConf.to_container(cfg, resolve=True))
    except ValidationError as error:
        raise ConfigError(one_line("", error)) from error
