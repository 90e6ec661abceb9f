"""How important each column of a table is to a run, written and drawn at its end."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lightning.pytorch as pl

from src.callbacks.at_end import AtEnd
from src.callbacks.figures import save
from src.heads.drawing import Drawing
from src.heads.importance import Importances, importances
from src.heads.ours import ours
from src.settings.pictures import Dpi, Format, Pictures
from src.settings.rules import Count, checked
from src.storage.files import aside
from src.storage.folders import RunFolder
from src.storage.formulas import inert


class Importance(AtEnd):
    """Permutation importance of a table's columns on the test rows, in `importance.csv` and as a figure.

    It is computed after training and changes nothing. Datasets without columns get no file.

    Args:
        repeats: Shuffles of each column.
        most_numbers: Maximum of rows times inputs to compute, so that large tables take about a second: beyond it, test
            rows are sampled, and tables with many hundreds of columns are skipped.
        dpi: Pixels per inch, `plots.dpi`.
        format: Format of the figure's file, `plots.format`: `png`, `svg` or `pdf`.
    """

    @checked
    def __init__(
        self, repeats: Count = 10, most_numbers: Count = 20_000_000, dpi: Dpi = 100, format: Format = "png"
    ) -> None:
        self.repeats, self.most_numbers = repeats, most_numbers
        self.pictures = Pictures(dpi=dpi, format=format)

    def on_run_end(self, trainer: pl.Trainer, drawings: Callable[[], list[Drawing]], metrics: dict[str, Any]) -> None:
        """Measure, write and draw, in the process that writes files."""
        both = ours(trainer.lightning_module, trainer.datamodule)  # type: ignore[attr-defined]
        if both is None or not trainer.is_global_zero:
            return
        found = importances(*both, self.repeats, self.most_numbers)
        if found is not None:
            run = RunFolder(Path(trainer.default_root_dir))
            write(found, run.importance)
            title = f"{both[1].title}, test split: {found.num_rows:,} rows"
            save([_drawing(found, title, trainer.global_step)], run.plots, trainer.loggers, self.pictures)


def write(found: Importances, path: Path) -> None:
    """Write the importances `found` to a CSV file at `path`: the most important column first, with 95 % intervals."""
    with aside(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["column", f"{found.score}_lost", "low", "high"])
        writer.writerows([inert(name), *(f"{number:.6g}" for number in lost)] for name, lost in found.columns.items())


def _drawing(found: Importances, title: str, step: int) -> Drawing:
    def draw() -> object:
        from src.plots.importance import importance_figure

        return importance_figure(found.columns, found.score, title)

    return Drawing("importance", "importance", step, draw)
