"""A run that has been trained, to be asked and looked at."""

import contextlib
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import torch
from omegaconf import DictConfig
from torch import Tensor, nn

from src.command.quoting import literal
from src.data.base import InMemoryDataModule
from src.data.rows import Split
from src.data.scene import Scene
from src.errors import ConfigError
from src.heads.base import Head
from src.heads.drawing import Moment, curves_drawing, record
from src.lab.inputs import as_images, as_rows, as_table
from src.lab.notebook import Movie
from src.lab.project import PROJECT, call
from src.networks.affine import affine_map
from src.networks.hidden import hidden_activations
from src.plots.plane import plane_around
from src.reporting import summary as report
from src.reporting.remarks import remark
from src.runs import evaluation, prediction
from src.runs.opening import OpenRun, open_run
from src.storage.epochs import read
from src.storage.folders import EvaluationFolder, RunFolder
from src.trust import targets
from src.trust.plain import read_json

Inputs = Any
"""Raw rows, before any scaling: [N, *input_shape] as a tensor, an array or nested lists; columns by name as a DataFrame
of pandas or Polars, an Arrow table, a dict of columns, a dict that is one row, or a list of these; pictures as paths,
PIL images or uint8 arrays [H, W, C]."""


class TrainedRun:
    """A run's folder with the best weights of its network.

    Args:
        opened: The folder, opened.
    """

    def __init__(self, opened: OpenRun) -> None:
        self._opened = opened

    @classmethod
    def read(cls, folder: Path, trust: Any = None) -> Self:
        """The run of a folder that holds a configuration and a checkpoint.

        Args:
            folder: The folder.
            trust: Package, or list of packages, whose classes the run may name.
        """
        return cls(open_run(folder.resolve(), trust=trust))

    def __str__(self) -> str:
        """Its folder, as commands given from the project's folder name it."""
        return str(self.folder.relative_to(PROJECT) if self.folder.is_relative_to(PROJECT) else self.folder)

    def __repr__(self) -> str:
        scores = {name.removeprefix("test/"): value for name, value in self.metrics.items() if name.startswith("test/")}
        shown = ", ".join(f"{name} {value:.4f}" for name, value in scores.items() if isinstance(value, float))
        return f"<run {self}: {shown}>"

    # What it holds

    @property
    def folder(self) -> Path:
        """The run's folder."""
        return self._opened.folder

    @property
    def cfg(self) -> DictConfig:
        """Its configuration, resolved: `run.cfg.optimizer.lr`."""
        return self._opened.cfg

    @property
    def metrics(self) -> dict[str, Any]:
        """What `metrics.json` holds: `run.metrics["test/accuracy"]`; empty for a run that did not end."""
        run = RunFolder(self.folder)
        return dict(read_json(run.metrics)) if run.finished else {}

    @property
    def history(self) -> list[dict[str, float]]:
        """The rows of `metrics.csv`, one an epoch."""
        return read(RunFolder(self.folder).history)

    @property
    def network(self) -> nn.Module:
        """Scaled rows [N, *input_shape] to outputs [N, num_outputs], in evaluation mode."""
        return self._opened.head.network

    @property
    def head(self) -> Head:
        """The LightningModule around the network."""
        return self._opened.head

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class by its label."""
        return self._opened.spec.class_names

    @property
    def equation(self) -> str:
        """What a network of linear layers has learned: its boundary, its line, or the score of each class.

        Raises:
            ConfigError: The network is no weighted sum.
        """
        linear = affine_map(self.network, self._opened.spec.num_inputs)
        if linear is None:
            raise ConfigError("equation: a network with activations has none; look at plot_boundary()")
        weight, bias = (part.tolist() for part in linear)
        return report.equation(weight, bias, self._opened.spec, bool(self._opened.datamodule.standardize))

    @cached_property
    def datamodule(self) -> InMemoryDataModule:
        """Its data, read again from their source: `run.datamodule.splits.test.x`."""
        with contextlib.chdir(PROJECT):
            self._opened.check_data()
        return self._opened.datamodule

    # Answers

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
        """Answer the rows of a file as `python -m src.predict` does; the path of the answers.

        Args:
            input: A CSV or Parquet file, an image, or a folder of images.
            output: A CSV or Parquet file; None is `<input>_predicted.csv`.
            force: Replace an output that is there already.
        """
        words = [*self._words(), f"input={literal(input)}", f"force={str(force).lower()}"]
        words += [] if output is None else [f"output={literal(output)}"]
        written: Path = call("predict", lambda cfg, _: prediction.predict(cfg), words, begins_runs=False)
        return PROJECT / written

    def evaluate(self, *overrides: str) -> dict[str, Any]:
        """Measure the run as `python -m src.evaluate` does: `run.evaluate("split=val", "threshold=f1")`.

        Args:
            *overrides: As on its command line.

        Returns:
            What `metrics.json` of the evaluation holds. A threshold chosen this way is the run's from now on.
        """
        words = [*self._words(), *overrides]
        folder = call("evaluate", lambda cfg, _: evaluation.evaluate(cfg), words, begins_runs=False)
        self._opened = open_run(self.folder, trust=self.cfg.trust)
        self.__dict__.pop("datamodule", None)
        return dict(read_json(EvaluationFolder(PROJECT / folder).metrics))

    def _words(self) -> list[str]:
        """What names this run on the command line of a command on runs."""
        trust = [] if self.cfg.trust is None else [f"trust=[{','.join(targets.trusted(self.cfg.trust))}]"]
        return [f"run={literal(str(self))}", *trust]

    # Figures

    def plot_boundary(self, *splits: Split) -> Any:
        """The probability of each class over the plane, and the rows of two splits (train and test) on top of it."""
        return self._drawn("boundary", "two inputs and classes", splits or ("train", "test"))

    def plot_hidden_units(self, layer: int = 1) -> Any:
        """The output of each hidden unit over the plane: teal is positive, purple negative.

        Args:
            layer: Hidden layer, from 1, the first, on; from -1, the last, back.

        Raises:
            ConfigError: The run has other than two inputs, or no such layer.
        """
        from src.plots.units import units_figure

        if self._opened.spec.input_shape != (2,):
            raise ConfigError(f"plot_hidden_units: needs two inputs, which {type(self.datamodule).__name__} has not")
        plane = plane_around(self.datamodule.splits.train.x)
        layers = hidden_activations(self.network, plane.points.to(self.head.device))
        if not 1 <= abs(layer) <= len(layers):
            raise ConfigError(f"layer: the network has {len(layers)} hidden layers (got {layer}); count from 1")
        activations = layers[layer - 1 if layer > 0 else layer].cpu()
        return units_figure(plane, activations, rows=self.datamodule.splits.test, class_names=self.class_names)

    def plot_movie(self) -> Movie:
        """The boundary as it formed, and what hidden units said meanwhile, filmed by `callbacks=boundary_movie`.

        Raises:
            ConfigError: The run was not filmed.
        """
        path = RunFolder(self.folder).movie()
        if not path.exists():
            raise ConfigError("plot_movie: this run was not filmed; train it with callbacks=boundary_movie")
        return Movie(path)

    def plot_fit(self, split: Split = "test") -> Any:
        """Values of a split and what is predicted for them."""
        return self._drawn("fit", "numbers for targets", (split, split))

    def plot_confusion_matrix(self, split: Split = "test") -> Any:
        """How many rows of each class of a split were taken for which."""
        return self._drawn("confusion_matrix", "classes", (split, split))

    def plot_predictions(self, split: Split = "test") -> Any:
        """Images of a split and what is predicted for them, the most confident mistakes first."""
        return self._drawn("predictions", "images", (split, split))

    def plot_augmentation(self) -> Any:
        """The views of an image that training sees."""
        return self._drawn("augmentation", "augmented images", ("train", "train"))

    def plot_weights(self) -> Any:
        """The weight of each pixel in each score, of a network of linear layers that sees images.

        Raises:
            ConfigError: The network is no weighted sum, or its inputs are not images.
        """
        from src.plots.images import weights_figure

        spec = self._opened.spec
        linear = affine_map(self.network, spec.num_inputs)
        if linear is None or not spec.is_image:
            raise ConfigError(
                "plot_weights: needs images and a network without activations; set network.hidden_dims=[]"
            )
        return weights_figure(linear[0].reshape(-1, *spec.input_shape), self.class_names)

    def plot_curves(self) -> Any:
        """Loss and score of training and validation over the epochs."""
        return curves_drawing(self.history, self.head.score_names[:2], self.metrics.get("best_epoch")).draw()

    def plot_roc(self, split: Split = "test") -> Any:
        """True positive rate over false positive rate on a split, as the threshold moves."""
        return self._evaluated("roc", split)

    def plot_precision_recall(self, split: Split = "test") -> Any:
        """Precision over recall on a split, as the threshold moves."""
        return self._evaluated("precision_recall", split)

    def plot_calibration(self, split: Split = "test") -> Any:
        """How often the rows of a split with a predicted probability are of that class."""
        return self._evaluated("calibration", split)

    def plot_thresholds(self, split: Split = "test") -> Any:
        """Precision, recall and their like on a split over the threshold, and the run's own."""
        return self._evaluated("thresholds", split)

    def _as_seen(self, x: Inputs) -> Tensor:
        """Raw rows as the network sees them [N, *input_shape]."""
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

    def _drawn(self, tag: str, needs: str, splits: tuple[Split, ...]) -> Any:
        for drawing in record(self.head, self.datamodule, (splits[0], splits[-1]), Moment(0)):
            if drawing.tag == tag:
                return drawing.draw()
        raise ConfigError(f"plot_{tag}: needs {needs}, which {type(self.datamodule).__name__} has not; see help(run)")

    def _evaluated(self, name: str, split: Split) -> Any:
        scene = Scene(self.datamodule, {f"{split} split": split})
        known = evaluation.outcome_of(self._opened, split).figures(scene)
        if name not in known:
            raise ConfigError(f"plot_{name}: this run has no such figure; it has {', '.join(known)}")
        return known[name]()
