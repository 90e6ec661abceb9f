"""The page as one file of HTML that holds all it needs, may run its own script alone, and may fetch nothing."""

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from src.page.modules import as_one_script
from src.storage.values import as_json

STATIC = Path(__file__).parent / "static"
"""Where the page's parts are."""

LANGUAGE = "en"


def document(data: Mapping[str, Any]) -> str:
    """The page with the `data` that it shows: a whole file, in UTF-8.

    Data are no code: they lie in an element that nothing runs, in which no tag can end.

    Example:
        >>> page = document({"title": "</script><b>"})
        >>> "</script><b>" in page, page.count("</script>") == page.count("<script")
        (False, True)
    """
    parts = _parts()
    return (
        parts["html"]
        .replace("{{policy}}", _policy(parts["script"], parts["style"]))
        .replace("{{style}}", parts["style"])
        .replace("{{script}}", parts["script"])
        .replace("{{texts}}", _inert(parts["texts"]))
        .replace("{{data}}", _inert(as_json(data, indent=None)))
    )


@cache
def _parts() -> dict[str, str]:
    names = "page.html", "page.css", f"texts.{LANGUAGE}.json"
    html, css, texts = ((STATIC / name).read_text(encoding="utf-8") for name in names)
    style = "\n".join(line.strip() for line in css.splitlines())
    return {"html": html, "style": style, "texts": texts, "script": f'"use strict";\n{as_one_script(STATIC, "main")}'}


def _policy(script: str, style: str) -> str:
    """What a browser lets the page do: run this script, use this style, and nothing else."""
    allowed = f"script-src '{_hash(script)}'; style-src '{_hash(style)}'"
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _inert(text: str) -> str:
    """The text of a JSON file without `<`, which outside of texts JSON has no use for."""
    return text.replace("<", "\\u003c")
