"""Repeating a training: what was changed by hand is changed again at the same steps, and it ends where it ended."""

from collections.abc import Sequence
from typing import Any

from src.errors import ConfigError
from src.play.hand import Hand
from src.play.training import State, Watch


class Reached(BaseException):
    """Ends a training where it ended before."""


class Repeating(Watch):
    """Changes weights at the steps at which they were changed before.

    Args:
        hand: Changes the weights.
        edits: The changes, as `Edit.as_json` writes them.
        start: Where training begins; None if from scratch.
    """

    def __init__(self, hand: Hand, edits: Sequence[dict[str, Any]], start: State | None) -> None:
        self._hand, self._edits = hand, list(edits)
        self._epochs, self._steps = (0, 0) if start is None else (start.epoch, start.steps)

    @property
    def each_step(self) -> bool:
        """Whether a change is still to come, before which no step may be missed."""
        return bool(self._edits)

    def begins(self) -> None:
        """Make the changes before the first step."""
        self._reach()

    def steps_done(self, num_steps: int) -> None:
        """Make the changes within an epoch."""
        self._steps += num_steps
        self._reach()

    def epoch_done(self, metrics: dict[str, float]) -> None:
        """Make the changes between two epochs."""
        self._epochs += 1
        self._reach()

    def _reach(self) -> None:
        here = self._epochs, self._steps
        while self._edits and (self._edits[0]["epochs"], self._edits[0]["steps"]) == here:
            edit = self._edits.pop(0)
            self._hand.change({key: value for key, value in edit.items() if key not in ("epochs", "steps")}, *here)


class Until(Repeating):
    """The same, and ends the training by raising `Reached`.

    Args:
        end: The total number of epochs and of steps after which it ends.
        *parts: Arguments of `Repeating`, in order.
    """

    def __init__(self, end: tuple[int, int], *parts: Any) -> None:
        super().__init__(*parts)
        self._end = end

    @property
    def each_step(self) -> bool:
        """Whether to be notified of each step, of which one may be the last."""
        return True

    def _reach(self) -> None:
        super()._reach()
        if (self._epochs, self._steps) == self._end and not self._edits:
            raise Reached
        if self._epochs > self._end[0]:
            raise ConfigError(
                f"journal: no epoch {self._end[0]} ends or stops after a total of {self._end[1]} steps, "
                "with all changes of weights made; the journal or the project has changed"
            )
