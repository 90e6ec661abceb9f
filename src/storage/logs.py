"""A run's log, on a disk that may be full."""

import logging
import os
import sys


class RunLog(logging.FileHandler):
    """`train.log`: a disk error ends the run, as for any other file of the run.

    Python's own handler prints a traceback and continues.
    """

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Raise the disk's error with the name of the file."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        error.filename = os.path.relpath(self.baseFilename)
        raise error
