"""The entry points of a visitor's processes; the server, which never trains, does not import what training needs."""

import signal
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from src.errors import ConfigError
from src.play.exercises import Exercise


def work(connection: Connection, runs_dir: str, exercises: dict[str, Exercise], replays: bool) -> None:
    """Train for the page at the other end of a `connection` until it is closed.

    Args:
        connection: The connection.
        runs_dir: Where runs are saved.
        exercises: The exercises by name.
        replays: Whether the page will ask for a replay.
    """
    from src.play.worker import Worker

    _run(lambda folder: Worker(connection, folder, runs_dir, exercises, replays).run())


def train_starts(connection: Connection) -> None:
    """Train stacks of starts for the page at the other end of a `connection` until it is closed."""
    from src.play.starts import Starts

    _run(lambda folder: Starts(connection, folder).run())


def check_pictures(connection: Connection, folder: str, data_dir: str | None, trust: Any) -> None:
    """Send the error with which `show_pictures` would end for the same arguments; None if it would not.

    Args:
        connection: Sends the error.
        folder: The run's folder.
        data_dir: The current folder of its data; None is the original one.
        trust: Package, or list of packages, whose classes the run may name besides this project's.
    """
    from src.play.picture_run import PictureRun

    def check(_: Path) -> None:
        try:
            PictureRun(Path(folder), data_dir, trust)
        except (ConfigError, OSError) as error:
            connection.send(error)
        else:
            connection.send(None)

    _run(check)


def show_pictures(connection: Connection, folder: str, data_dir: str | None, trust: Any) -> None:
    """Answer the page of a finished run on images at the other end of a `connection` until it is closed.

    Args:
        connection: The connection.
        folder: The run's folder.
        data_dir: The current folder of its data; None is the original one.
        trust: Package, or list of packages, whose classes the run may name besides this project's.
    """
    from src.play.picture_run import PictureRun
    from src.play.pictures import Pictures

    _run(lambda _: Pictures(connection, PictureRun(Path(folder), data_dir, trust)).run())


def _run(task: Callable[[Path], None]) -> None:
    """Do a `task`, given a folder for its files, until its connection is closed."""
    from src.command.tasks import quiet

    quiet()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is handled by the server, which then closes the connection
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # Lightning's own handler waits for the next step
    with tempfile.TemporaryDirectory(prefix="play-") as folder:
        try:
            task(Path(folder))
        except (EOFError, BrokenPipeError, ConnectionResetError):  # the page was closed
            return
