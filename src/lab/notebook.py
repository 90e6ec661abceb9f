"""A notebook's manners: figures are shown, and a mistake is one line there too."""

import base64
import sys
from html import escape
from pathlib import Path
from typing import Any

from src.errors import ConfigError, InterruptedRunError, TrainingDivergedError
from src.storage import failures


class Movie:
    """A GIF that a notebook plays, also once it has been saved and sent to others.

    Attributes:
        path: The file.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def _repr_html_(self) -> str:
        """The file itself, for not every viewer of notebooks knows GIFs as outputs."""
        content = base64.b64encode(self.path.read_bytes()).decode()
        return f'<img src="data:image/gif;base64,{content}" alt="{escape(self.path.name)}">'


def welcome() -> None:
    """Teach the notebook that this is called from, if it is called from one, to show figures and errors as we do."""
    if "IPython" not in sys.modules:
        return
    shell = sys.modules["IPython"].get_ipython()
    if shell is None:
        return
    shell.display_formatter.formatters["image/png"].for_type_by_name("matplotlib.figure", "Figure", _png)
    shell.set_custom_exc((ConfigError, InterruptedRunError, TrainingDivergedError), _one_line)


def _png(figure: Any) -> bytes:
    from src.plots.style import to_png

    return to_png(figure)[0]


def _one_line(shell: Any, kind: type[BaseException], error: BaseException, trace: Any, tb_offset: Any = None) -> None:
    print(failures.line(error), file=sys.stderr)
