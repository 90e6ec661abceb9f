"""How fast a training is shown: as in the movie, the more predictions change in an epoch, the longer it takes."""

from typing import Any

import torch
from torch import Tensor

from src.data.base import InMemoryDataModule
from src.heads.base import Head
from src.replay.choosing import changes
from src.replay.scene import survey_points

_LENGTH = 18.0  # seconds of all planned epochs if nothing changed
_CHANGING = 22.0  # seconds to show a change of all predictions from one class to another
_LONGEST = 0.5  # seconds per epoch at most
_ACROSS = 30  # points along each side of the plane


class Pace:
    """The duration of the next epoch, in seconds, from how much the last one changed.

    Args:
        epochs: Number of planned epochs.
        data: The dataset, over whose rows predictions are compared.

    Attributes:
        seconds: Duration of the next epoch.
    """

    def __init__(self, epochs: int, data: InMemoryDataModule) -> None:
        self._shortest = min(_LENGTH / epochs, _LONGEST)
        self._points = survey_points(data, _ACROSS)
        self._last: Tensor | None = None
        self.seconds = max(self._shortest, _LONGEST / 2)

    @torch.no_grad()
    def epoch_done(self, head: Head) -> None:
        """Compare the predictions of a `head` with those after the last epoch."""
        said: Any = head.estimates(head(self._points)).float().reshape(len(self._points), -1)
        if self._last is not None:
            changed = changes([self._last, said])[1].item()
            self.seconds = min(max(self._shortest, self._shortest * 0.5 + _CHANGING * changed), _LONGEST)
        self._last = said
