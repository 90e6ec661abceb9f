"""The public image datasets that torchvision downloads and reads."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from math import prod
from pathlib import Path
from typing import Any, Literal

import torch

from src.data.image.base import Collection, ImageDataModule
from src.data.image.drawing import Way
from src.data.rows import Rows
from src.errors import ConfigError
from src.settings.rules import checked
from src.storage.files import OF_THE_DISK, make_folders, placed
from src.storage.removal import part_of, put, remove_empty, remove_part

Name = Literal["FashionMNIST", "MNIST", "KMNIST", "CIFAR10"]
_IDX_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
_CIFAR_FILES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta")
_DRAWN: dict[str, Way] = {"MNIST": "mnist", "FashionMNIST": "fashion"}
_SECONDS_TO_CONNECT = 20.0


class TorchvisionImages(ImageDataModule):
    """One of torchvision's datasets, with its own split into training and test images.

    Args:
        name: The name of torchvision's class.
        root: The folder that holds the dataset's own folder, such as `FashionMNIST/`; downloads go there.
        download: Whether to download what is missing.
        **common: Arguments of `ImageDataModule`.
    """

    divides_rows = False

    @checked
    def __init__(self, *, name: Name, root: str = "data", download: bool = True, **common: Any) -> None:
        super().__init__(**common)
        self.dataset, self.root, self.download = name, Path(root), download
        self.drawn_as = _DRAWN.get(name)
        is_cifar = name == "CIFAR10"
        self.folder = Path("cifar-10-batches-py") if is_cifar else Path(name, "raw")
        self.files = _CIFAR_FILES if is_cifar else _IDX_FILES

    @property
    def title(self) -> str:
        """The dataset's name as its authors write it."""
        return {"FashionMNIST": "Fashion-MNIST", "CIFAR10": "CIFAR-10"}.get(self.dataset, self.dataset)

    def read(self) -> Collection:
        """Read the images, downloading them first if they are missing.

        Raises:
            ConfigError: They are missing and cannot be downloaded, or a file is damaged.
        """
        from torchvision import datasets

        source: Any = getattr(datasets, self.dataset)
        missing = [file for file in self.files if not (self.root / self.folder / file).exists()]
        if missing:
            self._fetch(source, missing)
        for file in self.files if self.files is _IDX_FILES else ():
            self._check_size(self.root / self.folder / file)
        try:
            train, test = (source(self.root, train=train) for train in (True, False))
        except (RuntimeError, ValueError, TypeError, EOFError, OSError) as error:
            raise self._damaged(self.root / self.folder, " ".join(str(error).split())) from error
        parts = {"train": _rows(train), "test": _rows(test)}
        for split, rows in parts.items():
            if len(rows.x) != len(rows.y) or not 0 <= int(rows.y.min()) <= int(rows.y.max()) < len(train.classes):
                raise self._damaged(self.root / self.folder, f"its {split} labels do not match its images")
        return Collection(parts, tuple(_spoken(name) for name in train.classes))  # type: ignore[arg-type]

    def _fetch(self, source: Any, missing: list[str]) -> None:
        """Download to a temporary folder and move into place, so that a broken download leaves nothing behind."""
        place = self.root / self.folder
        lacking = "" if len(missing) == len(self.files) else f" (missing {', '.join(missing)})"
        remedy = f"put {', '.join(self.files)} there, or set data_dir to the folder that holds {self.folder.parts[0]}/"
        if not self.download:
            raise ConfigError(f"data: {self.dataset} is not in {place}{lacking}; {remedy}")
        try:
            with placed(place), _scratch(place) as scratch, _patience(), redirect_stdout(StringIO()):
                for train in (True, False):
                    source(scratch, train=train, download=True)
                make_folders(place)
                for file in missing:
                    put(scratch / self.folder / file, place / file, replace=False)
        except (RuntimeError, OSError) as error:  # URLError is an OSError
            if getattr(error, "errno", None) in OF_THE_DISK:
                raise
            reason = str(error).strip().splitlines()[-1].strip("<>").removeprefix("urlopen error ")
            raise ConfigError(
                f"data: {self.dataset} is not in {place}{lacking} and could not be downloaded ({reason}); {remedy}"
            ) from error

    def _check_size(self, file: Path) -> None:
        """Compare a file's size with the size in its header: torchvision's own message names neither."""
        with file.open("rb") as opened:
            head = opened.read(16)
        num_dimensions = head[3] if len(head) == 16 else 0
        sizes = [int.from_bytes(head[4 + 4 * i : 8 + 4 * i], "big") for i in range(num_dimensions)]
        expected = 4 + 4 * num_dimensions + prod(sizes)
        if num_dimensions == 0 or file.stat().st_size != expected:
            raise self._damaged(file, f"it has {file.stat().st_size:,} bytes, but its header states {expected:,}")

    def _damaged(self, place: Path, reason: str) -> ConfigError:
        return ConfigError(f"data: {place} is damaged ({reason}); delete it to download it again")


def _rows(dataset: Any) -> Rows:
    """A dataset's images, [N, H, W] tensors or [N, H, W, C] arrays, as uint8 [N, C, H, W]."""
    x = torch.as_tensor(dataset.data)
    x = x.unsqueeze(1) if x.ndim == 3 else x.permute(0, 3, 1, 2).contiguous()
    return Rows(x, torch.as_tensor(dataset.targets).long())


def _spoken(name: str) -> str:
    """MNIST's `7 - seven` is `7`."""
    return name.partition(" - ")[0]


@contextmanager
def _scratch(place: Path) -> Iterator[Path]:
    """A temporary folder for the block; parent folders created for it that stay empty are removed too."""
    above = make_folders(place.parent)
    scratch = part_of(place)
    try:
        scratch.mkdir()
        yield scratch
    finally:
        remove_part(scratch)
        remove_empty(above)


@contextmanager
def _patience() -> Iterator[None]:
    """A limit on the time to wait for a silent server."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(_SECONDS_TO_CONNECT)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
