"""Your own images: a folder with a sub-folder for each class."""

from pathlib import Path
from typing import Annotated, Any, get_args

import torch
from pydantic import Field
from torch import Tensor

from src.data.blocks import BlockLoader
from src.data.image.base import Collection, Files, ImageDataModule
from src.data.image.files import ImageFiles, image_files
from src.data.image.keys import file_keys
from src.data.image.stream import StreamLoader
from src.data.rows import Rows, Split
from src.data.source import Source
from src.errors import ConfigError
from src.settings.rules import Natural, Positive, Whole, checked


class ImageFolder(ImageDataModule):
    """Images of any size in `<path>/<class>/`, or in `<path>/train/<class>/` with `val/` and `test/` where they exist.

    A folder that fits in memory is decoded once and remembered; a larger one is decoded anew each epoch, by worker
    processes, while training goes on.

    Args:
        path: The folder.
        image_size: Height and width to which images are cut and resized.
        color: Three channels; false is grey.
        skip_broken: Leave out images that do not decode, instead of refusing the folder.
        memory_budget: GiB that decoded images may fill; a larger folder streams.
        num_workers: Processes that decode a folder that streams.
        cache: Folder for what was decoded.
        remember: Keep there what had to be decoded; otherwise the folder is only read.
        **common: Arguments of `ImageDataModule`.
    """

    @checked
    def __init__(
        self,
        *,
        path: str | None,
        image_size: Annotated[Whole, Field(ge=4, le=2048)] = 64,
        color: bool = True,
        skip_broken: bool = False,
        memory_budget: Positive = 2.0,
        num_workers: Annotated[Natural, Field(le=256)] = 2,
        cache: str = "data/decoded",
        remember: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if path is None:
            raise ConfigError("data.path: needs a folder with a sub-folder of images for each class (got null); set it")
        self.path, self.cache, self.remember = Path(path).expanduser(), Path(cache), remember
        self.image_size, self.color, self.skip_broken = image_size, color, skip_broken
        self.memory_budget, self.num_workers = memory_budget, num_workers
        self._files = ImageFiles([], image_size, color, skip_broken)

    def read(self) -> Collection:
        """Find the files, and decode them all if they fit.

        Raises:
            ConfigError: No such folder, a class without images, or an image that does not decode.
        """
        names, labels, paths = self._found()
        self._files.paths = paths
        keys = file_keys(paths, self.cache, self.remember)
        self.source = Source.of_files(self.path, paths, "pictures", keys.tobytes())
        self.refuse_change(self.source)
        y = torch.tensor([label for split in labels.values() for label in split])
        split_of = torch.cat([torch.full((len(found),), i) for i, found in enumerate(labels.values())])
        x = numbers = torch.arange(len(paths))
        if not self.streams:
            x, kept = self._files.read_all(self.cache, self.remember)
            y, split_of, numbers = y[kept], split_of[kept], numbers[kept]
        parts = {split: Rows(x[split_of == i], y[split_of == i]) for i, split in enumerate(labels)}
        of_parts = {split: numbers[split_of == i] for i, split in enumerate(labels)}
        shown = [path.relative_to(self.path).as_posix() for path in paths]
        return Collection(parts, names, Files(shown, keys, of_parts))

    def source_now(self) -> Source | None:
        """The pictures as they are now; None where there are none."""
        if not self.path.is_dir():
            return None
        paths = self._found()[2]
        return Source.of_files(self.path, paths, "pictures", file_keys(paths, self.cache, self.remember).tobytes())

    def _found(self) -> tuple[tuple[str, ...], dict[Split, list[int]], list[Path]]:
        """The classes, the label of each picture of each part, and the pictures' files."""
        folders = self._folders()
        names = _class_names(next(iter(folders.values())))
        paths: list[Path] = []
        labels: dict[Split, list[int]] = {}
        for split, folder in folders.items():
            labels[split] = []
            for label, found in self._by_class(folder, names):
                paths += found
                labels[split] += [label] * len(found)
        return names, labels, paths

    @property
    def streams(self) -> bool:
        """Whether the images are too many to be held."""
        return self._files.nbytes > self.memory_budget * 2**30

    def images(self, x: Tensor) -> Tensor:
        """Decoded images as they are, or those whose files' numbers x [N] holds."""
        if not self.streams:
            return x
        paths = [self._files.paths[number] for number in x.tolist()]
        return ImageFiles(paths, self.image_size, self.color, self.skip_broken)  # type: ignore[return-value]

    def make_loader(self, rows: Rows, **settings: Any) -> BlockLoader:
        """A loader of rows whose images are held, or in files; `settings` are arguments of `BlockLoader`."""
        if isinstance(rows.x, Tensor):
            return super().make_loader(rows, **settings)
        return StreamLoader(rows.x, rows.y, num_workers=self.num_workers, scale=self.scaled, **settings)

    def _folders(self) -> dict[Split, Path]:
        if not self.path.is_dir():
            raise ConfigError(f"data.path: {self.path} is not a folder; set it to one with a sub-folder for each class")
        found = {split: self.path / split for split in get_args(Split) if (self.path / split).is_dir()}
        return found if "train" in found else {"train": self.path}

    def _by_class(self, folder: Path, names: tuple[str, ...]) -> list[tuple[int, list[Path]]]:
        if strangers := set(_class_names(folder)) - set(names):
            raise ConfigError(f"data.path: {folder} has a class that training has not ({min(strangers)}); remove it")
        by_class = [(label, image_files(folder / name)) for label, name in enumerate(names)]
        for label, found in by_class:
            if not found:
                raise ConfigError(f"data.path: {folder / names[label]} holds no images; add some or remove the folder")
        return by_class


def _class_names(folder: Path) -> tuple[str, ...]:
    names = tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))
    if len(names) < 2:
        found = names[0] if names else "none"
        raise ConfigError(f"data.path: {folder} needs a sub-folder for each of two classes or more (got {found})")
    return names
