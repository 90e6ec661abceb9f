"""A file's text as a UTF-8 file that a reader can open: unpacked, decoded, and without comments."""

import codecs
import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from src.errors import ConfigError

_PART = 2**20
_GLOB = frozenset("*?[]{}")
_BOMS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_PACKED = OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError


@contextmanager
def readable(path: Path, encoding: str | None, comments: bool = False) -> Iterator[tuple[Path, str]]:
    """The text of the file at `path` as a UTF-8 file, and its original encoding.

    It is the file itself if nothing has to be changed. Line numbers stay the same: a comment becomes an empty line.

    Args:
        path: A text file, or one packed with gzip or zip.
        encoding: Encoding of the text; None detects UTF-8, UTF-16 with its byte order mark, or otherwise cp1252.
        comments: Whether lines that start with # are comments.

    Raises:
        ConfigError: It cannot be unpacked or decoded.
    """
    with TemporaryDirectory(prefix="table-") as folder:
        source = _unpacked(path, Path(folder))
        found = _encoding(source) if encoding is None else _known(encoding, path)
        if found != "utf-8" or comments:
            source = _rewritten(source, found, comments, Path(folder) / "text.csv", path)
        elif _GLOB & set(str(source)):  # the reader would take it as a pattern of file names
            link_part = Path(folder) / "linked.csv"
            try:
                link_part.symlink_to(source.resolve())
            except OSError:
                with source.open("rb") as file, link_part.open("wb") as copy:
                    _copy(file, copy)
            source = link_part
        yield source, found


def contains(path: Path, mark: bytes, below_header: bool) -> bool:
    """Whether an ASCII character occurs in a UTF-8 text.

    Args:
        path: The text.
        mark: The character.
        below_header: Whether to look only after the first line, whether that ends in LF, CR LF or CR.
    """
    with path.open("rb") as file:
        if below_header and mark in file.readline().partition(b"\r")[2]:
            return True
        return any(mark in part for part in iter(lambda: file.read(_PART), b""))


def about_lines(text: Path) -> int:
    """About how many lines a `text` has: its size over the mean length of the lines in its first megabyte."""
    with text.open("rb") as file:
        first = file.read(_PART)
    size = text.stat().st_size
    return first.count(b"\n") * size // len(first) if size > len(first) else first.count(b"\n")


def _unpacked(path: Path, folder: Path) -> Path:
    suffix, unpacked_part = path.suffix.lower(), folder / "unpacked"
    if suffix not in (".gz", ".zip"):
        return path
    try:
        with _opened(path, suffix) as packed, unpacked_part.open("wb") as file:
            _copy(packed, file)
    except _PACKED as error:
        raise ConfigError(f"{path}: cannot be unpacked ({' '.join(str(error).split())}); pack it again") from error
    return unpacked_part


def _opened(path: Path, suffix: str) -> IO[bytes] | gzip.GzipFile:
    if suffix == ".gz":
        return gzip.open(path)
    archive = zipfile.ZipFile(path)
    names = [name for name in archive.namelist() if not name.endswith("/") and not name.startswith("__MACOSX/")]
    if len(names) != 1:
        raise ConfigError(f"{path}: should hold one file (got {len(names)}); unpack it, and name one of them")
    return archive.open(names[0])


def _copy(source: IO[bytes] | gzip.GzipFile, target: IO[bytes]) -> None:
    while part := source.read(_PART):
        target.write(part)


def _encoding(path: Path) -> str:
    """The encoding of a text that does not declare it: UTF-8 if possible."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(4)
        for bom, name in _BOMS.items():
            if start.startswith(bom) and name != "utf-8":
                return name
        file.seek(0)
        try:
            while part := file.read(_PART):
                decoder.decode(part)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8"


def _known(encoding: str, path: Path) -> str:
    """Python's name of an `encoding`."""
    try:
        "".encode(encoding)  # refuses what is not a text encoding
        name = codecs.lookup(encoding).name
    except LookupError as error:
        raise ConfigError(
            f"data.encoding: is unknown (got {encoding!r}) for {path}; try utf-8, utf-16, latin-1 or cp1252"
        ) from error
    return "utf-8" if name in ("utf-8-sig", "ascii") else name


def _rewritten(source: Path, encoding: str, comments: bool, part: Path, path: Path) -> Path:
    quoted = False
    try:
        with source.open(encoding=encoding, newline="") as text, part.open("w", encoding="utf-8", newline="") as file:
            for line in text:
                if comments and not quoted and line.startswith("#"):
                    file.write("\n")
                    continue
                quoted ^= line.count('"') % 2 == 1
                file.write(line)
    except UnicodeError as error:
        raise ConfigError(f"{path}: is not text in {encoding} ({error}); set data.encoding") from error
    return part
