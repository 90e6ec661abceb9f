"""A trained run: its predictions, figures and contents."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from src.command.quoting import literal
from src.errors import ConfigError
from src.lab.drawable_run import DrawableRun
from src.lab.inputs import as_images, as_rows, as_table
from src.lab.notebook import Replay, as_png
from src.lab.project import PROJECT, call
from src.reporting.remarks import remark
from src.runs import evaluation, exporting, prediction
from src.runs.opening import open_run
from src.storage.folders import EvaluationFolder, RunFolder
from src.trust import targets
from src.trust.plain import read_json

Inputs = Any
"""Raw rows, before any scaling: [N, *input_shape] as a tensor, an array or nested lists; columns by name as a DataFrame
of pandas or Polars, an Arrow table, a dict of columns, a dict that is one row, or a list of these; images as paths,
PIL images or uint8 arrays [H, W, C]."""


class TrainedRun(DrawableRun):
    """A run's folder with the best weights of its network: its predictions, its figures and its contents.

    Args:
        opened: The folder, opened.
    """

    def logits(self, x: Inputs) -> Tensor:
        """What the head returns for raw rows x: logits [N] (binary), [N, C] or [N, L], or values [N] (regression)."""
        with torch.no_grad():
            outputs: Tensor = self.head(self._as_seen(x).to(self.head.device))
        return outputs.float().cpu()

    def probabilities(self, x: Inputs) -> Tensor:
        """Probabilities [N, C] of each class, or [N, L] of each label, for raw rows x.

        Raises:
            ConfigError: The run predicts values.
        """
        return self.head.probabilities(self.logits(x))

    def predict(self, x: Inputs) -> Tensor:
        """Labels [N] or [N, L], or values [N], for raw rows x; `run.class_names[label]` is a label's name."""
        return self.head.predictions(self.logits(x))

    def predict_file(self, input: str, output: str | None = None, force: bool = False) -> Path:
        """Predict the rows of a file as `python -m src.predict` does; returns the path of the predictions.

        Args:
            input: A CSV or Parquet file, an image, or a folder of images.
            output: A CSV or Parquet file; None is `<input>_predicted.csv`.
            force: Whether to replace an existing output.
        """
        words = [*self._words(), f"input={literal(input)}", f"force={str(force).lower()}"]
        words += [] if output is None else [f"output={literal(output)}"]
        written: Path = call("predict", lambda cfg, _: prediction.predict(cfg), words, begins_runs=False)
        return PROJECT / written

    def save_replay(self, output: str | None = None, force: bool = False) -> Replay:
        """Write the training as a page for any browser, as `python -m src.export format=replay` does, and show it.

        Args:
            output: The HTML file; None is `export/replay.html` in the run's folder. What the callback `replay` or an
                earlier call has written there is shown as it is.
            force: Whether to replace an existing file.
        """
        figure = self.plot_boundary() if self.head.has_boundary else self.plot_fit()
        kept = RunFolder(self.folder).replay()
        if output is None and not force and kept.is_file():
            return Replay(kept, as_png(figure))
        words = [*self._words(), "format=replay", f"force={str(force).lower()}"]
        words += [] if output is None else [f"output={literal(output)}"]
        written: Path = call("export", lambda cfg, _: exporting.export(cfg), words, begins_runs=False)
        return Replay(PROJECT / written, as_png(figure))

    def evaluate(self, *overrides: str) -> dict[str, Any]:
        """Measure the run as `python -m src.evaluate` does: `run.evaluate("split=val", "threshold=f1")`.

        Args:
            *overrides: As on the command line.

        Returns:
            The contents of the evaluation's `metrics.json`. The run keeps a threshold that was chosen this way.
        """
        words = [*self._words(), *overrides]
        folder = call("evaluate", lambda cfg, _: evaluation.evaluate(cfg), words, begins_runs=False)
        self._opened = open_run(self.folder, trust=self.cfg.trust)
        self.__dict__.pop("datamodule", None)
        return dict(read_json(EvaluationFolder(PROJECT / folder).metrics))

    def _words(self) -> list[str]:
        """The words that name this run on a command line."""
        trust = [] if self.cfg.trust is None else [f"trust=[{','.join(targets.trusted(self.cfg.trust))}]"]
        return [f"run={literal(str(self))}", *trust]

    def _as_seen(self, x: Inputs) -> Tensor:
        """Raw rows, scaled as the network sees them [N, *input_shape]."""
        data, spec = self._opened.datamodule, self._opened.spec
        table = None if spec.is_image else as_table(x)
        if table is not None:
            rows = data.encode(table, spec)
            for kind, text in data.settle("x"):
                remark(kind, text)
        else:
            pictures = as_images(x, spec) if spec.is_image else None
            rows = as_rows(x, spec) if pictures is None else pictures
        if rows.shape[1:] != spec.input_shape:
            wanted = ", ".join(["N", *map(str, spec.input_shape)])
            raise ConfigError(f"x: rows must be of shape [{wanted}] (got {list(rows.shape)}); reshape them")
        return data.scaled(rows)
