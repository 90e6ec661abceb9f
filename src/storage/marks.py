"""The mark of a folder: a file with an id that shows that the folder is this project's."""

import json
import secrets
from pathlib import Path
from typing import Any

from src.storage.files import aside
from src.storage.values import known_json

FORMAT = 1
"""The format version of folders; increased when older versions can no longer read them."""


def write_mark(path: Path, **facts: Any) -> None:
    """Mark a folder as this project's with the file at `path`: the format version, a new id, and further `facts`."""
    with aside(path) as part:
        part.write_text(json.dumps({"format": FORMAT, "id": secrets.token_hex(8), **facts}) + "\n")


def read_mark(path: Path) -> dict[str, Any]:
    """The contents of the mark at `path`; empty if this project wrote none."""
    found = known_json(path, most=2**16)
    return found if isinstance(found.get("id"), str) else {}
