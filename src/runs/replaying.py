"""A finished run as a page that replays its training, for which the training is repeated."""

import logging
import tempfile
from pathlib import Path
from typing import Any

import torch
from omegaconf import DictConfig, OmegaConf

from src import interrupts
from src.building.build import build
from src.callbacks.recording import Recording
from src.errors import ConfigError, InterruptedRunError
from src.replay.shown import check_shown
from src.replay.snapshots import Snapshot
from src.runs.opening import OpenRun
from src.runs.training import Run
from src.storage.epochs import read
from src.storage.folders import RunFolder
from src.trust.checkpoints import read_checkpoint
from src.trust.plain import read_json

log = logging.getLogger(__name__)

_WITHOUT = "figures", "importance", "boundary_movie", "replay", "progress_bar"  # none of them changes a training
_CLOSE = 1e-3  # difference between weights that rounding alone explains


class _Rerun(Run):
    """A training in a temporary folder, which cannot be resumed."""

    def interrupted(self, when: str, error: KeyboardInterrupt) -> InterruptedRunError:
        """An error that says `when` it was interrupted."""
        return InterruptedRunError(f"interrupted {when}; nothing is written", interrupts.exit_code(error))


def replay_of(opened: OpenRun, most_epochs: int, max_bytes: int) -> str:
    """The page of a finished run.

    A run keeps the weights of two epochs; those of the others are found by repeating the training with the same seed.

    Args:
        opened: The run.
        most_epochs: Maximum number of epochs.
        max_bytes: Maximum size of the page.

    Raises:
        ConfigError: The run has not finished, its data have changed, a page cannot show it, or too few epochs fit.
        InterruptedRunError: Ctrl-C or another signal.
    """
    from src.replay.page import Replayed, replay_page  # imports Matplotlib, for its colours

    folder = RunFolder(opened.folder)
    check_shown(opened.head, "format=replay")
    if not folder.finished:
        raise ConfigError(
            f"run: {opened.folder} has not finished, so its training cannot be replayed; resume it with "
            f"python -m src.train resume={opened.folder}"
        )
    opened.check_data(refuse=True)
    metrics = dict(read_json(folder.metrics))
    best_epoch = int(metrics["best_epoch"])
    history = read(folder.history) if folder.history.exists() else []
    snapshots = _trained_again(opened, most_epochs)
    repeated = _differs(folder, snapshots[-1], int(metrics["epochs"]))
    if repeated:
        log.warning(
            "replay: repeating the training gave different weights, so the page shows the repetition and, at its end, "
            "the run's own weights; train with callbacks=replay for a page of the original training"
        )
    name, rows = opened.folder.name, opened.datamodule
    return replay_page(
        Replayed(opened.head.cpu(), rows, snapshots, best_epoch, history, metrics, name, repeated),
        most_epochs,
        max_bytes,
    )


def _trained_again(opened: OpenRun, most_epochs: int) -> list[Snapshot]:
    """The weights of the run's epochs."""
    cfg: Any = OmegaConf.to_container(opened.cfg, resolve=True)
    cfg["resume"], cfg["logger"] = None, {}
    for name in _WITHOUT:
        cfg["callbacks"].pop(name, None)
    log.info("training %s again, for the weights of its epochs", opened.folder)
    with tempfile.TemporaryDirectory() as place:
        run = _Rerun(DictConfig(cfg), Path(place), build(DictConfig(cfg), Path(place)))
        recording = Recording(most_epochs)
        run.parts.trainer.callbacks.append(recording)  # type: ignore[attr-defined]
        run.fit()
    return recording.snapshots


def _differs(folder: RunFolder, last: Snapshot, epochs: int) -> bool:
    """Whether the `last` weights of the repeated training differ from those in a run's folder."""
    if last.epoch != epochs:
        return True
    if not folder.last_checkpoint.exists():
        return False
    own = read_checkpoint(folder.last_checkpoint)["state_dict"]
    return any(not torch.allclose(own[name].cpu(), last.weights[name].cpu(), rtol=_CLOSE, atol=_CLOSE) for name in own)
