"""The training as a page that anybody can open: `export/replay.html`."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import lightning.pytorch as pl
from pydantic import Field

from src.callbacks.recording import Recording
from src.errors import ConfigError
from src.heads.drawing import Drawing
from src.heads.ours import ours
from src.replay.shown import check_shown
from src.settings.rules import Count, checked
from src.storage import epochs
from src.storage.files import aside
from src.storage.folders import RunFolder

log = logging.getLogger(__name__)

Epochs = Annotated[Count, Field(ge=3)]
"""Maximum number of epochs in a page; the first, the best and the last are always among them."""


class Replay(Recording):
    """Keeps copies of the weights during training, and writes them to one HTML file afterwards.

    An epoch costs only a copy. The page shows the untrained network, the best and the last epoch, and between them
    those at which the predictions change. An interrupted run has no page. The page of a resumed run begins where the
    run was resumed and is called `replay_from_epoch00200.html`.

    Args:
        most_epochs: Maximum number of epochs.
        max_bytes: Maximum size of the file; if it would be larger, fewer epochs are kept.
    """

    @checked
    def __init__(self, most_epochs: Epochs = 60, max_bytes: Count = 3_000_000) -> None:
        super().__init__(most_epochs)
        self.most_epochs, self.max_bytes = most_epochs, max_bytes

    def check(self, head: pl.LightningModule) -> None:
        """Raise `ConfigError` if a `head` does something that a page cannot show."""
        check_shown(head, "callbacks.replay")

    def on_run_end(self, trainer: pl.Trainer, drawings: Callable[[], list[Drawing]], metrics: dict[str, Any]) -> None:
        """Write the page."""
        both = ours(trainer.lightning_module, trainer.datamodule)  # type: ignore[attr-defined]
        if both is None or not trainer.is_global_zero or not self.snapshots:
            return
        from src.replay.page import Replayed, replay_page

        folder = RunFolder(Path(trainer.default_root_dir))
        history = epochs.read(folder.history) if folder.history.exists() else []
        replayed = Replayed(*both, self.snapshots, metrics["best_epoch"], history, metrics, folder.path.name)
        try:
            page = replay_page(replayed, self.most_epochs, self.max_bytes)
        except ConfigError as error:  # the run itself is fine
            log.warning("callbacks.replay.%s; no page is written", error)
            return
        path = folder.replay(self.snapshots[0].epoch)
        path.parent.mkdir(exist_ok=True)
        with aside(path) as part:
            part.write_text(page, encoding="utf-8")
