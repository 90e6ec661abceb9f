"""Images named in a table with their labels, instead of one folder per class."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from src.data.image.finding import SUFFIXES, Images
from src.data.reading.dialect import Told
from src.data.reading.files import check_is_file, opened
from src.data.rows import Split, split_named
from src.data.table import Table
from src.data.tabular.classes import class_of_each, in_order
from src.data.tabular.several import several_labels
from src.errors import ConfigError, suggestion

Column = str | int
"""A column's name, or its position: 0 is the first and -1 the last."""

_NAMES = 3


class Listing(NamedTuple):
    """A table of images.

    Attributes:
        csv: The file, in any format of a table.
        root: The folder that file names are relative to; none may lead outside it.
        file_column: Column of the file names; None is the first.
        targets: Columns of the labels; empty stands for the only column without another role.
        split_column: Column that says `train`, `val` or `test` for each row.
        label_separator: Separator of several labels in a cell of the only target; None reads one label per cell.
    """

    csv: Path
    root: Path
    file_column: Column | None
    targets: Sequence[Column]
    split_column: Column | None
    label_separator: str | None = None


def listed_images(listing: Listing, known: Sequence[str] | None = None) -> tuple[Images, bool, str | None]:
    """The images of a listing, whether each has several labels, and a remark on rows without a label.

    Several target columns are yes-or-no labels; `Images.labels` then has a tuple of zeros and ones per image, as it
    has for a column with several labels per cell.

    Args:
        listing: The table and what its columns are.
        known: The labels of a trained run, if cells hold several; None finds them.

    Raises:
        ConfigError: The table cannot be read, or names an image that does not exist, twice, or outside the folder.
    """
    check_is_file(listing.csv)
    if not listing.root.is_dir():
        raise ConfigError(
            f"data.path: {listing.root} is not a folder; set it to the one with the images of {listing.csv}"
        )
    with opened(listing.csv, Told(), []) as file:
        table = file.table(lambda _: True)
    names = list(table.columns)
    files = _column(names, "file_column", 0 if listing.file_column is None else listing.file_column, listing.csv)
    split = None if listing.split_column is None else _column(names, "split_column", listing.split_column, listing.csv)
    targets = [_column(names, "target", column, listing.csv) for column in listing.targets]
    if not targets:
        rest = [name for name in names if name not in (files, split)]
        if len(rest) != 1:
            raise ConfigError(
                f"data.target: {listing.csv} has {len(rest)} columns in addition to the file names "
                f"({', '.join(rest[:_NAMES])}{', …' if len(rest) > _NAMES else ''}); name the one with the labels"
            )
        targets = rest
    several = several_labels(table, targets, listing.label_separator, known)
    texts = table.texts(targets[0]) if several is None else several.codes
    kept = [row for row, text in enumerate(texts) if text is not None]
    if not kept:
        raise ConfigError(f"data.target: no row of {listing.csv} has a label in {targets[0]}; name another column")
    given = [str(texts[row]) for row in kept]
    paths = _paths(table, files, kept, listing)
    if several is None:
        given = [str(each) for each in class_of_each(given, None, False, str(listing.csv))]
    classes = in_order(set(given)) if several is None else several.names
    labels = [classes.index(text) if several is None else tuple(map(int, text)) for text in given]
    parts = _parts(table, split, kept, listing)
    found: dict[Split, list[int]] = {}
    in_this_order: list[Path] = []
    for name in ("train", "val", "test"):
        places = [place for place, part in enumerate(parts) if part == name]
        if places or name == "train":
            found[name] = [labels[place] for place in places]  # type: ignore[misc]
            in_this_order += [paths[place] for place in places]
    if not found["train"]:
        raise ConfigError(f"data.split_column: no row of {listing.csv} is a training row; mark some as train")
    gone = len(texts) - len(kept)
    counted = "1 row has no label and is" if gone == 1 else f"{gone:,} rows have no label and are"
    doubt = f"{listing.csv}: {counted} left out" if gone else several.doubt if several else None
    return Images(classes, found, in_this_order, [], []), several is not None, doubt


def _column(names: list[str], key: str, column: Column, csv: Path) -> str:
    if str(column) in names:
        return str(column)
    if isinstance(column, int) and -len(names) <= column < len(names):
        return names[column]
    raise ConfigError(f"data.{key}: {csv} has no column {column!r}; {suggestion(str(column), set(names))}")


def _paths(table: Table, column: str, rows: list[int], listing: Listing) -> list[Path]:
    """The path of the image of each of some rows."""
    root = listing.root.resolve()
    found: list[Path] = []
    seen: dict[Path, int] = {}
    cells = table.texts(column)
    for row in rows:
        number, name = table.row_numbers[row], cells[row]
        if name is None:
            raise ConfigError(f"{listing.csv}: row {number} names no file in {column}; fill it in, or remove the row")
        path = listing.root / name
        if not (path.parent.resolve() / path.name).is_relative_to(root):  # symbolic links are followed, as in folders
            raise ConfigError(
                f"{listing.csv}: row {number} names a file outside of {listing.root} (got {name!r}); set data.path to "
                "a folder that holds all images"
            )
        if not path.is_file():  # some tables omit the suffix
            path = next((each for suffix in SUFFIXES if (each := Path(f"{path}{suffix}")).is_file()), path)
        if not path.is_file():
            raise ConfigError(
                f"{listing.csv}: row {number}: there is no image {name} in {listing.root}; add it, remove the row, "
                "or set data.path to the folder that the names are relative to"
            )
        if path in seen:
            raise ConfigError(
                f"{listing.csv}: rows {seen[path]} and {number} both name {name}; use one row per image, and for "
                "several labels one column each, data.target=[a,b], or one cell with data.label_separator"
            )
        seen[path] = number
        found.append(path)
    return found


def _parts(table: Table, split: str | None, rows: list[int], listing: Listing) -> list[Split]:
    if split is None:
        return ["train"] * len(rows)
    cells = table.texts(split)
    parts: list[Split] = []
    for row in rows:
        part = split_named(str(cells[row]))
        if part is None:
            raise ConfigError(
                f"{listing.csv}: the split in row {table.row_numbers[row]} should be train, val or test "
                f"(got {cells[row]!r}); fix it"
            )
        parts.append(part)
    return parts
