"""Behaviour in notebooks: figures are displayed, and an error is one line there too."""

import base64
import sys
from html import escape
from pathlib import Path
from typing import Any

from src.errors import ConfigError, InterruptedRunError, TrainingDivergedError
from src.storage import failures


class Movie:
    """A GIF that a notebook plays, even after the notebook has been saved and sent to others.

    Attributes:
        path: The file.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def _repr_html_(self) -> str:
        """The GIF as HTML, since not every notebook viewer supports GIFs as outputs."""
        content = base64.b64encode(self.path.read_bytes()).decode()
        return f'<img src="data:image/gif;base64,{content}" alt="{escape(self.path.name)}">'


class Replay:
    """A page that replays a training; a notebook shows it even after the notebook has been saved and sent to others.

    Attributes:
        path: The file.

    Args:
        path: The file.
        picture: A PNG for viewers that do not run scripts.
    """

    def __init__(self, path: Path, picture: bytes) -> None:
        self.path, self._picture = path, picture

    def _repr_html_(self) -> str:
        return framed(self.path.read_text(encoding="utf-8"), self._picture, self.path.name)


def framed(page: str, picture: bytes, name: str) -> str:
    """A page in a sandboxed frame, which cannot access the notebook, and below it a picture of the page.

    Args:
        page: A whole HTML document.
        picture: A PNG for viewers that do not run scripts.
        name: What the picture is called.
    """
    frame = (
        f'<iframe srcdoc="{escape(page)}" sandbox="allow-scripts allow-downloads" width="100%" height="860" '
        'frameborder="0" loading="lazy"></iframe>'
    )
    image = f'<img src="data:image/png;base64,{base64.b64encode(picture).decode()}" alt="{escape(name)}">'
    return f"{frame}<details><summary>As a picture</summary>{image}</details>"


def welcome() -> None:
    """If called from a notebook, make it display our figures, and our errors as one line."""
    if "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is None:
        return
    shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", as_png)
    shell.set_custom_exc((ConfigError, InterruptedRunError, TrainingDivergedError), _one_line)


def as_png(figure: Any) -> bytes:
    """A figure as the content of a PNG file."""
    from src.plots.style import to_png

    return to_png(figure)[0]


def _one_line(shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any = None) -> None:
    print(failures.line(error), file=sys.stderr)
