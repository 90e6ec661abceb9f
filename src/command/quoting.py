"""Puts words into the quotes that Hydra's grammar requires: paths, letters of any language, `>=`.

Hydra reads a value as a number, a list or a sweep if it looks like one, and accepts few letters and signs outside
quotes. A path is always a string, and so is whatever Hydra has no syntax for.
"""

import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Quote, QuotedString
from hydra.errors import HydraException

from src.compat.hydra import written_value
from src.errors import ConfigError

_READ = "run", "sweep", "input", "output"  # read only by this project, which does not resolve them again
_PATHS = {
    *_READ,
    *("runs_dir", "data_dir", "resume", "sweep_resume", "network.weights"),
    *("hydra.run.dir", "hydra.sweep.dir", "hydra.sweep.subdir"),
}
_PATH_OF_DATA = re.compile(r"(changes\.)?data\.(?!file_column)([\w.]*_)?(path|dir|file|csv)(_\w*)?")
_QUOTED = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
_IN_BRACKETS = r"(?<=\s)\([^\[\]{}(),'\"]*\)"  # as in `petal length (cm)`; a function's follow its name at once
_PIECES = re.compile(rf"{_QUOTED}|(?:{_IN_BRACKETS}|[^\[\]{{}}(),'\"])+|[\[\]{{}}(),]|['\"]", re.DOTALL)
_FUNCTION = re.compile(r"(choice|range|interval|glob|shuffle|sort|tag|str|int|float|bool)\(.*\)", re.DOTALL)
_NOTHING = object()
_LONGEST_NAME = 255  # bytes of a file name, in all common file systems


def literal(text: str) -> str:
    r"""The `text`, quoted so that nothing in it is special to Hydra's grammar or to interpolation.

    Example:
        >>> print(literal("it's ${seed}, 100 %"))
        'it\'s \${seed}, 100 %'
    """
    return _in_quotes(re.sub(r"(\\*)\$\{", r"\1\1\\${", text))


def listing(texts: Sequence[str]) -> str:
    """A list of `texts` as people write it on a command line, with quotes only if it would mean something else.

    Example:
        >>> listing(["petal length (cm)", "size"]), listing(["a", "1"])
        ('[petal length (cm),size]', "['a','1']")
    """
    plain = f"[{','.join(texts)}]"
    read = _parsed(_plain(plain))
    known = [each.text if isinstance(each, QuotedString) else each for each in read] if isinstance(read, list) else []
    return plain if known == list(texts) and "${" not in plain else f"[{','.join(map(literal, texts))}]"


def text_of(value: str) -> str:
    """The path that a `value` stands for: without quotes around it, and with `~` as the home folder.

    Example:
        >>> text_of("'my runs'"), text_of("my runs")
        ('my runs', 'my runs')
    """
    if os.path.lexists(value):
        return value
    return unquoted(value) if _is_quoted(value) else _with_home(value)


def unquoted(value: str) -> str:
    """The text inside quotes; a `value` without quotes is returned unchanged.

    Example:
        >>> unquoted("'my runs'"), unquoted("my runs")
        ('my runs', 'my runs')
    """
    read = _parsed(value) if _is_quoted(value) else None
    return read.text if isinstance(read, QuotedString) else value


def is_path(key: str) -> bool:
    """Whether a key's value is the path of a file or folder."""
    return key in _PATHS or bool(_PATH_OF_DATA.fullmatch(key))


def readable(word: str, sweeps: bool = False) -> str:
    """A word `KEY=VALUE` with the quotes that Hydra needs to read the value as intended; others stay as they are.

    Args:
        word: The word as it was typed.
        sweeps: Whether commas separate the values of a sweep, also between paths.

    Raises:
        ConfigError: A path that no file can have.

    Example:
        >>> print(readable("input=My Pictures, 2024"), readable("threshold=recall>=0.9"), readable("output=2024"))
        input='My Pictures, 2024' threshold='recall>=0.9' output='2024'
    """
    key, equals, value = word.partition("=")
    name = key.lstrip("+~")
    if not equals or not value:
        return word
    if is_path(name):
        return f"{key}={_path(name, value, sweeps and not name.startswith('hydra.'))}"
    return f"{key}={_plain(value)}"


def _path(key: str, value: str, sweeps: bool) -> str:
    """A path in the quotes it needs. An existing file of exactly this name takes precedence."""
    if not _exists(key, value):
        if value == "null" or _is_quoted(value):
            return value
        if sweeps and _FUNCTION.fullmatch(value):
            return value
        if key == "sweep" and value.startswith("[") and value.endswith("]"):
            names = [value[1:-1]] if _exists(key, value[1:-1]) else _parts(value[1:-1])
            return f"[{','.join(_path(key, name, False) for name in names)}]"
        if sweeps and len(parts := _parts(value)) > 1:
            return ",".join(_path(key, part, False) for part in parts)
        value = _with_home(value)
        _exists(key, value)
    elif key in _READ and "${" in value:
        return literal(value)
    return value if _parsed(value) == value else _in_quotes(value)


def _with_home(path: str) -> str:
    return os.path.expanduser(path)  # noqa: PTH111  # leaves `~name` unchanged if there is no such user


def _exists(key: str, path: str) -> bool:
    """Whether there is a file or folder of this name; raises `ConfigError` for an impossible name."""
    try:
        names = os.fsencode(path).split(os.fsencode(os.sep))
        path.encode()
    except UnicodeEncodeError as error:
        raise ConfigError(f"{key}: should be a name in UTF-8 (got {path!r}); rename it") from error
    if "\0" in path:
        raise ConfigError(f"{key}: a name cannot contain a zero byte (got {path!r}); leave it out")
    if (longest := max(names, key=len)) and len(longest) > _LONGEST_NAME and "${" not in path:
        shown = f"{os.fsdecode(longest)[:20]}…"
        raise ConfigError(
            f"{key}: a name has at most {_LONGEST_NAME} bytes (got {shown} of {len(longest):,}); shorten it"
        )
    return os.path.lexists(path)


def _plain(value: str) -> str:
    """A value that Hydra can read as it is, or with quotes around the parts that it cannot read."""
    if _parsed(value) is not _NOTHING:
        return value
    quoted = "".join(_pieces(value))
    if _parsed(quoted) is _NOTHING and value[0] not in "[{'\"" and not _FUNCTION.fullmatch(value):
        quoted = _in_quotes(value)
    return value if _parsed(quoted) is _NOTHING else quoted


def _pieces(value: str) -> Iterator[str]:
    """Brackets, commas and quoted parts unchanged; the plain parts between them, quoted where Hydra requires it."""
    open_braces = 0
    for piece in _PIECES.findall(value):
        open_braces += (piece == "{") - (piece == "}")
        key = re.match(r"[^:]*:" if open_braces else "", piece)  # Hydra cannot read a key in quotes
        head = key.group() if key else ""
        text = piece.removeprefix(head).strip()
        is_plain = bool(text) and text[0] not in "[]{}(),'\""
        yield f"{head}{_in_quotes(text)}" if is_plain and _parsed(text) is _NOTHING else piece


def _parts(value: str) -> list[str]:
    """The parts of a value between its commas; commas inside quotes do not count."""
    pieces = re.findall(rf"(?:{_QUOTED}|[^,])+", value, re.DOTALL)
    return [piece.strip() for piece in pieces]


def _is_quoted(value: str) -> bool:
    return bool(re.fullmatch(_QUOTED, value, re.DOTALL))


def _in_quotes(text: str) -> str:
    return QuotedString(text, Quote.single).with_quotes()


@cache
def _parser() -> OverridesParser:
    return OverridesParser.create()


def _parsed(value: str) -> Any:
    """What Hydra parses a value to, or `_NOTHING` if it cannot."""
    try:
        return written_value(_parser().parse_rule(f"x={value}", "override"))
    except HydraException:
        return _NOTHING
