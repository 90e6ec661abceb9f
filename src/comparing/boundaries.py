"""The decision boundaries of several runs, side by side."""

import sys
from pathlib import Path
from typing import Any

import torch
from matplotlib.figure import Figure

from src.errors import ConfigError
from src.plots.boundary_grid import Panel, boundary_grid
from src.plots.plane import plane_around
from src.reporting.terminal import printable
from src.runs.evaluation import outcome_of, scene_of
from src.runs.opening import open_run

_RESOLUTION = 100


@torch.no_grad()
def boundaries_figure(runs: list[tuple[Path, str]], trust: Any = None, columns: int | None = None) -> Figure | None:
    """A grid of the boundaries of runs over their test rows; None unless there are two inputs.

    Args:
        runs: The folder and the title of each.
        trust: Packages whose classes the runs may name, as for `open_run`.
        columns: Panels per row; None is four.
    """
    panels = []
    for folder, title in runs:
        try:
            opened = open_run(folder, trust=trust)
        except ConfigError as error:
            print(printable(f"left out of the boundaries: {error}"), file=sys.stderr)
            continue
        data, head = opened.datamodule, opened.head
        if not head.has_boundary:
            return None
        scene = scene_of(opened, "test")
        plane = plane_around(scene.train_x, _RESOLUTION, scene.to_scale)
        probabilities = head.probabilities(head(plane.points.to(head.device)).cpu())
        rows = (data.splits.test.x, data.splits.test.y)
        titled = "\n".join([title, *outcome_of(opened, "test").score]).strip()
        panels.append(Panel(titled, plane, probabilities, rows, head.threshold))
    if not panels:
        return None
    title = f"{scene.problem}, {scene.title}: {len(data.splits.test.x):,} rows"
    return boundary_grid(panels, head.spec.class_names, columns, title)
