"""Replaying a training: from copies of its weights to the frames of a movie."""

from typing import Any, Literal, NamedTuple

import torch
from torch import Tensor

from src.data.base import InMemoryDataModule
from src.data.scene import Scene as Shown
from src.heads.base import Head
from src.networks.hidden import hidden_activations, outgoing_weights
from src.plots.movie import Scene, Shot, Units
from src.plots.panel import Scale
from src.plots.plane import Plane, plane_around
from src.plots.units import scales
from src.replay.choosing import changes
from src.replay.pacing import durations, paced
from src.replay.snapshots import Snapshot

_COARSE, _FINE = 40, 100  # points along a side of the plane, for choosing frames and for drawing them


class Seen(NamedTuple):
    """A network's outputs over a plane: probabilities [R * R, C], activations [R * R, U] and their weights [O, U]."""

    probabilities: Tensor
    activations: Tensor
    weights: Tensor


class Replay:
    """The frames of a movie: the snapshots between which the boundary moves, and what each shows.

    Args:
        head: The head, which loads the weights of one snapshot after another and must therefore be `lent`.
        datamodule: The dataset.
        snapshots: Snapshots in order of their epochs.
        num_frames: Maximum number of frames.
        layer: Hidden layer whose units are shown: `first`, `last`, or its number from 1.
        max_units: Maximum number of units; if there are more, those that matter most to the next layer at the end.

    Attributes:
        frames: The snapshots to show.
        seconds: How long each is shown.
        scene: What all frames share.
    """

    def __init__(
        self,
        head: Head,
        datamodule: InMemoryDataModule,
        snapshots: list[Snapshot],
        num_frames: int,
        layer: Literal["first", "last"] | int,
        max_units: int,
    ) -> None:
        self._shown: Any = slice(None)
        self._head, self._datamodule = head.eval(), datamodule
        self._num_layers = len(outgoing_weights(head.network))
        self._layer = layer if isinstance(layer, int) else {"first": 1, "last": self._num_layers}[layer]
        rows = datamodule.splits.train
        scene = Shown(datamodule, {"train split": "train"})
        self._plane, coarse = (plane_around(rows.x, points, scene.to_scale) for points in (_FINE, _COARSE))
        last = self._seen(snapshots[-1], coarse)
        self._total, self._shown = last.activations.shape[1], _loudest(last, max_units)
        survey = [self._seen(each, coarse) for each in snapshots]
        self._heaviest = max([1e-6, *(size for seen in survey for size in _sizes(seen).tolist())])
        places = paced(changes([seen.probabilities for seen in survey]), num_frames)
        self.frames = [snapshots[place] for place in places]
        self.seconds = durations(changes([survey[place].probabilities for place in places]))
        scores = [self._scores(each) for each in self.frames]
        self._accuracies = [score["accuracy"] for score in scores]
        self.scene = Scene(
            self._plane,
            rows,
            head.spec.class_names,
            scene.axes,
            head.threshold,
            [each.epoch for each in self.frames],
            [score["loss"] for score in scores],
            self._units(torch.stack([seen.activations for seen in survey])) if len(self._shown) else None,
        )

    def shot(self, place: int) -> Shot:
        """What the frame with index `place` shows."""
        seen = self._seen(self.frames[place], self._plane)
        sizes, towards = _sizes(seen) / self._heaviest, self._towards(seen.weights)
        return Shot(place, self._accuracies[place], seen.probabilities, seen.activations, sizes, towards)

    @torch.no_grad()
    def _seen(self, snapshot: Snapshot, plane: Plane) -> Seen:
        """The outputs of a snapshot; once the units to show are known, only theirs."""
        head = self._head
        head.load_state_dict(snapshot.weights)
        points = plane.points.to(head.device)
        probabilities = head.probabilities(head(points)).float().cpu()
        if not self._num_layers:
            return Seen(probabilities, torch.empty(len(points), 0), torch.empty(1, 0))
        activations = hidden_activations(head.network, points)[self._layer - 1].float().cpu()
        weights = outgoing_weights(head.network)[self._layer - 1].float().cpu()
        return Seen(probabilities, activations[:, self._shown], weights[:, self._shown])

    def _scores(self, snapshot: Snapshot) -> dict[str, float]:
        self._head.load_state_dict(snapshot.weights)
        return self._head.evaluate(self._datamodule.whole("val"))

    def _units(self, activations: Tensor) -> Units:
        """The units to show, with scales that fit their activations [M, R * R, U] in all frames."""
        neutral, reaches = scales(activations)
        number = f"{self._total}" if len(reaches) == self._total else f"{len(reaches)} of {self._total}"
        title, meaning = f"{number} hidden units", "bar: weight in the output, in its class's colour"
        if self._num_layers > 1:
            title = f"{number} units of hidden layer {self._layer}"
        if self._layer < self._num_layers:
            meaning = "bar: size of its weights in the next layer"
        names = tuple(f"unit {unit + 1}" for unit in self._shown)
        return Units(title, meaning, names, [Scale(neutral, reach) for reach in reaches])

    def _towards(self, weights: Tensor) -> Tensor:
        """The class that each unit votes for [U] by its weights [O, U] in the outputs; -1 except in the last layer."""
        if self._layer < self._num_layers:
            return torch.full((weights.shape[1],), -1)
        return (weights[0] > 0).long() if len(weights) == 1 else weights.argmax(dim=0)


def _sizes(seen: Seen) -> Tensor:
    """How much each unit matters to the next layer [U]."""
    sizes: Tensor = torch.linalg.vector_norm(seen.weights, dim=0)
    return sizes


def _loudest(seen: Seen, num: int) -> list[int]:
    """At most `num` units, in order, that matter most to the next layer."""
    influence = _sizes(seen) * (seen.activations.amax(dim=0) - seen.activations.amin(dim=0))
    return sorted(influence.argsort(descending=True, stable=True)[:num].tolist())
