"""What was trained on the page, kept for a replay: copies of the weights after some epochs."""

import base64
from typing import Any

from src.errors import ConfigError
from src.heads.base import Head
from src.heads.drawing import Moment, record
from src.play.training import Stretch
from src.plots.style import to_png
from src.replay.frame import scores_of
from src.replay.page import Replayed, replay_page
from src.replay.snapshots import Snapshot, lent, snapshot

_MOST = 120  # snapshots; beyond that, every second one is dropped
_MOST_EPOCHS, _MOST_BYTES = 60, 1_000_000  # of a page in a notebook, which is saved and sent with all its outputs


class Kept:
    """Copies of a head's weights after its epochs, thinned out if there are many.

    Attributes:
        snapshots: The copies, in order of their epochs: always the first and the last.
    """

    def __init__(self) -> None:
        self.snapshots: list[Snapshot] = []

    def add(self, head: Head, epoch: int) -> None:
        """Copy the weights of a `head` after this `epoch`; epoch 0 begins a new training."""
        before = [] if epoch == 0 else [each for each in self.snapshots if each.epoch < epoch]
        if len(before) >= _MOST:
            before = before[::2]
        self.snapshots = [*before, snapshot(head, epoch)]

    def replay(self, stretch: Stretch, rows: list[dict[str, float]], with_test: bool) -> dict[str, Any]:
        """The message with a replay of the training so far: its page, and a picture of its last complete epoch.

        Args:
            stretch: The training.
            rows: The scores of each epoch.
            with_test: Whether the page may show test rows.

        Returns:
            A message whose page is null if there is no complete epoch yet, or if a page would be too large.
        """
        head, data = stretch.parts.head, stretch.parts.datamodule
        if len(self.snapshots) < 2:
            return {"type": "replay", "page": None}
        last, was_training = self.snapshots[-1], head.training
        with lent(head):
            head.eval().load_state_dict(last.weights)
            scores = {split: head.evaluate(data.whole(split)) for split in ("train", "val")}
            metrics = {f"{split}/{name}": value for split in scores for name, value in scores_of(scores[split]).items()}
            named = Replayed(
                head, data, self.snapshots, last.epoch, rows, metrics, "trained in a notebook", with_test=with_test
            )
            message = {"type": "replay", "page": _page(named), "picture": _picture(named)}
        head.train(was_training)
        return message


def _page(replayed: Replayed) -> str | None:
    try:
        return replay_page(replayed, _MOST_EPOCHS, _MOST_BYTES)
    except ConfigError:  # not even three epochs fit
        return None


def _picture(replayed: Replayed) -> str:
    """The boundary over training and validation rows, as a PNG in base 64."""
    panels = record(replayed.head, replayed.data, ("train", "val"), Moment(0, replayed.best_epoch))
    boundary = next(drawing for drawing in panels if drawing.tag == "boundary")
    return base64.b64encode(to_png(boundary.draw())[0]).decode()
