"""A run's predictions for rows of a file, or for images, written next to the inputs."""

import csv
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Self

import torch
from omegaconf import DictConfig
from torch import Tensor
from tqdm import tqdm

from src.data.image.files import ImageFiles, left_out
from src.data.image.finding import SUFFIXES, content, listed
from src.data.reading import formats
from src.data.reading.files import check_no_address, column_types, read_parts
from src.data.table import Table
from src.errors import ConfigError
from src.heads.base import Head
from src.reporting.remarks import remark
from src.reporting.terminal import messages_on_stderr
from src.runs.ensembles import Ensemble, open_named
from src.runs.opening import OpenRun
from src.storage.formulas import inert
from src.storage.outputs import check_output, output

log = logging.getLogger(__name__)

_NO_TABLES = {".xlsx", ".xls", ".ods", ".json", ".jsonl", ".feather", ".arrow", ".html", ".pkl", ".npy", ".png", ".jpg"}
_IMAGES_AT_ONCE = 64
PIPE = "-"
"""The name of the standard output."""


def predict(cfg: DictConfig) -> Path | None:
    """Write the rows of `input` with a label and probabilities each; returns the output's path, None for a pipe.

    Memory is limited: rows are read, predicted and written a few thousand at a time.

    Args:
        cfg: The configuration of `conf/predict.yaml`.

    Raises:
        ConfigError: There is no such run or input, a column is missing, a cell is not a number, or the output exists
            already or cannot be written. Nothing is written then.
    """
    if cfg.input is None:
        raise ConfigError("input: needs a CSV or Parquet file, an image or a folder of images (got null); set input=…")
    source = Path(cfg.input)
    if cfg.output == PIPE:
        with messages_on_stderr():
            _write(cfg, source, None)
        return None
    target = source.with_name(f"{source.stem}_predicted.csv") if cfg.output is None else Path(cfg.output)
    check_output(target, cfg.force, source)
    if target.suffix.lower() in _NO_TABLES:
        raise ConfigError(f"output: a {target.suffix} file would hold CSV (got {target}); name a .csv or .parquet file")
    _write(cfg, source, target)
    return target


def _write(cfg: DictConfig, source: Path, target: Path | None) -> None:
    """Write predictions for the rows of a `source` to `target` or, without one, to the standard output."""
    asked = open_named(cfg)
    parts = (_image_parts if asked.first.spec.is_image else _table_parts)(asked, source)
    cell = (lambda value: value) if cfg.get("formulas") == "keep" else inert
    count = 0
    is_parquet = target is not None and target.suffix.lower() in formats.PARQUET
    with (
        nullcontext() if target is None else output(target, cfg.force) as part,
        tqdm(unit=" rows", leave=False, disable=None) as bar,
        _Writer(part, cell, _types(asked, source) if is_parquet else None) as writer,
    ):
        for table, inputs in parts:
            writer.write(_answered(asked, table, inputs))
            count += len(table)
            bar.update(len(table))
    rows = "1 prediction" if count == 1 else f"{count:,} predictions"
    log.info("wrote %s by %s to %s", rows, asked.name, target or "the standard output")


def answers(head: Head, x: Tensor) -> dict[str, list[Any]]:
    """Columns with the prediction of a `head` for each of the rows x [N, *input_shape], as the network sees them.

    `predicted` is a class name or a value; `predicted_<label>` is 0 or 1 if rows have several labels;
    `probability_<class>` is the probability of each.
    """
    with torch.no_grad():
        logits = head(x.to(head.device)).float().cpu()
    return head.answers(logits)


def _answered(asked: Ensemble, table: Table, inputs: list[Tensor]) -> dict[str, list[Any]]:
    found = asked.answers(inputs)
    if taken := [name for name in found if name in table.columns]:
        raise ConfigError(f"{table.source}: already has a column {taken[0]}, the name of an output; rename it")
    return table.columns | found


def _table_parts(asked: Ensemble, source: Path) -> Iterator[tuple[Table, list[Tensor]]]:
    """Parts of a file, and their rows as each network sees them."""
    if source.is_dir() or source.suffix.lower() in SUFFIXES:
        raise ConfigError(f"input: the run was trained on a table (got {source}); name a CSV or Parquet file")
    first, members = asked.first.datamodule, asked.members
    for number, table in enumerate(read_parts(source, first.reading, first.columns_used(asked.first.spec))):
        if number == 0:
            _mention_extra(table, asked.first)
        yield table, [_encoded(each, table) for each in members]
    for kind, text in dict.fromkeys(said for each in members for said in each.datamodule.settle(str(source))):
        remark(kind, text)


def _types(asked: Ensemble, source: Path) -> dict[str, Any]:
    """Arrow's types of the columns of a `source` that are copied, which its first rows may not reveal."""
    if asked.first.spec.is_image:
        return {}
    try:
        import pyarrow  # noqa: F401
    except ImportError as error:
        raise ConfigError("output: writing Parquet needs pyarrow; pip install pyarrow, or write CSV") from error
    data = asked.first.datamodule
    return column_types(source, data.reading, data.columns_used(asked.first.spec))


def _encoded(opened: OpenRun, table: Table) -> Tensor:
    raw = opened.datamodule.encode(table, opened.spec)
    return opened.datamodule.scaled(raw.reshape(len(table), *opened.spec.input_shape))


def _mention_extra(table: Table, opened: OpenRun) -> None:
    used = opened.datamodule.columns_used(opened.spec)
    extra = [name for name in table.columns if name not in used]
    if extra:
        log.info("not used to predict, but kept: %s", ", ".join(extra))


def _image_parts(asked: Ensemble, source: Path) -> Iterator[tuple[Table, list[Tensor]]]:
    """Paths of images, and the images as each network sees them."""
    if not source.exists():
        check_no_address(source)
        raise ConfigError(f"input: there is no file or folder {source}; name an image or a folder of images")
    paths, others = content(source) if source.is_dir() else ([source], [])
    if not paths:
        raise ConfigError(f"input: {source} holds no images ({', '.join(SUFFIXES)}); name another folder")
    if others:
        log.info("%s files are not images and are left out: %s", f"{len(others):,}", listed(others, source))
    opened = asked.first
    channels, side, _ = opened.spec.input_shape
    skips, as_seen = bool(opened.cfg.data.get("skip_broken")), opened.datamodule.as_seen
    images = ImageFiles(paths, side, channels == 3, skips, as_seen)
    lost = 0
    for start in range(0, len(images), _IMAGES_AT_ONCE):
        places = range(start, min(start + _IMAGES_AT_ONCE, len(images)))
        x, kept = images.read(places)
        lost += len(places) - len(kept)
        if kept:
            table = Table({"image": [str(paths[place]) for place in kept]}, str(source), start + 1)
            yield table, [each.datamodule.scaled(x) for each in asked.members]
    if lost == len(images):
        raise ConfigError(f"input: no image in {source} can be decoded; replace them")
    if lost:
        log.info(left_out(lost, len(images)))


class _Writer:
    """Appends tables of columns to one CSV or Parquet file.

    Args:
        part: The file; None is the standard output.
        cell: Converts each cell of a CSV file.
        types: Arrow's types of columns, for Parquet; None writes CSV.
    """

    def __init__(self, part: Path | None, cell: Callable[[Any], Any], types: dict[str, Any] | None) -> None:
        self.part, self.cell, self.types = part, cell, types
        self._file: Any = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None and self.part is not None:
            self._file.close()

    def write(self, columns: dict[str, list[Any]]) -> None:
        """Write some rows, given as columns of equal length."""
        (self._write_csv if self.types is None else self._write_parquet)(columns)

    def _write_csv(self, columns: dict[str, list[Any]]) -> None:
        ending = "\n" if self.part is None else "\r\n"  # programs in a pipe read lines
        if self._file is None:
            self._file = sys.stdout if self.part is None else self.part.open("w", newline="", encoding="utf-8")
            csv.writer(self._file, lineterminator=ending).writerow(map(self.cell, columns))
        csv.writer(self._file, lineterminator=ending).writerows(
            [self.cell(each) for each in row] for row in zip(*columns.values(), strict=True)
        )

    def _write_parquet(self, columns: dict[str, list[Any]]) -> None:
        try:
            from pyarrow import Table as ArrowTable
            from pyarrow import field, schema
            from pyarrow.parquet import ParquetWriter
        except ImportError as error:
            raise ConfigError("output: writing Parquet needs pyarrow; pip install pyarrow, or write CSV") from error
        if self._file is None:
            known = self.types or {}
            found = ArrowTable.from_pydict({name: cells for name, cells in columns.items() if name not in known}).schema
            fields = [field(name, known[name]) if name in known else found.field(name) for name in columns]
            self._file = ParquetWriter(self.part, schema(fields))
        self._file.write_table(ArrowTable.from_pydict(columns, self._file.schema))
