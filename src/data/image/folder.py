"""Your own images: a folder with one sub-folder per class."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import Tensor

from src.data import choosing
from src.data.blocks import BlockLoader
from src.data.digests import image_digests
from src.data.identity import Keys
from src.data.image.base import Collection, Files, ImageDataModule
from src.data.image.doubts import broken, doubts
from src.data.image.earlier import EARLIER
from src.data.image.files import ImageFiles
from src.data.image.finding import Images, class_folders, find_images, layout
from src.data.image.keys import content_keys, file_contents, file_keys
from src.data.image.listing import Listing, listed_images
from src.data.image.remembering import Cache
from src.data.image.stream import StreamLoader
from src.data.rows import Rows, Splits
from src.data.source import Source
from src.data.tabular.several import check_separator, choice_of_several
from src.errors import ConfigError
from src.settings.rules import Natural, Positive, Whole, checked


class ImageFolder(ImageDataModule):
    """Images of any size in `<path>/<class>/`, or in `<path>/train/<class>/` with `val/` and `test/` if they exist.

    A folder that fits in memory is decoded once and cached; a larger one is decoded in every epoch, by worker processes
    during training, into the same minibatches.

    Args:
        path: The folder.
        csv: A table of file names and labels instead of sub-folders; names are relative to `path`, or to the table's
            folder.
        file_column: The column of file names; None is the first.
        target: The column of labels, or several yes/no columns; None is the only remaining column.
        label_separator: Separator of several labels in a cell; None reads one label per cell.
        split_column: The column that says `train`, `val` or `test`; None splits at random.
        image_size: Height and width to which images are cropped and resized.
        color: Whether to use three channels instead of grey.
        skip_broken: Whether to leave out images that do not decode instead of refusing the folder.
        memory_budget: GiB that decoded images may take; a larger folder is streamed.
        num_workers: Processes that decode a streamed folder.
        cache: Folder for decoded images.
        cache_budget: GiB that the cache may take; beyond that, the least recently used files are removed.
        remember: Whether to put decoded images into the cache; otherwise it is only read.
        reading: `auto` finds splits under any usual name, and decodes 16-bit and transparent pixels as a viewer would;
            None reads as `EARLIER` does and without `as_seen` of `decode`, for runs saved without this key.
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
        cache_budget: Positive = 10.0,
        remember: bool = True,
        reading: Literal["auto"] | None = None,
        csv: Annotated[str, Field(min_length=1)] | None = None,
        file_column: str | Whole | None = None,
        target: str | Whole | Annotated[list[str | Whole], Field(min_length=1)] | None = None,
        label_separator: Annotated[str, Field(min_length=1)] | None = None,
        split_column: str | Whole | None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        read_from_csv = {
            "file_column": file_column,
            "target": target,
            "split_column": split_column,
            "label_separator": label_separator,
        }
        if csv is None and (unread := [key for key, value in read_from_csv.items() if value is not None]):
            raise ConfigError(
                f"data.{unread[0]}: has no effect without data.csv (got {read_from_csv[unread[0]]}); set that too"
            )
        self.listing: Listing | None = None
        if csv is not None:
            root = Path(csv).expanduser().parent if path is None else Path(path).expanduser()
            targets = target if isinstance(target, list) else [] if target is None else [target]
            check_separator(label_separator, targets)
            self.listing = Listing(Path(csv).expanduser(), root, file_column, targets, split_column, label_separator)
            path = str(root)
        if path is None:
            raise ConfigError("data.path: needs a folder with one sub-folder of images per class (got null); set it")
        self.path, self.cache = Path(path).expanduser(), Cache(Path(cache), cache_budget, remember)
        self.image_size, self.color, self.skip_broken = image_size, color, skip_broken
        self.memory_budget, self.num_workers = memory_budget, num_workers
        self.as_seen = reading is not None
        self._files = self._files_at([])
        self._decoded: Tensor | None = None
        self._without_labels: str | None = None

    def read(self) -> Collection:
        """Find the files, and decode them all if they fit.

        Raises:
            ConfigError: There is no such folder, a class has no images, or an image does not decode.
        """
        found = self._found()
        self._files, labels = self._files_at(found.paths), found.labels
        self.source, keys = self._looked_at(found.paths)
        self.refuse_change(self.source)
        self.doubts = [*doubts(found, self.path)] if self.as_seen else []
        self.doubts += [] if self._without_labels is None else [("no label", self._without_labels)]
        y = torch.tensor([label for split in labels.values() for label in split])
        split_of = torch.cat([torch.full((len(part),), i) for i, part in enumerate(labels.values())])
        x = numbers = torch.arange(len(y))
        if not self.streams:
            self._decoded, kept = self._files.read_all(self.cache)
            self.doubts += broken(found, kept, self.path)
            x, y, split_of, numbers = x[: len(kept)], y[kept], split_of[kept], numbers[kept]
        parts = {split: Rows(x[split_of == i], y[split_of == i]) for i, split in enumerate(labels)}
        of_parts = {split: numbers[split_of == i] for i, split in enumerate(labels)}
        return Collection(parts, found.names, Files(self._names(found.paths), keys, of_parts))

    def choose(self) -> choosing.Choice:
        """The task for the number of classes; no image is read."""
        listed = self.listing is not None
        names = self._found().names if listed else class_folders(layout(self.path).folders["train"])
        if self.has_several and self.listing is not None:
            return choice_of_several(names, self.listing.label_separator)
        return choosing.of_texts("the image", len(self._labels_kept(names)))

    @property
    def title(self) -> str:
        """The folder's name."""
        return self.path.resolve().name

    def source_now(self) -> Source | None:
        """The images as they are now; None if there are none."""
        if not self.path.is_dir():
            return None
        return self._looked_at(self._found().paths)[0]

    def take_source(self, state: Mapping[str, Any] | None) -> None:
        """Restore what a checkpoint saved about the images; they are read again if it read them differently."""
        before = self.source
        super().take_source(state)
        if self.source is not before:
            self._splits = None

    def _looked_at(self, paths: list[Path]) -> tuple[Source, Keys]:
        """The source of the files at `paths` by their bytes, and a key for each."""
        if not self.digests_whole:
            keys = file_keys(paths, self.cache)
            return Source.of_files(self.path, paths, "pictures", keys.tobytes(), whole=False), keys
        contents = file_contents(paths, self.cache)
        self.digests = image_digests(self._names(paths), contents)
        labels = b"" if self.listing is None else Source.of_file(self.listing.csv).digest.encode()
        return Source.of_files(self.path, paths, "pictures", contents.tobytes() + labels), content_keys(contents)

    def _names(self, paths: list[Path]) -> list[str]:
        return [path.relative_to(self.path).as_posix() for path in paths]

    @property
    def streams(self) -> bool:
        """Whether there are too many images to hold in memory."""
        return self._files.nbytes > self.memory_budget * 2**30

    def load(self) -> Splits:
        """The splits; decoded images are copied once, from all of them to their split's."""
        try:
            return super().load()
        finally:
            self._decoded = None

    def images(self, x: Tensor) -> Tensor:
        """The images at the indices x [N], of those decoded or else of the files."""
        if self._decoded is not None:
            return self._decoded[x]
        return self._files.at(x.tolist())  # type: ignore[return-value]

    def make_loader(self, rows: Rows, **settings: Any) -> BlockLoader:
        """A loader of rows with images in memory or in files; `settings` are arguments of `BlockLoader`."""
        if isinstance(rows.x, Tensor):
            return super().make_loader(rows, **settings)
        return StreamLoader(rows.x, rows.y, num_workers=self.num_workers, scale=self.scaled, **settings)

    def _found(self) -> Images:
        if self.listing is not None:
            found, self.has_several, self._without_labels = listed_images(self.listing, self._trained_names)
            return found
        return find_images(self.path, None if self.as_seen else EARLIER)

    def _files_at(self, paths: list[Path]) -> ImageFiles:
        return ImageFiles(paths, self.image_size, self.color, self.skip_broken, self.as_seen)
