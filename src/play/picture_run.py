"""The finished run on images that a page shows: its test pictures and their predictions, and those for any picture."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from src.data.image.base import ImageDataModule
from src.data.image.drawing import Way
from src.errors import ConfigError
from src.runs.fold_predictions import row_names
from src.runs.opening import OpenRun, open_run
from src.runs.prediction import answers
from src.spec import as_block

_AT_ONCE = 64  # pictures that are decoded
_THUMBNAIL = 64  # largest side in pixels


class PictureRun:
    """A run on images of one class each.

    Args:
        folder: The run's folder.
        data_dir: The current folder of its data; None is the original one.
        trust: Package, or list of packages, whose classes the run may name besides this project's.

    Attributes:
        opened: The run.
        way: How a drawing becomes a picture like the run's own; None if that is not known.
        rows: The test rows that have been predicted [N], which are all once `judging` has ended; broken images are
            left out.
        predicted: Their predicted labels [N].
        surest: The probabilities of these [N].
        done: Whether all have been predicted.

    Raises:
        ConfigError: The run cannot be opened, its data are gone or have changed, or they are not such images.
    """

    def __init__(self, folder: Path, data_dir: str | None = None, trust: Any = None) -> None:
        self.opened = open_run(folder, {}, data_dir, trust)
        self.data = _images_of(self.opened)
        pictures, self.truth = self.data.splits.test
        self.pictures: Any = pictures  # a tensor, or files that are decoded when they are needed
        channels, side, _ = self.opened.spec.input_shape
        self.way: Way | None = self.data.drawn_as if channels == 1 else None
        self.side, self.channels = side, channels
        self.rows = torch.empty(0, dtype=torch.long)
        self.predicted, self.surest, self.done = self.rows, torch.empty(0), False
        self._names: dict[int, str] = {}

    def judging(self) -> Iterator[None]:
        """Predict the test pictures, a part of them in each step."""
        rows, logits = [], []
        for x, places in self._parts():
            with torch.no_grad():
                logits.append(self.opened.head(x.to(self.opened.head.device)).float().cpu())
            rows.append(torch.as_tensor(places))
            yield
        head, all_logits = self.opened.head, torch.cat(logits)
        self.rows, self.predicted = torch.cat(rows), head.predictions(all_logits)
        probabilities = head.probabilities(all_logits)
        self.surest = probabilities.gather(1, self.predicted[:, None])[:, 0]
        names = next(iter(row_names(self.data, "test", len(self.rows)).values()), [])
        self._names = dict(zip(self.rows.tolist(), map(str, names), strict=False))
        self.done = True

    def _parts(self) -> Iterator[tuple[Tensor, Any]]:
        """Test pictures as the network sees them, and their rows: in the blocks in which the run itself predicts."""
        if isinstance(self.pictures, Tensor):
            start = 0
            for block in self.data.whole("test"):
                for x, *_ in as_block(block):
                    yield x, range(start, start + len(x))
                    start += len(x)
            return
        for start in range(0, len(self.pictures), _AT_ONCE):
            places = range(start, min(start + _AT_ONCE, len(self.pictures)))
            x, kept = self.pictures.read(places)
            if kept:
                yield self.data.scaled(x), kept

    @property
    def counts(self) -> list[list[int]]:
        """The confusion matrix of the test rows: rows true and columns predicted."""
        size = self.opened.spec.num_classes
        cells = self.truth[self.rows] * size + self.predicted
        return torch.bincount(cells, minlength=size**2).view(size, size).tolist()

    def cell(self, truth: int, predicted: int) -> Tensor:
        """The places [K] in `rows` of those of class `truth` that were `predicted` as some class, the surest first."""
        inside = ((self.truth[self.rows] == truth) & (self.predicted == predicted)).nonzero()[:, 0]
        return inside[self.surest[inside].argsort(descending=True, stable=True)]

    def name(self, row: int) -> str | None:
        """The name of a test row, such as the file of its image; None if it only has a number."""
        return self._names.get(row)

    def picture(self, row: int) -> Tensor:
        """The picture of a test row: uint8 [C, S, S]."""
        found: Tensor = self.thumbnails(torch.tensor([row]), self.side)[0]
        return found

    def thumbnails(self, rows: Tensor, most: int = _THUMBNAIL) -> Tensor:
        """The pictures of some test rows, uint8 [N, C, S, S]; those with more than `most` pixels a side are shrunk."""
        found: Tensor = self.pictures[rows]
        if self.side <= most:
            return found
        return F.interpolate(found.float(), size=(most, most), mode="area").round().to(torch.uint8)

    def answer(self, picture: Tensor) -> dict[str, Any]:
        """What `src.predict` says of a `picture` uint8 [C, S, S]: the predicted class and the probability of each."""
        found = answers(self.opened.head, self.data.scaled(picture[None]))
        (predicted,) = found.pop("predicted")
        return {"predicted": predicted, "probabilities": [each for (each,) in found.values()]}


def _images_of(opened: OpenRun) -> ImageDataModule:
    """The data of an `opened` run, once they are known to be there and to be images of one class each."""
    spec, folder = opened.spec, opened.folder
    scores = f"to see its scores, use python -m src.evaluate run={folder}"
    if not isinstance(opened.datamodule, ImageDataModule):
        replay = f"to see its training, use python -m src.export run={folder} format=replay"
        raise ConfigError(
            f"run: the page opens runs on images (got {folder}, which was trained on {opened.datamodule.title}); "
            f"{replay if spec.input_shape == (2,) else scores}"
        )
    if spec.task == "multilabel":
        raise ConfigError(f"run: the page shows images of one class each (got {folder}, with several labels); {scores}")
    opened.check_data(refuse=True)
    return opened.datamodule
