"""The curve of a metric in each run of a sweep."""

from typing import TYPE_CHECKING

from src.comparing.naming import named
from src.comparing.reading import Record
from src.errors import ConfigError
from src.storage.epochs import read
from src.storage.folders import RunFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def curves_figure(runs: list[Record], keys: list[str], metric: str, logarithmic: bool = False) -> "Figure":
    """A column of `metrics.csv` over the epochs: a line for each finished run, in the colour of its setting.

    Args:
        runs: The runs of a sweep, in the order of the legend.
        keys: The keys that define a setting.
        metric: A column, such as `val/loss`.
        logarithmic: Whether the axis of the metric is logarithmic.

    Raises:
        ConfigError: A run has no such column.
    """
    from src.plots.sweep_curves import Line, sweep_curves_figure

    lines: dict[str, list[Line]] = {}
    for run in (run for run in runs if run.finished):
        history = read(RunFolder(run.folder).history)
        rows = [row for row in history if metric in row]
        if not rows:
            known = sorted({name for row in history for name in row if "/" in name})
            raise ConfigError(f"metric: these runs have no curve of {metric!r}; choose from {', '.join(known)}")
        setting = ", ".join(named([run.value(key) for key in keys], keys).splitlines())
        lines.setdefault(setting, []).append(Line([row["epoch"] for row in rows], [row[metric] for row in rows]))
    return sweep_curves_figure(lines, metric, logarithmic)
