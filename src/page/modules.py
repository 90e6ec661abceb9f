"""JavaScript modules bundled into one script, since browsers do not let a local file import modules."""

import re
from pathlib import Path

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|class) (\w+))", re.MULTILINE)
_IDLE = re.compile(r"^\s*(?://.*)?\n|^[ \t]+", re.MULTILINE)
_PLAIN = re.compile(r"^[^'\"`/\n]*$", re.MULTILINE)  # no string, template, regular expression or division
_AROUND = re.compile(r" ?([=,:?{}();|&<>]) ?")
_OTHER = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)


def as_one_script(folder: Path, first: str) -> str:
    """A module of a folder and everything it imports, each in a function of its own that returns its exports.

    Whole-line comments, indentation, and spaces around signs in lines without quotes and slashes are removed, so a
    string must not span several lines.
    Modules import names from each other as `import { a, b } from "./other.js";` and export functions, constants and
    classes where they are defined.

    Args:
        folder: Where the modules are.
        first: The module that is run, without `.js`.

    Raises:
        ValueError: There is a circular import, or an import or export of another form.
    """
    written: dict[str, str] = {}
    _write(folder, first, written, ())
    script = _IDLE.sub("", "\n".join(written.values()) + "\n")
    return _PLAIN.sub(lambda line: _AROUND.sub(r"\1", line[0]), script)


def _write(folder: Path, name: str, written: dict[str, str], importers: tuple[str, ...]) -> None:
    if name in importers:
        raise ValueError(f"{name}.js imports itself, through {', '.join(importers)}")
    if name in written:
        return
    source = (folder / f"{name}.js").read_text(encoding="utf-8")
    for _, other in _IMPORT.findall(source):
        _write(folder, other, written, (*importers, name))
    exports = _EXPORT.findall(source)
    body = _EXPORT.sub("", _IMPORT.sub(_taken, source))
    if other_kind := _OTHER.search(body):
        raise ValueError(f"{name}.js: cannot bundle {other_kind[0]!r}")
    written[name] = f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();"


def _taken(found: re.Match[str]) -> str:
    names = found[1].replace(" as ", ": ")
    return f"const {{{names}}} = {_variable(found[2])};\n"


def _variable(name: str) -> str:
    return f"module_{name.replace('-', '_')}"
