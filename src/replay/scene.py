"""The parts of a page that are the same in all epochs: rows, axes, classes, the network's layers and the curves."""

from typing import Any

import torch
from torch import Tensor

from src.data.base import InMemoryDataModule
from src.data.rows import Rows
from src.heads.base import Head
from src.networks.layers import plain_layers
from src.plots.look import look
from src.plots.plane import plane_around
from src.replay.encoding import encoded
from src.replay.shown import answer_of

_MOST_ROWS = {"train": 2500, "val": 10_000, "test": 10_000}  # beyond that, only every second, third, … row
_MOST_MOMENTS = 300  # per curve
_DIGITS = 5


def scene(head: Head, data: InMemoryDataModule, history: list[dict[str, float]]) -> dict[str, Any]:
    """Everything except the weights, as values for JSON.

    Args:
        head: The head.
        data: The dataset.
        history: Rows of `metrics.csv`; empty if there are none.
    """
    spec, layers, splits = head.spec, plain_layers(head.network), _splits(data)
    return {
        "answer": answer_of(head),
        "classes": list(spec.class_names),
        "look": look(spec.num_classes),
        "inputs": _inputs(head, data),
        "target": {"name": data.target_name, "centre": spec.target_centre, "unit": spec.target_unit},
        "extent": _extent(data.splits.train),
        "layers": [{"kind": layer.kind, **layer.settings} for layer in layers],
        "splits": splits,
        "history": _history(history, head.score_names[:2], [stage for stage in ("train", "val") if stage in splits]),
    }


def survey_points(data: InMemoryDataModule, across: int) -> Tensor:
    """Points [N, 1] or [N, 2] that cover the rows of `data`, with `across` points along each side of a plane."""
    x = data.splits.train.x
    if x.shape[1] == 2:
        return plane_around(x, across).points
    return torch.linspace(float(x.min()), float(x.max()), across * across)[:, None]


def _inputs(head: Head, data: InMemoryDataModule) -> list[dict[str, Any]]:
    """The name of each input, and the scale and mean that turn what the network sees into the data's own units."""
    names = head.spec.feature_names
    if data.scaler is None:
        return [{"name": name, "mean": 0.0, "scale": 1.0} for name in names]
    scaler = data.scaler.one
    means, scales = (each.double().cpu().expand(len(names)).tolist() for each in (scaler.mean, scaler.scale))
    return [
        {"name": name, "mean": mean, "scale": scale} for name, mean, scale in zip(names, means, scales, strict=True)
    ]


def _extent(rows: Rows) -> list[float]:
    """Left, right, bottom and top of the plot."""
    x = rows.x if rows.x.shape[1] == 2 else torch.stack([rows.x[:, 0], rows.y.float()], dim=1)
    return list(plane_around(x, 2).extent)


def _splits(data: InMemoryDataModule) -> dict[str, Any]:
    """The rows of each split; splits that repeat the training rows are left out."""
    splits = data.splits
    found = {"train": splits.train}
    if not data.validates_on_training:
        found["val"] = splits.val
    if not data.same_rows:
        found["test"] = splits.test
    return {name: _encoded(rows, _MOST_ROWS[name]) for name, rows in found.items()}


def _encoded(rows: Rows, most: int) -> dict[str, Any]:
    step = -(-len(rows.x) // most)
    y = rows.y[::step]
    labels = y.float() if y.is_floating_point() else y.to(torch.uint8)
    return {"rows": len(rows.x), "x": encoded(rows.x[::step].float()), "y": encoded(labels)}


def _history(rows: list[dict[str, float]], metrics: tuple[str, ...], stages: list[str]) -> dict[str, Any]:
    """Curves of some metrics, named without stage, in some stages: thinned out if long, and null in gaps."""
    step = -(-len(rows) // _MOST_MOMENTS) or 1
    kept = [row for place, row in enumerate(rows, 1) if place % step == 0 or place in (1, len(rows))]
    names = [f"{stage}/{metric}" for metric in metrics for stage in stages]
    curves = {name: [_rounded(row.get(name)) for row in kept] for name in names if any(name in row for row in rows)}
    return {"epochs": [row["epoch"] for row in kept], "curves": curves}


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
