"""What a run prints: the first and the last lines of its output."""

import os
import shlex
from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from src.building import choosing
from src.building.build import Parts
from src.heads.ours import as_head
from src.loggers.tensorboard import TensorBoardLogger
from src.networks.affine import affine_map
from src.reporting import summary as report
from src.reporting.advice import advice
from src.reporting.columns import folded
from src.runs import calibration, thresholds, tuning
from src.runs.better import better_settings
from src.storage import epochs
from src.storage.boards import known_board
from src.storage.folders import RunFolder


class Printed:
    """A run's output; the attributes are those of `Run`."""

    cfg: DictConfig
    folder: Path
    parts: Parts
    metrics: dict[str, Any]

    @property
    def files(self) -> RunFolder:
        """The folder as an object that knows the path of each file."""
        return RunFolder(self.folder)

    def summary(self) -> str:
        """The last lines of a run's output, within 80 columns except for paths and the command to copy."""
        head, datamodule = self.parts.head, self.parts.datamodule
        table = report.metrics_table(self.metrics, head.score_names)
        lines = [*self._opening(), table, *report.meaning(head.spec, head.score_names), *self._answers(), ""]
        linear = affine_map(head.network, head.spec.num_inputs)
        if linear is not None and not head.spec.is_image:  # an equation of hundreds of pixels is unreadable
            weight, bias = (part.tolist() for part in linear)
            lines.append(report.equation(weight, bias, head.spec, bool(datamodule.standardize)))
        return self._closed(lines)

    def _closed(self, lines: list[str]) -> str:
        """The `lines` and the verdict, folded to the width of a terminal, and where the files are."""
        return "\n".join([folded("\n".join([*lines, *self._judged()])), *self._places()])

    def _answers(self) -> list[str]:
        """The lines about the temperature and the threshold, unless they are the defaults."""
        head = self.parts.head
        threshold = thresholds.line(head) if set(head.thresholds or ()) - {0.5} else []
        return [f"  {line}" for line in (*calibration.line(head), *threshold)]

    def _opening(self) -> list[str]:
        metrics = self.metrics
        best = f"the best epoch was {metrics['best_epoch']}"
        return ["", f"{report.trained_for(metrics)}; {best}", *tuning.chosen(self.parts.trainer), ""]

    def _judged(self) -> list[str]:
        verdict = report.solved_line(self.metrics, dict(self.cfg.solved))
        better = better_settings(self.cfg)
        lines = [*([verdict] if verdict else []), *better]
        if verdict and not self.metrics["solved"] and not better:
            lines.append(f"  to try: {self._advice()}")
        return lines

    def _places(self) -> list[str]:
        """Where the run's files are, and its figures before TensorBoard."""
        if self.cfg.trainer.fast_dev_run:
            return []
        lines = [f"run folder: {shlex.quote(str(self.folder))}", *self._figures()]
        if any(isinstance(logger, TensorBoardLogger) for logger in self.parts.trainer.loggers):
            shown = self.folder if (board := known_board(self.folder)) is None else board.parent
            lines.append(f"view it: tensorboard --logdir {shlex.quote(os.path.relpath(shown))}")
        return lines

    def _figures(self) -> list[str]:
        """A line that names the figure to look at first, the curves if they are drawn; none without figures."""
        drawn = sorted(path.name for path in self.files.plots.glob("*"))
        if not drawn:
            return []
        first = next((name for name in drawn if name.startswith("curves.")), drawn[0])
        more = f" and {len(drawn) - 1} more in plots/" if len(drawn) > 1 else ""
        return [f"figures: {shlex.quote(str(self.files.plots / first))}{more}"]

    def _advice(self) -> str:
        losses = [row["val/loss"] for row in self._rows() if "val/loss" in row]
        head = as_head(self.parts.head)
        is_linear = head is not None and affine_map(head.network, head.spec.num_inputs) is not None
        return advice(self.metrics, dict(self.cfg.solved), losses, is_linear)

    def headline(self) -> str:
        """The first line of a run's output."""
        spec = self.parts.head.spec
        kind = "pixels" if spec.is_image else "input" if spec.input_shape == (1,) else "inputs"
        inputs = f"{'×'.join(map(str, spec.input_shape))} {kind}"
        sizes = [len(rows.x) for rows in self.parts.datamodule.splits]
        choice = "" if choosing.chosen() is None else f"; {choosing.chosen()}"
        slowly = f"; {self.parts.plan.slowly}" if self.parts.plan.slowly else ""
        return (
            f"{self.parts.datamodule.title}: {self._rows_named(*sizes)} of {inputs}; "
            f"{self._network_named()}{choice}{slowly}{self._seldom()}"
        )

    def _rows_named(self, train: int, val: int, test: int) -> str:
        return f"{train:,} training, {val:,} validation, {test:,} test rows"

    def _network_named(self) -> str:
        head = self.parts.head
        return f"{type(head.network).__name__} with {sum(p.numel() for p in head.parameters()):,} parameters"

    def _seldom(self) -> str:
        """How often the run is validated, if that is more often than requested."""
        asked, every = self.cfg.trainer.check_val_every_n_epoch, self.parts.trainer.check_val_every_n_epoch
        return "" if asked == every else f"; validated every {every} epochs, not {asked}, since it has no more"

    def _rows(self) -> list[dict[str, float]]:
        """The rows of `metrics.csv`; empty if the run keeps no history."""
        return epochs.read(self.files.history) if self.files.history.exists() else []
