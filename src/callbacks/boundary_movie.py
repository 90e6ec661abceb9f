"""A movie of the decision boundary and of the outputs of hidden units: `plots/boundary.gif`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import lightning.pytorch as pl
from pydantic import Field

from src.callbacks.at_end import AtEnd
from src.errors import ConfigError
from src.heads.drawing import Drawing
from src.heads.ours import as_head
from src.networks.hidden import outgoing_weights
from src.replay.pacing import spread
from src.replay.snapshots import Snapshot, lent, snapshot
from src.settings.rules import Count, Natural, checked
from src.spec import DataSpec
from src.storage.files import aside
from src.storage.folders import RunFolder

_CANDIDATES = 4  # epochs recorded per frame, from which drawing chooses
_MEMORY = 256 * 2**20  # bytes of weights beyond which fewer are recorded
_SAMPLES = 6  # frames whose colours make up the palette


class BoundaryMovie(AtEnd):
    """Copies the weights during training, and draws the movie once training is over.

    An epoch costs no more than a copy: the outputs over the plane are computed when a run `draw`s its figures, outside
    the time of training. The movie shows the untrained network, the last epoch, and between them those epochs at which
    the boundary moves, each as it was at the time: without the temperature and the threshold that are found after
    training. An interrupted run has no movie. That of a resumed run begins where it was resumed and is called
    `boundary_from_epoch00200.gif`, beside the movie of the earlier epochs.

    Args:
        frames: Maximum number of frames; a short run has one per epoch.
        layer: Hidden layer whose units are shown: `first`, `last`, or its number from 1.
        max_units: Maximum number of units shown; of a larger layer, those that matter most to the next. 0 shows only
            the boundary.
    """

    @checked
    def __init__(
        self,
        frames: Count = 60,
        layer: Literal["first", "last"] | Count = "last",
        max_units: Annotated[Natural, Field(le=64)] = 16,
    ) -> None:
        self.frames, self.layer, self.max_units = frames, layer, max_units
        self.snapshots: list[Snapshot] = []
        self._due: set[int] = set()
        self._epoch = 0

    def check(self, head: pl.LightningModule) -> None:
        """Raise `ConfigError` if a `head` does not classify points of a plane, or its network has no such layer."""
        if (known := as_head(head)) is None or not known.has_boundary:
            spec = getattr(head, "spec", None)
            shape = f" and inputs of shape {'×'.join(map(str, spec.input_shape))}" if isinstance(spec, DataSpec) else ""
            raise ConfigError(
                "callbacks.boundary_movie: shows one of several classes at each point of two inputs "
                f"(got {type(head).__name__}{shape}); use callbacks=default"
            )
        num_layers = len(outgoing_weights(known.network))
        if isinstance(self.layer, int) and self.layer > num_layers:
            raise ConfigError(
                f"callbacks.boundary_movie.layer: the network has {num_layers} hidden "
                f"{'layer' if num_layers == 1 else 'layers'} (got {self.layer}); use first or last"
            )

    # Recording

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Plan which epochs to record, and record the untrained network."""
        self.snapshots = []
        size = sum(value.nbytes for value in pl_module.state_dict().values())
        count = max(self.frames, min(_CANDIDATES * self.frames, _MEMORY // max(1, size)))
        self._epoch = trainer.current_epoch
        self._due = set(spread(self._epoch, trainer.max_epochs or 0, count))
        self._record(trainer, pl_module)

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record this epoch, if it is one of those planned."""
        self._epoch = trainer.current_epoch + 1
        if self._epoch in self._due:
            self._record(trainer, pl_module)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Record the last epoch, which is not among those planned after early stopping."""
        if self.snapshots and self.snapshots[-1].epoch != self._epoch:
            self._record(trainer, pl_module)

    def _record(self, trainer: pl.Trainer, head: pl.LightningModule) -> None:
        if trainer.is_global_zero:
            self.snapshots.append(snapshot(head, self._epoch))

    # Drawing

    def on_run_end(self, trainer: pl.Trainer, drawings: Callable[[], list[Drawing]]) -> None:
        """Write the movie."""
        self.draw(trainer)

    def draw(self, trainer: pl.Trainer) -> None:
        """Write the movie of the training that a `trainer` has finished into the run's folder."""
        if not trainer.is_global_zero or not self.snapshots:
            return
        from src.plots.gif import shared_palette, to_gif
        from src.plots.movie import Movie
        from src.replay.movie import Replay

        head = as_head(trainer.lightning_module)
        assert head is not None
        with lent(head), head.as_in_training():
            datamodule = trainer.datamodule  # type: ignore[attr-defined]
            replay = Replay(head, datamodule, self.snapshots, self.frames, self.layer, self.max_units)
            movie, num = Movie(replay.scene), len(replay.frames)
            samples = sorted({round(i * (num - 1) / (_SAMPLES - 1)) for i in range(_SAMPLES)})
            palette = shared_palette([movie.frame(replay.shot(place)) for place in samples], movie.colours())
            gif = to_gif((movie.frame(replay.shot(place)) for place in range(num)), replay.seconds, palette)
        path = RunFolder(Path(trainer.default_root_dir)).movie(self.snapshots[0].epoch)
        path.parent.mkdir(exist_ok=True)
        with aside(path) as part:
            part.write_bytes(gif)
