"""The predictions of heads with probabilities, and their quality."""

from abc import abstractmethod
from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from src.data.scene import Scene
from src.heads.outcome import Columns, Draw, Outcome
from src.metrics.certainty import score_intervals
from src.metrics.curves import (
    average_precision,
    calibration_curve,
    precision_recall_curve,
    roc_auc,
    roc_curve,
    threshold_curve,
)
from src.metrics.scores import class_scores, overall_scores

if TYPE_CHECKING:
    from src.heads.base import Head
    from src.heads.classification import ClassificationHead
    from src.heads.multilabel import MultilabelHead

Curves = dict[str, dict[str, Tensor]]
"""Curves by class name; a curve is a table of equally long columns."""

_SHOWN = 12  # images in a grid
_MISTAKES_SHOWN = 9  # at most; the other images show correct predictions


class ProbableOutcome(Outcome):
    """Predicted labels, their probabilities, and the true labels.

    Attributes:
        head: A head with probabilities.
    """

    head: "ClassificationHead | MultilabelHead"

    @cached_property
    def probabilities(self) -> Tensor:
        """Probabilities [N, C], or [N, L] if rows have several labels; float64."""
        return self.head.probabilities(self.logits.double())

    @abstractmethod
    def questions(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Name, probabilities [N] and truth [N] for each name in `DataSpec.asked`."""

    @property
    def _arguments(self) -> tuple[Any, Tensor, Tensor, Tensor]:
        return self.head.spec.task, self.probabilities, self.predictions, self.y

    def scores(self, resamples: int = 0) -> dict[str, Any]:
        """Loss, scores and their intervals, confusion matrices, and the scores of each class."""
        measured = self.measured
        found: dict[str, Any] = {} if self.head.thresholds is None else {"thresholds": self.head.thresholds}
        if self.head.fitted_on is not None:
            found["calibration"] = {"temperature": self.head.temperature, "fitted_on": self.head.fitted_on}
        return found | {
            "loss": measured["loss"],
            **overall_scores(*self._arguments),
            "intervals": score_intervals(*self._arguments, resamples=resamples) if resamples else {},
            "confusion_matrix": measured["confusion_matrix"],
            "by_class": class_scores(*self._arguments, self.head.spec.class_names),
        }

    def tables(self) -> dict[str, Columns]:
        """Predictions, the scores of each class, and its curves."""
        by_class = class_scores(*self._arguments, self.head.spec.class_names)
        return {
            "predictions": self.answered(),
            "by_class": {key: [row[key] for row in by_class] for key in by_class[0]},
            **{name: _below_each_other(self._curves(name)) for name in self._curve_names},
        }

    @property
    def _curve_names(self) -> tuple[str, ...]:
        return tuple(_CURVES)

    def _curves(self, name: str) -> Curves:
        return {each: _CURVES[name](p, truth) for each, p, truth in self.questions()}

    def figures(self, scene: Scene) -> dict[str, Draw]:
        """ROC, precision and recall, calibration and thresholds, with the title of the `scene`."""
        caption = self.caption(scene)
        found: dict[str, Draw] = {
            "roc": partial(self._draw_areas, "roc", roc_auc, caption),
            "precision_recall": partial(self._draw_areas, "precision_recall", average_precision, caption),
            "calibration": partial(self._draw_calibration, caption),
        }
        for place, threshold in enumerate(self.head.thresholds or ()):
            name = self.head.spec.asked[place]
            suffix = f"_{name}" if len(self.head.spec.asked) > 1 else ""
            title = f"{scene.problem}, {scene.title}, {name}"
            found[f"thresholds{suffix}".replace("/", "_")] = partial(self._draw_threshold, place, threshold, title)
        return found

    def _draw_areas(self, name: str, area: Callable[[Tensor, Tensor], float], title: str) -> Any:
        from src.plots.precision_recall import precision_recall_figure
        from src.plots.roc import roc_figure

        areas = {each: area(p, truth) for each, p, truth in self.questions()}
        return {"roc": roc_figure, "precision_recall": precision_recall_figure}[name](self._curves(name), areas, title)

    def _draw_calibration(self, title: str) -> Any:
        from src.plots.calibration import calibration_figure

        return calibration_figure(self._curves("calibration"), title)

    def _draw_threshold(self, place: int, threshold: float, title: str) -> Any:
        from src.plots.thresholds import thresholds_figure

        _, p, truth = list(self.questions())[place]
        return thresholds_figure(threshold_curve(p, truth), threshold, title)


class ClassOutcome(ProbableOutcome):
    """One class per row."""

    @property
    def _curve_names(self) -> tuple[str, ...]:
        names = super()._curve_names
        return names if len(self.head.spec.asked) == 1 else tuple(name for name in names if name != "thresholds")

    def questions(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Name, probabilities [N] and truth [N] of the second of two classes, or of each class if there are more."""
        names = self.head.spec.class_names
        for name in self.head.spec.asked:
            label = names.index(name)
            yield name, self.probabilities[:, label], (self.y == label).long()

    def _targets(self) -> Columns:
        return {"target": [self.head.spec.class_names[label] for label in self.y.tolist()]}

    def tables(self) -> dict[str, Columns]:
        """Predictions, the scores of each class, its curves, and the confusion matrix as counts and as shares."""
        counts, names = self.head.confusion(self.logits, self.y), self.head.spec.class_names
        shares = counts / counts.sum(dim=1, keepdim=True).clamp(min=1)
        matrices = {"confusion_matrix": counts, "confusion_matrix_normalized": shares}
        return super().tables() | {
            name: {"true": names, **dict(zip(names, matrix.T.tolist(), strict=True))}
            for name, matrix in matrices.items()
        }

    def figures(self, scene: Scene) -> dict[str, Draw]:
        """Confusion as counts and shares, curves, and what the `scene` allows: a boundary in a plane, or images."""
        confusion, spec = self.head.confusion(self.logits, self.y), self.head.spec
        matrix = partial(_confusion, confusion, spec.class_names, self.caption(scene))
        found: dict[str, Draw] = {
            "confusion_matrix": matrix,
            "confusion_matrix_normalized": partial(matrix, normalized=True),
        }
        if self.head.has_boundary:
            found["boundary"] = self._boundary(scene)
        if spec.is_image:
            found["predictions"] = self._images(scene)
        return found | super().figures(scene)

    @torch.no_grad()
    def _boundary(self, scene: Scene) -> Draw:
        from src.plots.plane import plane_around

        head = self.head
        plane = plane_around(scene.train_x, to_scale=scene.to_scale)
        probabilities = head.probabilities(head(plane.points.to(head.device)).cpu())
        names = head.spec.class_names
        panels = dict(self._panel(title, rows.x, scene) for title, rows in scene.panels.items())
        return partial(_boundary, plane, probabilities, panels, names, scene.axes, head.threshold, scene.problem)

    def _panel(self, title: str, x: Tensor, scene: Scene) -> tuple[str, tuple[Tensor, Tensor, Tensor]]:
        """The title of a split's panel, and its rows x [N, 2], their labels [N] and which are mistakes [N]."""
        shown = self if title == scene.title else self.head.outcome(*self.head.outputs(scene.blocks(title)))
        return f"{title}\n{shown.summary}", (x, shown.y, shown.predictions != shown.y)

    def _images(self, scene: Scene) -> Draw:
        predicted, held = self.predictions, scene.held
        confidence = self.head.probabilities(self.logits).gather(1, predicted[:, None])[:, 0]
        wrong = (predicted != self.y).nonzero()[:, 0]
        surest = wrong[confidence[wrong].argsort(descending=True)][:_MISTAKES_SHOWN]
        right = (predicted == self.y).nonzero()[:, 0][: _SHOWN - len(surest)]
        chosen = torch.cat([surest, right])
        title = f"{self.caption(scene)}; {len(wrong):,} wrong, the most confident mistakes first"
        shown = held.x[chosen], self.y[chosen], predicted[chosen], confidence[chosen]
        return partial(_predictions, *shown, self.head.spec.class_names, title)


class LabelOutcome(ProbableOutcome):
    """Several labels per row."""

    def questions(self) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Name, probabilities [N] and truth [N] of each label."""
        yield from zip(self.head.spec.asked, self.probabilities.unbind(1), self.y.unbind(1), strict=True)

    def _targets(self) -> Columns:
        return {f"target_{name}": column for name, column in zip(self.head.spec.asked, self.y.T.tolist(), strict=True)}

    def figures(self, scene: Scene) -> dict[str, Draw]:
        """The confusion of each label, and curves, with the title of the `scene`."""
        confusions = self.head.confusion(self.logits, self.y)
        draw = partial(_label_confusions, confusions, self.head.spec.asked, self.caption(scene))
        return {"confusion_matrix": draw} | super().figures(scene)


_CURVES: dict[str, Callable[[Tensor, Tensor], dict[str, Tensor]]] = {
    "roc": roc_curve,
    "precision_recall": precision_recall_curve,
    "calibration": calibration_curve,
    "thresholds": threshold_curve,
}


def named_probabilities(head: "Head", logits: Tensor) -> dict[str, list[Any]]:
    """For each class or label of a head, a column with the probability of each row, from its logits [N, *]."""
    columns = zip(head.spec.class_names, head.probabilities(logits.double()).T.tolist(), strict=True)
    return {f"probability_{name}": column for name, column in columns}


def _below_each_other(curves: Curves) -> Columns:
    """Curves one below the other, with a first column for the class if there are several."""
    columns: dict[str, list[Any]] = {"class": []} if len(curves) > 1 else {}
    for name, curve in curves.items():
        for column, values in curve.items():
            columns.setdefault(column, []).extend(values.tolist())
        if len(curves) > 1:
            columns["class"] += [name] * len(next(iter(curve.values())))
    return columns


# Matplotlib is imported when something is drawn


def _confusion(counts: Tensor, names: tuple[str, ...], title: str, normalized: bool = False) -> Any:
    from src.plots.confusion import confusion_figure

    return confusion_figure(counts, names, title, normalized)


def _label_confusions(*shown: Any) -> Any:
    from src.plots.confusion import label_confusions_figure

    return label_confusions_figure(*shown)


def _boundary(*shown: Any) -> Any:
    from src.plots.boundary import boundary_figure

    return boundary_figure(*shown)


def _predictions(*shown: Any) -> Any:
    from src.plots.images import predictions_figure

    return predictions_figure(*shown)
