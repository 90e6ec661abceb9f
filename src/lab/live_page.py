"""A network that trains in the output of a notebook's cell, whichever machine the notebook is read on."""

import base64
import json
import secrets
import shlex
import sys
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode

from src.errors import ConfigError
from src.lab.commands import flat
from src.lab.notebook import framed
from src.lab.project import PROJECT
from src.page.document import live_document
from src.places import EXERCISES
from src.play.controls import checked
from src.play.exercises import Exercise, listed, named, read_exercises
from src.play.hosting import Guest, Host, Ways
from src.storage.values import as_json

_TARGET = "classification_lab.play"
_HEIGHT, _HEIGHT_OF_EXERCISE = 860, 260  # pixels; an exercise stands above the plot
_waiting: dict[str, Callable[[Any], None]] = {}
"""What opens each page that was displayed and not opened yet, by its key."""


def play(scene: str = "", *parts: str, exercises: str | Path | None = None, **keys: Any) -> "LivePage":
    """A page in the notebook that trains while you change it, as `python -m src.play` opens in the browser.

    The browser may be on another machine than the kernel. A page opens, and its process starts, when it is seen. When
    training pauses, a replay of it becomes part of the notebook; whoever opens the saved notebook sees that, with or
    without a kernel.

    Args:
        scene: An experiment, or what follows the `#` in the address of such a page: `"spirals"`,
            `"experiment=xor&network.hidden_dims=[2]&hide=scores&lock=data"`.
        *parts: More parts of such an address: `"network.hidden_dims=[2]"`.
        exercises: A folder of exercises of your own; None takes those of the lab.
        **keys: The same for parts without a dot, such as `exercise="stuck"`, `open="landscape"` or `hide="scores"`, and
            for the keys of a group as a dict, `data={"noise": 0.2}`.

    Raises:
        ConfigError: This is not a notebook, there is no such experiment on the page or no such exercise, or a file of
            `exercises` does not work.

    Example:
        `lab.play(exercise="xor_two_units")` opens an exercise, and `lab.play("xor", seed=3, open="starts")` one with
        a drawer open.
    """
    kernel = _kernel()
    scene = scene.rpartition("#")[2]
    if scene and "=" not in scene:
        scene = f"experiment={checked({'experiment': scene})['experiment']}"
    more = [(key, value) for key, _, value in (part.partition("=") for part in parts)]
    more += [(key, _spelt(value)) for key, value in flat(keys)]
    scene = "&".join(each for each in (scene, urlencode(more)) if each)
    found = read_exercises(EXERCISES if exercises is None else PROJECT / exercises)
    command = [] if exercises is None else [f"exercises={exercises}"]
    for exercise in parse_qs(scene).get("exercise", []):
        named(found, exercise)
        command.append(f"exercise={exercise}")
    return LivePage(kernel, scene, found, shlex.join(["python", "-m", "src.play", *command]) if command else "")


class LivePage:
    """A page that trains in the output of a cell. Each time it is displayed, it begins anew.

    Args:
        kernel: The name by which the notebook's server knows this kernel.
        scene: The scene to open, as in an address.
        exercises: The exercises by name.
        command: The command that opens it outside a notebook, if there is one.
    """

    def __init__(self, kernel: str, scene: str, exercises: dict[str, Exercise], command: str) -> None:
        self._kernel, self._scene, self._exercises = kernel, scene, exercises
        self._height = _HEIGHT + (_HEIGHT_OF_EXERCISE if "exercise=" in scene else 0)
        self._invitation = _invitation(command)
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
        words = ", ".join(json.dumps(each) for each in (self._kernel, key, _TARGET, self._height))
        script = f"{_bridge()}\nbridge(document.querySelector('[data-play=\"{key}\"]'), {words});"
        place = f'<div data-play="{key}"></div><script>(() => {{\n{script}\n}})();</script>'
        show({"text/html": place, "text/plain": ""}, raw=True)
        kept = {"text/html": _in_place_of(key, f"<p>{self._invitation[1]}</p>"), "text/plain": self._invitation[0]}
        shown = show(kept, raw=True, display_id=True)
        _waiting[key] = lambda comm: self._open(comm, key, shown)

    def _open(self, comm: Any, key: str, shown: Any) -> None:
        """Show the page at the other end of a `comm`, and its replays in the output `shown`."""

        def keep(page: str, picture: str) -> None:
            html = _in_place_of(key, framed(page, base64.b64decode(picture), "What was trained on this page"))
            shown.update({"text/html": html, "text/plain": self._invitation[0]}, raw=True)

        guest = _host().welcome(Ways(lambda text: comm.send({"text": text}), keep, comm.close), self._exercises)
        comm.on_msg(lambda message: guest.hear(*_said(message)))
        comm.on_close(lambda _: guest.leave())
        data = {"fragment": self._scene, "exercises": listed(self._exercises)}
        comm.send({"page": live_document([], data)[1]})
        self._guest = guest


def _invitation(command: str) -> tuple[str, str]:
    """What one reads instead of a page that nobody has trained on, as text and as HTML."""
    words = "Run this cell in JupyterLab to train a network here"
    if not command:
        return f"{words}.", f"{words}."
    return f"{words}, or in a terminal: {command}", f"{words}, or in a terminal: <code>{escape(command)}</code>"


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
    """The name by which the notebook's server knows this kernel.

    Raises:
        ConfigError: This is not a notebook.
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        raise ConfigError("lab.play: needs a notebook; elsewhere, python -m src.play opens the page in the browser")
    from ipykernel.connect import get_connection_file

    return Path(get_connection_file()).stem.removeprefix("kernel-")


def _spelt(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value, indent=None)
