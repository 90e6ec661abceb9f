"""What loggers of other services need besides Lightning's own calls: a connection, pictures, and an end."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from lightning.pytorch import loggers
from lightning.pytorch.loggers import Logger

from src.errors import ConfigError
from src.storage.files import OF_THE_DISK

TakePicture = Callable[[str, bytes, tuple[int, int], int], None]
"""Takes a picture's tag, its PNG, its width and height in pixels, and the optimiser steps so far."""

_RETRIES = "MLFLOW_HTTP_REQUEST_MAX_RETRIES"


def contact(logger: Logger, place: str) -> None:
    """Have a `logger` connect to its service, before anything is trained.

    Args:
        logger: A run's logger.
        place: Its key in the configuration, such as `logger.wandb`.

    Raises:
        ConfigError: It cannot, for instance because nobody is logged in or a server does not answer.
        OSError: The disk is full or refuses.
    """
    try:
        with _soon_refused():
            _ = getattr(logger, "experiment", None)
    except Exception as error:  # each service raises errors of its own
        if isinstance(error, OSError) and error.errno in OF_THE_DISK:
            raise
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ConfigError(
            f"{place}: {type(logger).__name__} cannot start ({reason}); check its keys, or leave it out with ~{place}"
        ) from error


@contextmanager
def _soon_refused() -> Iterator[None]:
    """Inside the block, MLflow tries a server that does not answer only twice, not for minutes."""
    before = os.environ.get(_RETRIES)
    os.environ.setdefault(_RETRIES, "1")
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(_RETRIES, None)


def picture_taker(logger: Any) -> TakePicture | None:
    """A function that sends a picture to a `logger`; None if it takes none, like Lightning's CSVLogger."""
    if hasattr(logger, "log_picture"):
        taker: TakePicture = logger.log_picture
        return taker
    if hasattr(logger, "log_image"):
        return lambda tag, png, size, step: logger.log_image(tag, [_opened(png)], step)
    if isinstance(logger, loggers.MLFlowLogger):
        return lambda tag, png, size, step: logger.experiment.log_image(logger.run_id, _opened(png), f"{tag}.png")
    if isinstance(logger, loggers.TensorBoardLogger):
        return lambda tag, png, size, step: logger.experiment.add_image(tag, _pixels(png), step, dataformats="HWC")
    return None


def _opened(png: bytes) -> Any:
    from PIL import Image

    return Image.open(io.BytesIO(png))


def _pixels(png: bytes) -> Any:
    import numpy as np

    return np.asarray(_opened(png).convert("RGB"))


def close(logger: Logger) -> None:
    """End the run at a `logger`'s service, which would otherwise also record the next run of this process."""
    if isinstance(logger, loggers.WandbLogger) and sys.modules["wandb"].run is not None:
        sys.modules["wandb"].finish()
