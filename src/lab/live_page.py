"""A network that trains in the output of a notebook's cell, whichever machine the notebook is read on."""

import base64
import json
import secrets
import sys
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from src.errors import ConfigError
from src.lab.notebook import framed
from src.lab.project import PROJECT
from src.page.document import live_document
from src.play.controls import checked
from src.play.hosting import Guest, Host, Ways

_TARGET = "classification_lab.play"
_UNTRAINED = "Run this cell to train a network here."
_waiting: dict[str, Callable[[Any], None]] = {}
"""What opens each page that was displayed and not opened yet, by its key."""


def play(scene: str = "") -> "LivePage":
    """A page in the notebook that trains while you change it, as `python -m src.play` opens in the browser.

    The browser may be on another machine than the kernel. When training pauses, a replay of it becomes part of the
    notebook; whoever opens the saved notebook sees that, with or without a kernel.

    Args:
        scene: An experiment, or what follows the `#` in the address of such a page: `"spirals"`,
            `"experiment=xor&network.hidden_dims=[2]&hide=scores&lock=data"`.

    Raises:
        ConfigError: This is not a notebook, or there is no such experiment on the page.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        raise ConfigError("lab.play: needs a notebook; elsewhere, python -m src.play opens the page in the browser")
    scene = scene.rpartition("#")[2]
    if scene and "=" not in scene:
        scene = f"experiment={checked({'experiment': scene})['experiment']}"
    return LivePage(scene)


class LivePage:
    """A page that trains in the output of a cell. Each time it is displayed, it begins anew.

    Args:
        scene: The scene to open.
    """

    def __init__(self, scene: str) -> None:
        self._scene = scene
        self._guest: Guest | None = None

    def close(self) -> None:
        """End the training; what was trained stays in the notebook as a replay."""
        if self._guest is not None:
            self._guest.close()

    def _ipython_display_(self) -> None:
        from comm import get_comm_manager
        from IPython import display

        show: Any = display.display
        get_comm_manager().register_target(_TARGET, _opened)
        key = secrets.token_urlsafe(12)
        words = ", ".join(json.dumps(each) for each in (_kernel(), key, _TARGET))
        script = f"{_bridge()}\nbridge(document.querySelector('[data-play=\"{key}\"]'), {words});"
        place = f'<div data-play="{key}"></div><script>(() => {{\n{script}\n}})();</script>'
        show({"text/html": place, "text/plain": ""}, raw=True)
        kept = {"text/html": _in_place_of(key, f"<p>{_UNTRAINED}</p>"), "text/plain": _UNTRAINED}
        shown = show(kept, raw=True, display_id=True)
        _waiting[key] = lambda comm: self._open(comm, key, shown)

    def _open(self, comm: Any, key: str, shown: Any) -> None:
        """Show the page at the other end of a `comm`, and its replays in the output `shown`."""

        def keep(page: str, picture: str) -> None:
            html = _in_place_of(key, framed(page, base64.b64decode(picture), "What was trained on this page"))
            shown.update({"text/html": html, "text/plain": _UNTRAINED}, raw=True)

        guest = _host().welcome(Ways(lambda text: comm.send({"text": text}), keep, comm.close))
        comm.on_msg(lambda message: guest.hear(*_said(message)))
        comm.on_close(lambda _: guest.leave())
        comm.send({"page": live_document([], {"fragment": self._scene})[1]})
        self._guest = guest


def _opened(comm: Any, message: dict[str, Any]) -> None:
    """Answer a page that a notebook has rendered: the first time it shows one, later the replay."""
    show = _waiting.pop(str(message["content"]["data"].get("key")), None)
    if show is None:
        comm.close()
    else:
        show(comm)


def _said(message: dict[str, Any]) -> tuple[Any, Any]:
    data = message["content"]["data"]
    return data.get("kind"), data.get("text", "")


def _in_place_of(key: str, html: str) -> str:
    return f'<div data-replay-of="{escape(key)}">{html}</div>'


@cache
def _host() -> Host:
    return Host(str(PROJECT / "runs"))


@cache
def _bridge() -> str:
    return Path(__file__).with_name("bridge.js").read_text(encoding="utf-8")


def _kernel() -> str:
    """The name by which the notebook's server knows this kernel."""
    from ipykernel.connect import get_connection_file

    return Path(get_connection_file()).stem.removeprefix("kernel-")
