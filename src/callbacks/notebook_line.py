"""One line of a notebook's output that is updated in place, so that a saved notebook keeps only its last state."""

import sys
from typing import Any


def in_notebook() -> bool:
    """Whether output goes to a cell of a notebook."""
    return type(sys.stdout).__module__.startswith("ipykernel")


class NotebookLine:
    """A text file for a progress bar that shows only the newest line written to it.

    If it printed instead, the saved notebook would keep every state of the bar, and all of them would be visible
    wherever carriage returns are ignored.
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
