"""Whether a training counts as solved: by the goal of the open exercise, or else by the experiment's rule."""

import math
from typing import Any

from src.errors import ConfigError
from src.play.controls import differing
from src.play.exercises import POINTS, WEIGHTS, Exercise, Solution
from src.play.points import Points
from src.play.training import Stretch


class Goal:
    """The goal of an exercise, and how far a training has come.

    Args:
        name: The exercise's name.
        exercise: The exercise.
        start: The value of each control in its scene, by key.
    """

    def __init__(self, name: str, exercise: Exercise, start: dict[str, Any]) -> None:
        self._name, self._exercise, self._start = name, exercise, start
        self._strayed: set[str] = set()
        self.begin()

    def begin(self) -> None:
        """Start again: nothing is reached."""
        self._met = [False] * len(self._exercise.solved)
        self._done = False

    def follow(self, values: dict[str, Any], points: bool, on: bool) -> None:
        """Note the settings of the next training, which goes `on` with the weights or starts from scratch.

        Args:
            values: The value of each control.
            points: Whether rows have been edited by hand.
            on: Whether a training with other settings came before, whose weights stay.
        """
        changed = [*differing(values, self._start), *([POINTS] if points else [])]
        strayed = {key for key in changed if not self._exercise.may_change(key)}
        self._strayed = strayed | (self._strayed if on else set())

    def judge(self, metrics: dict[str, float], epoch: int, stretch: Stretch) -> bool:
        """Whether the goal is reached, by the Trainer's `metrics` at the end of this `epoch` of a `stretch`."""
        if stretch.hand.edits and not self._exercise.may_change(WEIGHTS):
            self._strayed.add(WEIGHTS)
        layers = stretch.composed.values["network.hidden_dims"]
        sizes = {
            "epochs": epoch,
            "units": sum(layers),
            "units_per_layer": max(layers, default=0),
            "layers": len(layers),
            "parameters": sum(each.numel() for each in stretch.parts.head.network.parameters()),
        }
        if metrics.keys() >= {"train/accuracy", "val/accuracy"}:
            sizes["accuracy_gap"] = metrics["train/accuracy"] - metrics["val/accuracy"]
        self._met = [condition.holds({**metrics, **sizes}) for condition in self._exercise.solved]
        reached = all(self._met) and not self._strayed
        self._done = self._done or reached
        return reached

    def shown(self) -> dict[str, Any]:
        """What the page shows: the conditions that are met, and the settings that should not have been changed."""
        return {"name": self._name, "done": self._done, "met": self._met, "strayed": sorted(self._strayed)}


def points_of(solution: Solution, stretch: Stretch) -> Points:
    """The rows that a `solution` edits in the data of a `stretch`.

    Raises:
        ConfigError: The data have no such class.
    """
    points = Points()
    for edit in solution.points:
        points = points.change(edit, len(stretch.parts.head.spec.class_names))
    return points


def weights_of(solution: Solution, stretch: Stretch) -> dict[str, Any] | None:
    """The change that sets the weights of a `stretch` as a `solution` says; None if it sets none.

    Raises:
        ConfigError: The network has more weights, or fewer.
    """
    given, needed = solution.weights, sum(each.numel() for each in stretch.parts.head.network.parameters())
    if given and len(given) != needed:
        raise ConfigError(f"solution.weights: should be one for each of {needed} (got {len(given)}); list them all")
    return {"set": [list(each) for each in enumerate(given)]} if given else None


class Solved:
    """Decides whether a training has solved its problem.

    Attributes:
        goal: The goal of the open exercise.
        reached: Whether the problem has been solved since training started.
    """

    def __init__(self) -> None:
        self.goal: Goal | None = None
        self.reached = False

    def begin(self) -> None:
        """Start again, because training does, or because the rule has changed."""
        self.reached = False
        if self.goal is not None:
            self.goal.begin()

    def judge(self, metrics: dict[str, float], epoch: int, stretch: Stretch) -> str | None:
        """What the page is told at the end of an `epoch` of a `stretch`, if by its `metrics` it is now solved."""
        if self.goal is not None:
            solved = self.goal.judge(metrics, epoch, stretch)
        else:
            least, accuracy = stretch.composed.cfg.solved.at_least, metrics.get("val/accuracy")
            solved = least is not None and accuracy is not None and accuracy >= least
        newly = solved and not self.reached
        self.reached = self.reached or solved
        return ("solved" if self.goal is None else "done") if newly else None

    def diverged(self, epoch: int, stretch: Stretch) -> None:
        """Judge a `stretch` of training whose loss is no longer a finite number, after this `epoch`."""
        self.judge({"train/loss": math.inf}, epoch, stretch)
