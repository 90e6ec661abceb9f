"""Finds the images of a folder: its splits, its classes, and other files next to them."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from src.data.image.decoding import is_image
from src.data.rows import Split, split_named
from src.errors import ConfigError

SUFFIXES = (
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".avif", ".jp2", ".tga"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
_OF_SYSTEMS = {"__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information"}
_NAMES = 3  # of files or folders in one line


class Layout(NamedTuple):
    """How a folder of images is divided.

    Attributes:
        folders: Folders with one sub-folder per class, by split; only `train` if the folder itself is the split.
        strangers: Folders next to the splits that are not splits.
    """

    folders: dict[Split, Path]
    strangers: list[Path]


class Images(NamedTuple):
    """The images of a folder.

    Attributes:
        names: Names of the classes.
        labels: Label of each image, by split.
        paths: Path of each image, in the order of `labels`.
        strangers: Folders next to the splits that are not splits.
        others: Files that are not images.
    """

    names: tuple[str, ...]
    labels: dict[Split, list[int]]
    paths: list[Path]
    strangers: list[Path]
    others: list[Path]


class Content(NamedTuple):
    """The contents of a folder and its sub-folders, without the files of operating systems.

    Attributes:
        images: Files that are images by name, or by content if the name does not tell; sorted.
        others: All other files, sorted.
    """

    images: list[Path]
    others: list[Path]


class Rules(NamedTuple):
    """How the images of a folder are found.

    Attributes:
        layout: How it is divided into splits.
        content: The contents of the folder of one class.
    """

    layout: Callable[[Path], Layout]
    content: Callable[[Path], Content]


def find_images(path: Path, rules: Rules | None = None) -> Images:
    """The images in the sub-folders of the folder at `path`, one per class.

    Args:
        path: The folder.
        rules: How splits and images are recognised; None is `layout` and `content`.

    Raises:
        ConfigError: As for `layout` and `class_folders`, or a class has no training image.
    """
    layout_of, content_of = rules or (layout, content)
    folders, strangers = layout_of(path)
    found = Images(class_folders(folders["train"]), {}, [], strangers, [])
    for split, folder in folders.items():
        if unknown := set(class_folders(folder)) - set(found.names):
            raise ConfigError(
                f"data.path: {folder} has a class that is not in the training split ({min(unknown)}); remove it"
            )
        found.labels[split] = []
        for label, name in enumerate(found.names):
            inside = content_of(folder / name)
            if split == "train" and not inside.images:
                instead = f" (but {listed(inside.others, folder / name)})" if inside.others else ""
                raise ConfigError(f"data.path: {folder / name} holds no images{instead}; add some or remove the folder")
            found.labels[split] += [label] * len(inside.images)
            found.paths.extend(inside.images)
            found.others.extend(inside.others)
    return found


def layout(path: Path) -> Layout:
    """How the folder at `path` is divided: `Train` and `training` mean train, `valid` and `validation` mean val.

    Raises:
        ConfigError: It is not a folder, two of its folders are the same split, or there is no training split.
    """
    if not path.is_dir():
        raise ConfigError(f"data.path: {path} is not a folder; set it to one with a sub-folder for each class")
    inside = _folders(path)
    folders: dict[Split, Path] = {}
    for folder in inside:
        if (split := split_named(folder.name)) is not None and _folders(folder):  # `train` may be a class of vehicles
            if split in folders:
                raise ConfigError(
                    f"data.path: {folders[split].name} and {folder.name} in {path} are both the {split} split; keep one"
                )
            folders[split] = folder
    if not folders:
        return Layout({"train": path}, [])
    if "train" not in folders:
        raise ConfigError(
            f"data.path: {path} holds {listed(folders.values(), path)} but no train; add it, or name one "
            "of them as data.path"
        )
    in_order = {split: folders[split] for split in ("train", "val", "test") if split in folders}
    return Layout(in_order, [folder for folder in inside if folder not in folders.values()])


def class_folders(folder: Path) -> tuple[str, ...]:
    """Names of the classes of a `folder`, sorted.

    Raises:
        ConfigError: There are fewer than two.
    """
    names = tuple(each.name for each in _folders(folder))
    if len(names) < 2:
        found = names[0] if names else "none"
        raise ConfigError(f"data.path: {folder} needs a sub-folder for each of two classes or more (got {found})")
    return names


def content(folder: Path) -> Content:
    """The files of a `folder` and of the folders in it; linked folders are not entered."""
    images: list[Path] = []
    others: list[Path] = []
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or any(_is_hidden(part) for part in path.relative_to(folder).parts):
            continue
        known = path.suffix.lower() in SUFFIXES or (not path.suffix and is_image(path))
        (images if known else others).append(path)
    return Content(images, others)


def listed(paths: Iterable[Path], above: Path) -> str:
    """The first of some `paths`, relative to the folder `above`, and how many more there are."""
    names = [path.relative_to(above).as_posix() for path in paths]
    more = f" and {len(names) - _NAMES:,} more" if len(names) > _NAMES else ""
    return f"{', '.join(names[:_NAMES])}{more}"


def _folders(path: Path) -> list[Path]:
    return sorted(each for each in path.iterdir() if each.is_dir() and not _is_hidden(each.name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in _OF_SYSTEMS
