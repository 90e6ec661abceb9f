"""The base of image datasets: classes, splits, scaling of pixels and augmentation."""

from abc import abstractmethod
from typing import Any, NamedTuple, get_args

import torch
from torch import Generator, Tensor

from src.data.base import InMemoryDataModule
from src.data.identity import Identity, Keys, numbered
from src.data.image.augmentation import erased, shifted
from src.data.image.drawing import Way
from src.data.positive import check_kept, positive_last
from src.data.rows import Rows, Split, Splits
from src.data.scaler import Scaler
from src.data.splitting import SplitFraction, check_fractions, split_rows
from src.errors import ConfigError
from src.settings.rules import ClassName, Fraction, Natural, Seed, Whole, checked
from src.spec import Task

_SCALER_ROWS = 4096  # images used to fit a scaler; the mean of their pixels is accurate to a thousandth


class Collection(NamedTuple):
    """The images that a source offers.

    Attributes:
        parts: Rows of `train` and, if the source has them, of `val` and `test`.
        class_names: Name of each class by its index.
        files: The files, if each image is a separate file.
    """

    parts: dict[Split, Rows]
    class_names: tuple[str, ...]
    files: "Files | None" = None


class Files(NamedTuple):
    """The files that images come from.

    Attributes:
        names: Names of all files.
        keys: Keys of all files.
        numbers: Indices of the files of each part's rows.
    """

    names: list[str]
    keys: Keys
    numbers: dict[Split, Tensor]


class _Part(NamedTuple):
    """Images x and labels y of a part, and the indices of their files."""

    x: Tensor
    y: Tensor
    numbers: Tensor

    def at(self, rows: Tensor) -> "_Part":
        return _Part(self.x[rows], self.y[rows], self.numbers[rows])


class ImageDataModule(InMemoryDataModule):
    """Images x [N, C, H, W] held as uint8. A network sees float32, from -1 for black to 1 for white, or standardised.

    Args:
        classes: Labels or names of the classes to keep, renumbered in this order; None keeps all.
        val_fraction: Fraction of the training images in the validation split, if the source has none.
        test_fraction: Fraction of the images in the test split, if the source has none.
        positive: Name of the positive class of two, with label 1; `auto` decides by the names and, in your own folders,
            by the counts; None keeps their order, as in runs saved without this key.
        split_seed: Seed of the stratified split; None is `seed`.
        flip: Whether to mirror half of the training images, left to right.
        shift: Maximum number of pixels by which a training image is shifted up, down, left or right.
        erase: Probability of blacking out a rectangle of a training image.
        **common: Arguments of `InMemoryDataModule`; `standardize` works per channel.
    """

    scaled_when_served = True
    has_several = False  # several labels per image instead of one class
    divides_rows = True
    draws_rows = False
    drawn_as: Way | None = None  # how a drawing becomes a picture like these, if that is known

    @checked
    def __init__(
        self,
        *,
        classes: list[Whole | str] | None = None,
        val_fraction: SplitFraction = 0.1,
        test_fraction: SplitFraction = 0.2,
        positive: ClassName | None = None,
        split_seed: Seed | None = None,
        flip: bool = False,
        shift: Natural = 0,
        erase: Fraction = 0.0,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        check_fractions(test_fraction, val_fraction, self.fold)
        self.classes, self.positive = classes, positive
        self.val_fraction, self.test_fraction = val_fraction, test_fraction
        self.split_seed = self.seed if split_seed is None else split_seed
        self.flip, self.shift, self.erase = flip, shift, erase
        self._class_names: tuple[str, ...] = ()
        self._trained_names: tuple[str, ...] | None = None

    @abstractmethod
    def read(self) -> Collection:
        """All images of the source."""

    def images(self, x: Tensor) -> Tensor:
        """Images [N, C, H, W] of a split, for sources whose x [N, …] holds only indices until then."""
        return x

    @property
    def class_names(self) -> tuple[str, ...]:
        """Name of each class that is kept, by its new index; the positive class of two is the last."""
        if not self._class_names:
            _ = self.splits
        return self._class_names

    def load(self) -> Splits:
        """Read, keep the chosen classes, and split what the source has not split itself."""
        found, names, files = self.read()
        kept = self._labels_kept(names)
        if len(kept) < 2:
            raise ConfigError(f"data.classes: needs two classes or more (got {len(kept)}); name another")
        in_order = tuple(names[label] for label in kept)
        if self.has_several:
            self._class_names, _ = in_order, positive_last((), self.positive)
        else:
            self._class_names = self._ordered(in_order, found)
        self.task = self._task()  # type: ignore[misc]
        parts: dict[Split, _Part] = {
            split: _Part(*rows, files.numbers[split] if files else torch.arange(len(rows.y)))
            for split, rows in found.items()
        }
        if self.classes is not None:
            parts = {split: _of_classes(part, kept, len(names)) for split, part in parts.items()}
        if self.is_apart:
            parts = {"test": _Part(*(torch.cat(each) for each in zip(*parts.values(), strict=True)))}
        else:
            parts = self._divided(parts, in_order)
        if files is not None:
            test = parts["test"]
            parts["test"] = test.at(self.without_seen(files.keys[test.numbers.numpy()], torch.arange(len(test.y))))
        given: dict[Split, _Part] = {split: parts.get(split, parts["test"]) for split in get_args(Split)}
        if files is not None:
            places = {split: part.numbers.numpy() for split, part in given.items()}
            self.identity = Identity("image", files.names, places, files.keys)
        elif self.fold is not None:
            self.identity = numbered(len(found["train"].y), *(part.numbers for part in given.values()))
        label = torch.tensor(
            [self._class_names.index(name) for name in in_order]
        )  # only now, so that splits do not depend on the order
        splits = Splits(
            *(Rows(self.images(part.x), part.y if self.has_several else label[part.y]) for part in given.values())
        )
        side = min(splits.train.x.shape[2:])
        if self.shift >= side:
            raise ConfigError(
                f"data.shift: these images have {side} pixels per side, so nothing would be left to see "
                f"(got {self.shift}); lower it"
            )
        return splits

    def _task(self) -> Task:
        if self.has_several:
            return "multilabel"
        return "binary" if len(self._class_names) == 2 else "multiclass"

    def _divided(self, parts: dict[Split, _Part], names: tuple[str, ...]) -> dict[Split, _Part]:
        """The three splits, including those that the source does not have itself."""
        whole = parts["train"]
        if self.fold is not None and "test" in parts:
            raise ConfigError(
                f"data.folds: these images already have a test split, so they are not divided into folds "
                f"(got {self.fold.folds}); leave it out"
            )
        divided = split_rows(
            torch.arange(len(whole.y)),
            0.0 if "test" in parts else self.test_fraction,
            0.0 if "val" in parts else self.val_fraction,
            self.split_seed,
            None if self.has_several else whole.y,
            names,
            self.fold,
        )
        cut = {split: whole.at(rows) for split, rows in zip(get_args(Split), divided, strict=True)}
        return {**cut, **parts, "train": cut["train"]}

    def _ordered(self, names: tuple[str, ...], parts: dict[Split, Rows]) -> tuple[str, ...]:
        """The kept names in the order of their indices: a checkpoint's order, or the one that `positive` asks for."""
        if self._trained_names is not None and set(self._trained_names) == set(names):
            check_kept(self._trained_names, self.positive)
            return self._trained_names
        counts = None
        if self.source is not None and self.classes is None:
            counts = torch.cat([rows.y for rows in parts.values()]).bincount(minlength=len(names)).tolist()
        ordered, doubt = positive_last(names, self.positive, counts)
        if doubt and (self.classes is None or ordered != names):  # naming two classes orders them
            self.doubts += [("positive", doubt)]
        return ordered

    def _labels_kept(self, names: tuple[str, ...]) -> list[int]:
        if self.classes is None:
            return list(range(len(names)))
        if self.has_several:
            raise ConfigError(f"data.classes: images have several labels each (got {self.classes}); use data.target")
        kept = [self._label(wanted, names) for wanted in self.classes]
        if twice := [names[label] for label in kept if kept.count(label) > 1]:
            raise ConfigError(f"data.classes: {twice[0]} is named twice (got {self.classes}); name it once")
        return kept

    def _label(self, wanted: int | str, names: tuple[str, ...]) -> int:
        """The index of a class by its name, or by its position if no class has such a name."""
        if str(wanted) in names and not self._meant_places(names):
            return names.index(str(wanted))
        alike = [label for label, name in enumerate(names) if name.lower() == str(wanted).lower()]
        if isinstance(wanted, str) and len(alike) == 1:
            return alike[0]
        if isinstance(wanted, int) and wanted < len(names):
            return wanted
        choices = ", ".join(f"{label} {name}" for label, name in enumerate(names))
        raise ConfigError(f"data.classes: no class {wanted!r}; choose from {choices}")

    def _meant_places(self, names: tuple[str, ...]) -> bool:
        """Whether a checkpoint's run read numbers as positions, as earlier versions did even if they are names."""
        wanted = [each for each in self.classes or () if isinstance(each, int) and each < len(names)]
        return self._trained_names is not None and {names[place] for place in wanted} == {*self._trained_names}

    def state_dict(self) -> dict[str, Any]:
        """The scaler, and the classes in order."""
        return super().state_dict() | {"classes": self.class_names}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore both; earlier versions saved no classes."""
        state = dict(state_dict)
        names = state.pop("classes", None)
        self._trained_names = None if names is None else tuple(names)
        if self._splits is not None and self._trained_names not in (None, self._class_names):
            self._splits = None
        super().load_state_dict(state)

    def fit_scaler(self, x: Tensor) -> Scaler:
        """Maps black to -1 and white to 1, or each channel to mean 0 and standard deviation 1 over training images."""
        if not self.standardize:
            half = torch.full((x.shape[1], 1, 1), 127.5)
            return Scaler(half, half.clone())
        step = max(1, len(x) // _SCALER_ROWS)
        return Scaler.fitted(x[torch.arange(0, len(x), step)], dims=(0, 2, 3))

    @property
    def augments(self) -> bool:
        """Whether training images are augmented."""
        return self.flip or self.shift > 0 or self.erase > 0

    def augment(self, x: Tensor, generator: Generator) -> Tensor:
        """Images x [B, C, H, W] mirrored, shifted and erased according to the constructor's arguments."""
        if self.flip or self.shift:
            x = shifted(x, generator, self.shift, self.flip)
        return erased(x, generator, self.erase) if self.erase else x


def _of_classes(part: _Part, kept: list[int], num_classes: int) -> _Part:
    """The rows with a label in `kept`, renumbered in that order."""
    renumbered = torch.full((num_classes,), -1)
    renumbered[kept] = torch.arange(len(kept))
    part = part._replace(y=renumbered[part.y])
    return part.at(part.y >= 0)
