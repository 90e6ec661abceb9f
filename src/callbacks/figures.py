"""When a run draws its figures, and where they go: `plots/*.png` and the loggers."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
from torch import Tensor

from src.callbacks.at_end import AtEnd
from src.callbacks.drawn_ahead import Picture, begun
from src.heads.drawing import Drawing, Moment, record
from src.heads.ours import ours
from src.loggers.trackers import picture_taker
from src.replay.snapshots import as_vector, lent, take_vector
from src.settings.pictures import PNG, Dpi, Format, Pictures
from src.settings.rules import Count, NonNegative, checked
from src.storage.files import aside
from src.storage.folders import RunFolder
from src.storage.throttle import Throttle

_Begun = tuple[Drawing, Callable[[], Picture]]  # a figure, and what waits until it is drawn


class Figures(AtEnd):
    """Draws figures of training and validation every few epochs, and of the test split once at the end.

    What a figure shows is recorded at its epoch, which costs a forward pass. Drawing it takes a hundred times longer,
    so it waits until a pause has passed since the last drawing, or until training is over. Checkpoints keep the weights
    of these epochs, so that a killed run draws its pending figures when it is resumed.

    Args:
        every_n_epochs: Epochs between figures; null draws only at the end.
        seconds_between_drawings: The pause, in seconds.
        dpi: Pixels per inch, `plots.dpi`.
        format: Format of the files, `plots.format`: `png`, `svg` or `pdf`.
    """

    @checked
    def __init__(
        self,
        every_n_epochs: Count | None = 50,
        seconds_between_drawings: NonNegative = 10.0,
        dpi: Dpi = 100,
        format: Format = "png",
    ) -> None:
        self.every_n_epochs, self.pictures = every_n_epochs, Pictures(dpi=dpi, format=format)
        self._throttle = Throttle(seconds_between_drawings)
        self._waiting: list[_Begun] = []
        self._weights: list[tuple[int, int, Tensor]] = []  # step, epoch and weights of pending figures
        self._resumed: list[tuple[int, int, Tensor]] = []

    def state_dict(self) -> dict[str, Any]:
        """The weights [P] of the epochs with pending figures; empty if there are none."""
        return {"weights": list(self._weights)} if self._weights else {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the figures that were pending when the checkpoint was written."""
        self._resumed = state_dict["weights"]

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begin the first pause."""
        self._throttle.restart()
        self._record_resumed(trainer, pl_module)

    def on_fit_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the figures of a run that was resumed after its last epoch and had nothing left to train."""
        self._record_resumed(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record what this epoch's figures show."""
        epoch = trainer.current_epoch + 1
        if not self.every_n_epochs or epoch % self.every_n_epochs or epoch == trainer.max_epochs:
            return
        if self._record(trainer, pl_module, Moment(trainer.global_step, epoch)) and self._throttle.due():
            self.draw(trainer)

    def _record(self, trainer: pl.Trainer, module: pl.LightningModule, moment: Moment) -> bool:
        if (found := ours(module, trainer.datamodule)) is None:  # type: ignore[attr-defined]
            return False  # only drawing it shows whether a figure changed
        head, datamodule = found
        assert moment.epoch is not None
        training = module.training
        module.eval()
        self._waiting += self._begun(trainer, record(head, datamodule, ("train", "val"), moment))
        module.train(training)
        self._weights.append((moment.step, moment.epoch, as_vector(module)))
        return True

    def _record_resumed(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        resumed, self._resumed = self._resumed, []
        for step, epoch, weights in resumed:
            with lent(module):
                take_vector(module, weights)
                self._record(trainer, module, Moment(step, epoch))

    def on_run_end(self, trainer: pl.Trainer, drawings: Callable[[], list[Drawing]], metrics: dict[str, Any]) -> None:
        """Draw all pending figures and the final ones."""
        self.draw(trainer, drawings())

    def draw(self, trainer: pl.Trainer, more: Iterable[Drawing] = ()) -> None:
        """Draw all pending figures and `more` into the folder and the loggers of the `trainer`."""
        waiting, self._waiting, self._weights = self._waiting + self._begun(trainer, more), [], []
        if trainer.is_global_zero:
            _write(waiting, RunFolder(Path(trainer.default_root_dir)).plots, trainer.loggers, self.pictures)

    def _begun(self, trainer: pl.Trainer, drawings: Iterable[Drawing]) -> list[_Begun]:
        return _begin(drawings, trainer.loggers, self.pictures) if trainer.is_global_zero else []


def save(drawings: list[Drawing], folder: Path, loggers: list[Any], pictures: Pictures = PNG) -> None:
    """Draw each of the drawings into a folder and into each of the loggers that accept images.

    Args:
        drawings: Each goes to `<folder>/<file_stem>.png`, or to a file of another format.
        folder: Created if it does not exist.
        loggers: Those that accept images get a PNG, whatever the format of the files.
        pictures: Format of the files.
    """
    _write(_begin(drawings, loggers, pictures), folder, loggers, pictures)


def _begin(drawings: Iterable[Drawing], loggers: list[Any], pictures: Pictures) -> list[_Begun]:
    with_png = any(map(picture_taker, loggers))
    return [(drawing, begun(drawing.draw, pictures, with_png)) for drawing in drawings]


def _write(waiting: list[_Begun], folder: Path, loggers: list[Any], pictures: Pictures) -> None:
    takers = [taker for taker in map(picture_taker, loggers) if taker is not None]
    for drawing, wait in waiting:
        drawn = wait()
        folder.mkdir(exist_ok=True)
        with aside(folder / f"{drawing.file_stem}{pictures.suffix}") as part:
            part.write_bytes(drawn.file)
        for take_picture in takers:
            take_picture(drawing.tag, drawn.png, drawn.size, drawing.step)
