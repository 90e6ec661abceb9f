"""The figures of a run."""

from typing import TYPE_CHECKING

from src.data.rows import Split
from src.errors import ConfigError
from src.heads.drawing import Moment, head_curves, record
from src.lab.held_run import HeldRun
from src.lab.notebook import Movie
from src.networks.affine import affine_map
from src.networks.hidden import hidden_activations
from src.plots.plane import plane_around
from src.runs import evaluation
from src.storage.folders import RunFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class DrawableRun(HeldRun):
    """The figures of a run; a notebook displays a figure that is the last value of a cell."""

    def plot_boundary(self, *splits: Split) -> "Figure":
        """The probability of each class over the plane, with the rows of two splits (train and test) on top."""
        return self._drawn("boundary", "two inputs and classes", splits or ("train", "test"))

    def plot_hidden_units(self, layer: int = 1) -> "Figure":
        """The output of each hidden unit over the plane: teal is positive, purple negative.

        Args:
            layer: Hidden layer: 1 is the first, -1 the last.

        Raises:
            ConfigError: The run does not have two inputs, or has no such layer.
        """
        from src.plots.units import units_figure

        if self._opened.spec.input_shape != (2,):
            raise ConfigError(f"plot_hidden_units: needs two inputs (got data of {type(self.datamodule).__name__})")
        scene = evaluation.scene_of(self._opened, "train")
        plane = plane_around(scene.train_x, to_scale=scene.to_scale)
        layers = hidden_activations(self.network, plane.points.to(self.head.device))
        if not 1 <= abs(layer) <= len(layers):
            raise ConfigError(f"layer: the network has {len(layers)} hidden layers (got {layer}); count from 1")
        activations = layers[layer - 1 if layer > 0 else layer].cpu()
        return units_figure(plane, activations, rows=self.datamodule.splits.test, class_names=self.class_names)

    def plot_movie(self) -> Movie:
        """A movie of the boundary and the hidden units during training, recorded by `callbacks=boundary_movie`.

        Raises:
            ConfigError: The run has no movie.
        """
        path = RunFolder(self.folder).movie()
        if not path.exists():
            raise ConfigError("plot_movie: this run has no movie; train it with callbacks=boundary_movie")
        return Movie(path)

    def plot_fit(self, split: Split = "test") -> "Figure":
        """Targets and predictions of a split."""
        return self._drawn("fit", "numeric targets", (split, split))

    def plot_confusion_matrix(self, split: Split = "test") -> "Figure":
        """The confusion matrix of a split: how many rows of each class were predicted as which class."""
        return self._drawn("confusion_matrix", "classes", (split, split))

    def plot_predictions(self, split: Split = "test") -> "Figure":
        """Images of a split with their predictions, the most confident mistakes first."""
        return self._drawn("predictions", "images", (split, split))

    def plot_augmentation(self) -> "Figure":
        """Augmented versions of some images, as training sees them."""
        return self._drawn("augmentation", "augmented images", ("train", "train"))

    def plot_weights(self) -> "Figure":
        """The weight of each pixel in each score, for images and a network of linear layers only.

        Raises:
            ConfigError: The network is not a weighted sum, or its inputs are not images.
        """
        from src.plots.images import weights_figure

        spec = self._opened.spec
        linear = affine_map(self.network, spec.num_inputs)
        if linear is None or not spec.is_image:
            raise ConfigError(
                "plot_weights: needs images and a network without activations; set network.hidden_dims=[]"
            )
        return weights_figure(linear[0].reshape(-1, *spec.input_shape), self.class_names)

    def plot_curves(self) -> "Figure":
        """Training and validation loss and score over the epochs."""
        drawing = head_curves(self.head, self.datamodule, self.history, self.metrics.get("best_epoch"))
        figure: Figure = drawing.draw()
        return figure

    def plot_roc(self, split: Split = "test") -> "Figure":
        """The ROC curve on a split: true positive rate over false positive rate for all thresholds."""
        return self._evaluated("roc", split)

    def plot_precision_recall(self, split: Split = "test") -> "Figure":
        """Precision over recall on a split, for all thresholds."""
        return self._evaluated("precision_recall", split)

    def plot_calibration(self, split: Split = "test") -> "Figure":
        """The calibration curve on a split: how often rows with a given predicted probability belong to the class."""
        return self._evaluated("calibration", split)

    def plot_thresholds(self, split: Split = "test") -> "Figure":
        """Recall, precision and false positive rate on a split over the threshold, and the run's own threshold."""
        return self._evaluated("thresholds", split)

    def _drawn(self, tag: str, needs: str, splits: tuple[Split, ...]) -> "Figure":
        for drawing in record(self.head, self.datamodule, (splits[0], splits[-1]), Moment(0)):
            if drawing.tag == tag:
                figure: Figure = drawing.draw()
                return figure
        raise ConfigError(f"plot_{tag}: needs {needs} (got data of {type(self.datamodule).__name__}); see help(run)")

    def _evaluated(self, name: str, split: Split) -> "Figure":
        opened = self._with_data()
        known = evaluation.outcome_of(opened, split).figures(evaluation.scene_of(opened, split))
        if name not in known:
            raise ConfigError(f"plot_{name}: this run has no such figure; it has {', '.join(known)}")
        figure: Figure = known[name]()
        return figure
