"""How a folder of images was read before `data.reading` existed; runs trained then still read it this way."""

from pathlib import Path
from typing import get_args

from src.data.image.finding import Content, Layout, Rules
from src.data.rows import Split
from src.errors import ConfigError

_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm"}


def _layout(path: Path) -> Layout:
    if not path.is_dir():
        raise ConfigError(f"data.path: {path} is not a folder; set it to one with a sub-folder for each class")
    found = {split: path / split for split in get_args(Split) if (path / split).is_dir()}
    return Layout(found if "train" in found else {"train": path}, [])


def _content(folder: Path) -> Content:
    return Content(sorted(p for p in folder.rglob("*") if p.suffix.lower() in _SUFFIXES and p.is_file()), [])


EARLIER = Rules(_layout, _content)
"""Splits are called train, val and test, and all images have a suffix; other files are ignored silently."""
