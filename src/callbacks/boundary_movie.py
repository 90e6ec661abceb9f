"""A movie of the decision boundary and of the outputs of hidden units: `plots/boundary.gif`."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

import lightning.pytorch as pl
from pydantic import Field

from src.callbacks.recording import Recording
from src.errors import ConfigError
from src.heads.drawing import Drawing
from src.heads.ours import as_head
from src.networks.hidden import outgoing_weights
from src.replay.snapshots import lent
from src.settings.rules import Count, Natural, checked
from src.spec import DataSpec
from src.storage.files import aside
from src.storage.folders import RunFolder

_SAMPLES = 6  # frames whose colours make up the palette


class BoundaryMovie(Recording):
    """Copies the weights during training, and draws the movie once training is over.

    An epoch costs only a copy: the outputs over the plane are computed when a run `draw`s its figures, after training.
    The movie shows the untrained network, the last epoch, and between them those epochs at which the boundary moves,
    each as it was at the time: without the temperature and the threshold that are chosen after training. An interrupted
    run has no movie. The movie of a resumed run begins where the run was resumed and is called
    `boundary_from_epoch00200.gif`, next to the movie of the earlier epochs.

    Args:
        frames: Maximum number of frames; a short run has one per epoch.
        layer: Hidden layer whose units are shown: `first`, `last`, or its number from 1.
        max_units: Maximum number of units shown; in a larger layer, those that matter most to the next layer. 0 shows
            only the boundary.
    """

    @checked
    def __init__(
        self,
        frames: Count = 60,
        layer: Literal["first", "last"] | Count = "last",
        max_units: Annotated[Natural, Field(le=64)] = 16,
    ) -> None:
        super().__init__(frames)
        self.frames, self.layer, self.max_units = frames, layer, max_units

    def check(self, head: pl.LightningModule) -> None:
        """Raise `ConfigError` if a `head` does not classify points of a plane, or if its network lacks the layer."""
        if (known := as_head(head)) is None or not known.has_boundary:
            spec = getattr(head, "spec", None)
            shape = f" and inputs of shape {'×'.join(map(str, spec.input_shape))}" if isinstance(spec, DataSpec) else ""
            raise ConfigError(
                "callbacks.boundary_movie: needs two inputs and one class for each point "
                f"(got {type(head).__name__}{shape}); use callbacks=default"
            )
        num_layers = len(outgoing_weights(known.network))
        if isinstance(self.layer, int) and self.layer > num_layers:
            raise ConfigError(
                f"callbacks.boundary_movie.layer: the network has {num_layers} hidden "
                f"{'layer' if num_layers == 1 else 'layers'} (got {self.layer}); use first or last"
            )

    def on_run_end(self, trainer: pl.Trainer, drawings: Callable[[], list[Drawing]], metrics: dict[str, Any]) -> None:
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
