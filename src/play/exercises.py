"""Exercises: each a YAML file with a scene, a goal and a question, which a teacher writes."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from src.errors import ConfigError, choice
from src.play.controls import BY_KEY, ENDS, checked
from src.settings.rules import Natural, Number, broken
from src.settings.wording import one_line
from src.trust.plain import read_yaml

Metric = Literal[
    "train/loss",
    "train/accuracy",
    "val/loss",
    "val/accuracy",
    "accuracy_gap",
    "epochs",
    "units",
    "units_per_layer",
    "layers",
    "parameters",
]
"""What a goal can be about. The scores are the Trainer's, at the end of an epoch; a training that has diverged has an
infinite `train/loss`. `accuracy_gap` is the training accuracy minus the validation accuracy; `units` are the hidden
ones, all together, and `units_per_layer` those of the widest hidden layer."""

POINTS, WEIGHTS = "points", "weights"
"""Among the keys that may be changed, these stand for rows that are added, dragged or erased, and for weights that are
set or frozen."""

_MOST = 100  # exercises in a folder
_NAME = re.compile(r"(?:\d+_)?([a-z][a-z0-9_]{0,59})")
Text = Annotated[str, Field(min_length=1, max_length=1500)]
Line = Annotated[str, Field(min_length=1, max_length=120)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Condition(_Part):
    """A bound for a metric, as in the `solved` rule of an experiment."""

    metric: Metric
    at_least: Number | None = None
    at_most: Number | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise broken("Input should have at_least or at_most")
        return self

    def holds(self, metrics: dict[str, float]) -> bool:
        """Whether `metrics` fulfil it; without its metric they do not."""
        value = metrics.get(self.metric)
        if value is None:
            return False
        return (self.at_least is None or value >= self.at_least) and (self.at_most is None or value <= self.at_most)


class Solution(_Part):
    """What is changed before training, and the number of epochs after which the goal is reached.

    Attributes:
        set: Settings.
        points: Changes of training rows, as the page makes them: `{move: [row, x1, x2]}`, `{add: [x1, x2, class]}` or
            `{erase: [row]}`; rows and classes are numbered from 0.
        weights: All weights and biases, in the order in which the page lists them; without them, training begins as
            the seed says.
        epochs: The number of epochs; 0 only if there are weights.
    """

    set: dict[str, Any] = {}
    points: Annotated[list[dict[Literal["add", "move", "erase"], list[Number]]], Field(max_length=100)] = []
    weights: Annotated[list[Annotated[Number, Field(ge=-1000, le=1000)]], Field(max_length=100)] = []
    epochs: Natural = 0

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        if not self.epochs and not self.weights:
            raise ConfigError("solution: should train or set weights; add epochs: 50, for example")
        return self


def _several(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


class Exercise(_Part):
    """What an exercise file says.

    Attributes:
        title: Its title.
        text: The task.
        scene: The settings to begin with, by the keys of the page.
        change: The settings that may be changed, with `points` for rows and `weights` for weights by hand; those that
            only decide when training ends always may.
        solved: The goal: conditions that hold at the end of the same epoch.
        question: What to predict before training.
        choices: The possible predictions.
        right: The right one of the `choices`.
        answer: Shown once the goal is reached.
        solution: One way to reach the goal.
    """

    title: Line
    text: Text
    scene: dict[str, Any]
    change: Annotated[list[str], Field(min_length=1)]
    solved: Annotated[list[Condition], BeforeValidator(_several), Field(min_length=1, max_length=6)]
    question: Text
    choices: Annotated[list[Line], Field(min_length=2, max_length=6)]
    right: Line
    answer: Text
    solution: Solution

    def may_change(self, key: str) -> bool:
        """Whether the setting `key` may be changed; a group's own settings may if the group may."""
        return key in ENDS or any(key == each or key.startswith(f"{each}.") for each in self.change)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.right not in self.choices:
            raise ConfigError(f"right: should be one of the choices (got {self.right!r}); copy one of them")
        for key in self.change:
            if key not in (*BY_KEY, POINTS, WEIGHTS):
                raise ConfigError(f"change: there is no setting {key!r:.60}; {choice(key, [*BY_KEY, POINTS, WEIGHTS])}")
        if "experiment" not in self.scene:
            raise ConfigError("scene: should name a dataset; add experiment: xor, for example")
        checked(self.scene)
        checked(self.solution.set)
        by_hand = {POINTS: self.solution.points, WEIGHTS: self.solution.weights}
        for key in (*self.solution.set, *(key for key, changes in by_hand.items() if changes)):
            if not self.may_change(key):
                raise ConfigError(f"solution: sets {key}, which may not be changed; add it to change")
        return self


def read_exercises(folder: Path) -> dict[str, Exercise]:
    """The exercises of a `folder` by name, in the order of its files, whose names may begin with a number.

    Raises:
        ConfigError: There is no such folder, or a file does not work; the line names it.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        reason = "contains no exercise, NAME.yaml" if folder.is_dir() else "there is no such folder"
        raise ConfigError(f"exercises: {reason} (got {str(folder)!r}); name a folder of exercises")
    if len(paths) > _MOST:
        raise ConfigError(
            f"exercises: {folder} has {len(paths)} files, and the page lists {_MOST}; use several folders"
        )
    found: dict[str, Exercise] = {}
    for path in paths:
        name = _NAME.fullmatch(path.stem)
        if name is None or name[1] in found:
            reason = "two files have this name" if name else "should consist of small letters, digits and _"
            raise ConfigError(f"{path}: the name of an exercise: {reason}; rename the file")
        found[name[1]] = _read(path)
    return found


def _read(path: Path) -> Exercise:
    content = read_yaml(path)
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: should have keys such as title and scene (got {type(content).__name__}); add them")
    try:
        return Exercise.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {one_line('', error)}") from error
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from error


def listed(exercises: dict[str, Exercise]) -> dict[str, Any]:
    """What a page is told of the `exercises`: all but their scenes and solutions."""
    return {name: exercise.model_dump(exclude={"scene", "solution"}) for name, exercise in exercises.items()}


def named(exercises: dict[str, Exercise], name: Any) -> Exercise:
    """The one of the `exercises` that a page requests by its `name`, which may be anything.

    Raises:
        ConfigError: There is none of that name.
    """
    if not isinstance(name, str) or name not in exercises:
        raise ConfigError(f"exercise: there is no exercise {name!r:.60}; {choice(str(name)[:60], exercises)}")
    return exercises[name]
