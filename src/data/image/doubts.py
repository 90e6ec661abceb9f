"""Probable mistakes in an image folder: other files, pixels with more than 8 bits, damaged images."""

from collections.abc import Iterator
from pathlib import Path

from src.data.image.decoding import depth
from src.data.image.files import left_out
from src.data.image.finding import Images, listed
from src.errors import ConfigError

Doubt = tuple[str, str]
"""Kind and text."""


def doubts(found: Images, folder: Path) -> Iterator[Doubt]:
    """Doubts about the images `found` in a `folder`, from their names and headers."""
    if found.strangers:
        yield "folders", f"data.path: {listed(found.strangers, folder)} next to train is not a split and is left out"
    if found.others:
        count = len(found.others)
        noun = "1 file is not an image and is" if count == 1 else f"{count:,} files are not images and are"
        yield "files", f"data.path: {noun} left out ({listed(found.others, folder)})"
    labels = found.labels["train"]
    first = dict(zip(labels[::-1], found.paths[len(labels) - 1 :: -1], strict=True))
    if deep := next((kind for path in first.values() if (kind := depth(path))), None):
        white = "the smallest of 1, 255 and 65,535 that none exceeds" if "fraction" in deep else "65,535"
        yield "depth", f"data.path: some images store {deep} per pixel; they are scaled to 8 bits, and white is {white}"


def broken(found: Images, kept: list[int], folder: Path) -> Iterator[Doubt]:
    """How many of the images `found` in a `folder` do not decode, given that those at the positions `kept` do.

    Raises:
        ConfigError: No image of a class decodes.
    """
    lost = sorted({*range(len(found.paths))}.difference(kept))
    if not lost:
        return
    labels = [label for split in found.labels.values() for label in split]
    several = bool(labels) and isinstance(labels[0], tuple)
    if not several and (empty := {*labels}.difference(labels[place] for place in kept)):
        raise ConfigError(f"data.path: no image of class {found.names[min(empty)]} in {folder} decodes; replace them")
    shown = listed([found.paths[place] for place in lost], folder)
    yield "broken", f"{left_out(len(lost), len(labels))} ({shown})"
