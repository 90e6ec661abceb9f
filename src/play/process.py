"""The entry point of a visitor's process; the server, which never trains, does not import what training needs."""

import signal
import tempfile
from multiprocessing.connection import Connection
from pathlib import Path


def work(connection: Connection, runs_dir: str) -> None:
    """Train for the page at the other end of a `connection` until it is closed; save runs to `runs_dir`."""
    from src.command.tasks import quiet
    from src.play.worker import Worker

    quiet()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the server, which then closes the connection
    with tempfile.TemporaryDirectory(prefix="play-") as folder:
        try:
            Worker(connection, Path(folder), runs_dir).run()
        except (EOFError, BrokenPipeError, ConnectionResetError):  # the page was closed
            return
