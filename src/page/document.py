"""The page as one self-contained HTML document that may run only its own script.

As a file, it replays a finished training and fetches nothing. When served, it shows a live training, or a finished run
on images, over a socket.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from src.page.modules import as_one_script
from src.storage.values import as_json

STATIC = Path(__file__).parent / "static"
"""The folder of the page's parts."""

LANGUAGE = "en"

Kind = Literal["replay", "live", "pictures"]

_SLOTS = "exercises", "player", "settings", "tools", "downloads", "test", "drawers", "weights", "notes"
_NONE = "'none'"


def document(data: Mapping[str, Any]) -> str:
    """The page with the `data` that it shows: a complete file, in UTF-8.

    Data are not code: they are in an element that is never run, and cannot close it.

    Example:
        >>> page = document({"title": "</script><b>"})
        >>> "</script><b>" in page, page.count("</script>") == page.count("<script")
        (False, True)
    """
    return _filled("replay", _policy("replay"), data)


def live_document(sockets: Sequence[str], data: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """The Content-Security-Policy of the page that requests what it shows, and the page itself.

    Args:
        sockets: The addresses to which it may connect; in a notebook it needs none.
        data: What it shows besides, such as the `exercises`; in a notebook the `fragment`, since it has no address.
    """
    return _connected("live", sockets, data or {})


def pictures_document(sockets: Sequence[str]) -> tuple[str, str]:
    """The same for the page of a finished run on images, which requests all that it shows from one of the `sockets`."""
    return _connected("pictures", sockets, {})


def _connected(kind: Kind, sockets: Sequence[str], data: Mapping[str, Any]) -> tuple[str, str]:
    policy = f"{_policy(kind)}; connect-src {' '.join(sockets or [_NONE])}"
    return policy, _filled(kind, policy, data)


def _filled(kind: Kind, policy: str, data: Mapping[str, Any]) -> str:
    parts = _parts(kind)
    page = parts["page"].replace("{{policy}}", policy).replace("{{style}}", parts["style"])
    texts, shown = _inert(parts["texts"]), _inert(as_json(data, indent=None))
    return page.replace("{{script}}", parts["script"]).replace("{{texts}}", texts).replace("{{data}}", shown)


@cache
def _parts(kind: Kind) -> dict[str, str]:
    """The page of one kind, its style, its script and its texts."""
    content = _read("pictures.html" if kind == "pictures" else "page.html")
    page = _read("frame.html").replace("{{content}}", content)
    for part in _SLOTS:
        if (slot := f"{{{{{part}}}}}") in page:
            page = page.replace(slot, _read(f"{part}.{kind}.html"))
    styles = [_read("page.css"), *([] if kind == "replay" else [_read("served.css"), _read(f"{kind}.css")])]
    style = re.sub(r"\s*([{};,])\s*|(?<=:)\s+", r"\1", "\n".join(styles))  # a replay may have 150 kB
    script = as_one_script(STATIC, "main" if kind == "replay" else kind)
    texts: dict[str, str] = json.loads(_read(f"texts.{LANGUAGE}.json"))
    if kind != "replay":
        texts |= json.loads(_read(f"texts.{kind}.{LANGUAGE}.json"))
    return {
        "page": page,
        "style": style,
        "texts": json.dumps(texts, ensure_ascii=False, separators=(",", ":")),
        "script": f'"use strict";\n{script}',
    }


def _read(name: str) -> str:
    return (STATIC / name).read_text(encoding="utf-8")


def _policy(kind: Kind) -> str:
    """The policy that lets the page run this script and use this style, and nothing else."""
    parts = _parts(kind)
    allowed = f"script-src '{_hash(parts['script'])}'; style-src '{_hash(parts['style'])}'"
    return f"default-src {_NONE}; {allowed}; base-uri {_NONE}; form-action {_NONE}"


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _inert(text: str) -> str:
    """A JSON text without the character `<`, which JSON only needs inside strings."""
    return text.replace("<", "\\u003c")
