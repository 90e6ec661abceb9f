"""One line of a notebook that is written anew, of which a saved notebook keeps no more than its end."""

import sys
from typing import Any


def in_notebook() -> bool:
    """Whether what is printed goes to a cell of a notebook."""
    return type(sys.stdout).__module__.startswith("ipykernel")


class NotebookLine:
    """A text file, for a progress bar to write to, that shows the newest line written.

    Printed instead, every state of the bar would stay in the saved notebook, and show where a carriage return means
    nothing.
    """

    encoding = "utf-8"

    def __init__(self) -> None:
        self._handle: Any = None

    def write(self, text: str) -> int:
        """Show the newest line of `text`, which may be empty."""
        line = text.rstrip().rpartition("\r")[2].rpartition("\n")[2]
        shown = {"text/plain": line}
        if self._handle is not None:
            self._handle.update(shown, raw=True)
        elif line:
            from IPython.display import display

            self._handle = display(shown, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        return len(text)

    def flush(self) -> None:
        """Do nothing: a line is shown as soon as it is written."""
