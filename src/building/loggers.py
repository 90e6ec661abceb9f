"""The loggers of a configuration, writing to the run's folder unless told otherwise."""

import inspect
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from omegaconf import DictConfig, OmegaConf

from src.building.making import make
from src.errors import ConfigError
from src.trust import targets

_SQLITE = "sqlite:///"
_NEEDED = {"WandbLogger": "wandb", "MLFlowLogger": "mlflow-skinny sqlalchemy alembic"}
"""What to install for a logger, by its class."""


def make_loggers(cfg: DictConfig, folder: Path, leave_out: tuple[type, ...] = ()) -> dict[str, Any]:
    """The loggers of a configuration, by their places in it.

    Args:
        cfg: The composed configuration.
        folder: The run's folder.
        leave_out: Classes of loggers to leave out.

    Raises:
        ConfigError: A constructor refuses a value, or a package is not installed.
    """
    places = [f"logger.{name}" for name, node in cfg.logger.items() if node is not None]
    kept = [place for place in places if not (leave_out and issubclass(targets.find(cfg, place), leave_out))]
    return {place: _made(cfg, place, folder) for place in kept}


def _made(cfg: DictConfig, place: str, folder: Path) -> Any:
    """A logger that writes to the run's folder unless its `folder` (ours) or `save_dir` (Lightning's) is set."""
    kind = targets.find(cfg, place)
    parameters = inspect.signature(kind).parameters
    settings = OmegaConf.select(cfg, place)
    where: dict[str, Any] = {key: folder for key in ("folder", "save_dir") if key in parameters and key not in settings}
    uri = str(settings.get("tracking_uri"))
    if uri.startswith(_SQLITE) and settings.get("artifact_location") is None:  # else MLflow writes to ./mlruns
        where["artifact_location"] = str(Path(uri.removeprefix(_SQLITE)).with_suffix("").absolute())
    try:
        logger = make(cfg, place, **where)
    except ConfigError as error:
        if isinstance(error.__cause__, ModuleNotFoundError):
            needed = _NEEDED.get(kind.__name__, error.__cause__.name or "another package")
            remedy = f"{kind.__name__} needs {needed.split()[0]}; pip install {needed}"
            raise ConfigError(f"{place}: {remedy}") from error
        raise
    if isinstance(logger, pl.loggers.CSVLogger) and Path(logger.log_dir).resolve() == folder.resolve():
        raise ConfigError(
            f"{place}: its file would overwrite the run's own table of epochs (got name={logger.name!r}, "
            f"version={logger.version!r}); set {place}.name=csv"
        )
    return logger
