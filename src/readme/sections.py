"""Generated sections of README.md and docs/, each between a pair of comments."""

import re
from collections.abc import Callable
from pathlib import Path

from src.errors import ConfigError
from src.places import CONF

README = CONF.parent / "README.md"
DOCS = CONF.parent / "docs"


def put(text: str, name: str, section: str) -> str:
    """A text with everything between `<!-- name -->` and `<!-- /name -->` replaced by a section.

    Raises:
        ConfigError: The text has no such pair of comments.
    """
    pattern = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise ConfigError(f"a page: has no <!-- {name} --> and <!-- /{name} -->; put them where {name} should be")
    return pattern.sub(lambda found: f"{found[1]}\n{section}\n\n{found[2]}", text)


def renewed(text: str, sections: dict[str, Callable[[], str]]) -> str:
    """A text with all its sections regenerated."""
    for name, section in sections.items():
        text = put(text, name, section())
    return text


def write(path: Path, sections: dict[str, Callable[[], str]]) -> None:
    """Update the sections of the file at `path`."""
    path.write_text(renewed(path.read_text(), sections))
