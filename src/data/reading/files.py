"""Opens a file of rows according to its suffix and its contents."""

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from src.data.reading import formats
from src.data.reading.dialect import PLAIN, Dialect, Told
from src.data.reading.engine import connection, literal
from src.data.reading.faults import mended
from src.data.reading.recognising import blank_lines, header_of, recognised
from src.data.reading.source import Source
from src.data.reading.text_file import about_lines, contains, readable
from src.data.table import Table
from src.errors import ConfigError
from src.memory import refuse_beyond

_ADDRESS = re.compile(r"([a-z][a-z0-9+]+):/+(.*)", re.IGNORECASE)


_SHOWN = 3
_BYTES_PER_CELL = 32  # measured at the peak: DuckDB's copy, ours, and the inputs that the cells become


class File:
    """The rows of one file.

    Args:
        path: Its path.
        dialect: The format of its text.
        source: Its cells.
        num_rows: About how many rows it has.
        mend: Returns readable cells if those of `source` are not, or raises `ConfigError`.
    """

    def __init__(
        self,
        path: Path,
        dialect: Dialect,
        source: Source,
        num_rows: int,
        mend: Callable[[], Source] | None = None,
    ) -> None:
        self.path, self.dialect, self._source, self._mend = path, dialect, source, mend
        self.num_rows = num_rows

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return list(self._source.names.values())

    def table(self, is_text: Callable[[str], bool] = lambda _: False, only: Collection[str] | None = None) -> Table:
        """All rows; columns of numbers as arrays, except those that stay text.

        Args:
            is_text: Whether a column of this name stays text.
            only: Names of the columns to read; None reads all.

        Raises:
            ConfigError: It cannot be read, has no rows, or all its columns need more memory than is free.
        """
        import duckdb

        refuse_beyond(
            self.num_rows * len(self.names) * _BYTES_PER_CELL,
            str(self.path),
            f"about {self.num_rows:,} rows of {len(self.names):,} columns",
            "save fewer rows or columns to a file of their own, and name that",
        )
        with worded(self.path):
            try:
                columns = self._source.columns(is_text, only)
            except duckdb.Error:
                columns = self._mended().columns(is_text, only)
        table = Table(columns, str(self.path), missing=frozenset(self.dialect.missing))
        if len(table) == 0:
            raise _no_rows(self.path)
        return table

    def types(self) -> dict[str, Any]:
        """Arrow's type of each column; needs pyarrow."""
        return self._source.types()

    def parts(self) -> Iterator[Table]:
        """Tables of 16,384 rows each, every cell as in the file.

        Raises:
            ConfigError: It cannot be read, or has no rows.
        """
        first_row = 1
        for columns in self._parts():
            table = Table(columns, str(self.path), first_row, frozenset(self.dialect.missing))
            first_row += len(table)
            yield table
        if first_row == 1:
            raise _no_rows(self.path)

    def _parts(self) -> Iterator[dict[str, list[Any]]]:
        import duckdb

        done = 0
        with worded(self.path):
            try:
                for columns in self._source.parts():
                    yield columns
                    done += 1
            except duckdb.Error:
                yield from islice(self._mended().parts(), done, None)

    def _mended(self) -> Source:
        if self._mend is None:
            raise
        return self._mend()


def read_parts(path: Path, how: Dialect | Told, names: Collection[str]) -> Iterator[Table]:
    """The file at `path` as tables of 16,384 rows each; `how` and `names` are as for `opened`."""
    with opened(path, how, names) as file:
        yield from file.parts()


def column_types(path: Path, how: Dialect | Told, names: Collection[str]) -> dict[str, Any]:
    """Arrow's type of each column of the file at `path`; `how` and `names` are as for `opened`."""
    with opened(path, how, names) as file:
        return file.types()


@contextmanager
def opened(path: Path, how: Dialect | Told, names: Collection[str]) -> Iterator[File]:
    """Open the file at `path`.

    Args:
        path: A file whose suffix gives its format.
        how: The format of its text, or what the user has set.
        names: Columns that it should have. If it lacks them in the given format, the format is detected again.

    Raises:
        ConfigError: There is no such file, or it cannot be read.
    """
    check_is_file(path)
    suffix = path.suffix.lower()
    missing = how.marks if isinstance(how, Told) else how.missing
    with TemporaryDirectory(prefix="table-") as folder, worded(path):
        if suffix in formats.PARQUET or suffix in formats.JSON:
            reader = "read_parquet({})" if suffix in formats.PARQUET else "read_json({}, format = 'newline_delimited')"
            with readable(path, "utf-8") as (text, _), connection(text) as engine:
                source = Source(engine, reader.format(literal(str(text))), {}, missing)
                num_rows = source.count() if suffix in formats.PARQUET else about_lines(text)
                yield File(path, PLAIN._replace(missing=tuple(missing)), source, num_rows)
        elif suffix in formats.FEATHER:
            with connection() as engine:
                engine.register("feather", _feather(path))
                source = Source(engine, "feather", {}, missing)
                yield File(path, PLAIN._replace(missing=tuple(missing)), source, source.count())
        else:
            with _text(path, how, names, Path(folder)) as file:
                yield file


@contextmanager
def _text(path: Path, how: Dialect | Told, names: Collection[str], folder: Path) -> Iterator[File]:
    suffix, packed = path.suffix.lower(), path
    if suffix in formats.EXCEL:
        packed, how = formats.sheet(path, folder / "sheet.csv"), _as_csv(how)
    encoding = how.encoding if isinstance(how, Told) else None
    with readable(packed, encoding) as (text, found):
        if suffix == ".arff":
            text, how = formats.attributes(path, text, folder / "rows.csv"), _as_csv(how, header=True)
        dialect = _dialect(path, text, how, found, names)
        if not dialect.comments:
            yield from _delimited(path, text, dialect, folder)
            return
    with readable(packed, found, comments=True) as (text, _):
        yield from _delimited(path, text, dialect, folder)


def _as_csv(how: Dialect | Told, header: bool | None = None) -> Told:
    """The format of a file that has been turned into CSV."""
    if isinstance(how, Dialect):
        how = Told(header=how.header, missing=how.missing)
    return how._replace(separator=",", encoding="utf-8", header=how.header if header is None else header)


def _dialect(path: Path, text: Path, how: Dialect | Told, encoding: str, names: Collection[str]) -> Dialect:
    """The format of a text: a run's format if the text then has the columns, otherwise the detected one."""
    if isinstance(how, Told):
        return recognised(text, path, encoding, how, names)
    own = how._replace(encoding=encoding)
    if set(names) <= set(column_names(header_of(text, own, path), own)):
        return own
    looks = recognised(text, path, encoding, Told(missing=how.missing), names)
    return looks if set(names) <= set(column_names(header_of(text, looks, path), looks)) else own


def column_names(first: list[str], dialect: Dialect) -> list[str]:
    """Names of the columns of a text from its `first` line and its `dialect`.

    Example:
        >>> column_names(["5.1", "yes"], PLAIN._replace(header=False))
        ['c0', 'c1']
    """
    return first if dialect.header else [f"c{place}" for place in range(len(first))]


def _delimited(path: Path, text: Path, dialect: Dialect, folder: Path) -> Iterator[File]:
    names = column_names(header_of(text, dialect, path), dialect)
    if not names:
        raise _no_rows(path)
    if len(set(names)) < len(names):
        twice = next(each for each in names if names.count(each) > 1)
        raise ConfigError(f"{path}: two columns are named {twice!r}; rename one")
    dialect = dialect._replace(skip=dialect.skip + blank_lines(text, dialect.skip))
    own = {f"c{place}": each for place, each in enumerate(names)}
    again = folder / "mended.csv"
    with connection(text, again) as engine:

        def source(of: Path, dialect: Dialect) -> Source:
            columns = ", ".join(f"{literal(each)}: 'VARCHAR'" for each in own)
            relation = (
                f"read_csv({literal(str(of))}, auto_detect = false, columns = {{{columns}}}, "
                f"header = {dialect.header}, delim = {literal(dialect.separator)}, quote = {literal(dialect.quote)}, "
                f"escape = {literal(dialect.escape)}, skip = {dialect.skip}, compression = 'none', "
                "hive_partitioning = false)"
            )
            underscores = contains(of, b"_", below_header=dialect.header)
            return Source(engine, relation, own, dialect.missing, underscores)

        def mend() -> Source:
            plain = dialect._replace(skip=0, escape=dialect.quote)
            return source(mended(text, dialect, len(names), again, path), plain)

        yield File(path, dialect, source(text, dialect), about_lines(text), mend)


def check_no_address(path: Path) -> None:
    """Raise `ConfigError` if `path` is a URL."""
    if found := _ADDRESS.match(str(path)):
        raise ConfigError(
            f"{found[1]}://{found[2]}: is a URL, but nothing is downloaded; save the file here and name it"
        )


def check_is_file(path: Path) -> None:
    """Raise `ConfigError` if there is no file at `path`."""
    check_no_address(path)
    if path.is_dir():
        names = sorted(each.name for each in path.iterdir() if each.suffix.lower() in formats.SUFFIXES)
        shown = f"{', '.join(names[:_SHOWN])}{', …' if len(names) > _SHOWN else ''}"
        remedy = f"in it: {shown}" if names else "of rows, or set data=image_folder for images"
        raise ConfigError(f"{path}: is a folder; name a file {remedy}")
    if not path.is_file():
        raise ConfigError(f"{path}: there is no such file; name a file of rows: {formats.KINDS}")


@contextmanager
def worded(path: Path) -> Iterator[None]:
    """Turn DuckDB's errors about the file at `path` into ours."""
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("duckdb", "_duckdb"):
            raise
        reason = " ".join(str(error).splitlines()[0].split())
        raise ConfigError(f"{path}: cannot be read ({reason}); name a file of rows: {formats.KINDS}") from error


def _no_rows(path: Path) -> ConfigError:
    return ConfigError(f"{path}: the file has no rows; it needs a header and at least one row")


def _feather(path: Path) -> Any:
    try:
        from pyarrow import ArrowException
        from pyarrow.feather import read_table
    except ImportError as error:
        raise ConfigError(f"{path}: reading Feather needs pyarrow; pip install pyarrow, or save it as CSV") from error
    try:
        return read_table(path)
    except (ArrowException, OSError) as error:
        raise ConfigError(f"{path}: cannot be read as Feather ({' '.join(str(error).split())})") from error
