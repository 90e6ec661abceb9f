"""Figures drawn in a second process while the first one goes on training.

Importing Matplotlib and drawing the figures of a short run takes as long as training it. The helper is a fork, which
has PyTorch already, and it only returns pictures: whatever it does not return is drawn by the process that asks for it.
"""

import multiprocessing
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing.process import BaseProcess
from typing import NamedTuple

import torch

from src import cores, interrupts
from src.heads.outcome import Draw
from src.settings.pictures import Pictures

_helpers: list[tuple[ProcessPoolExecutor, list[BaseProcess]]] = []  # of this process: one at most


class Picture(NamedTuple):
    """A figure that has been drawn.

    Attributes:
        file: Contents of its file.
        png: The same as a PNG, for loggers; empty if none was asked for.
        size: Width and height of the PNG in pixels.
    """

    file: bytes
    png: bytes
    size: tuple[int, int]


def picture(draw: Draw, pictures: Pictures, with_png: bool) -> Picture:
    """Draw a figure.

    Args:
        draw: Makes the figure.
        pictures: Format of its file.
        with_png: Whether it is needed as a PNG too, whatever the format of the file.
    """
    from src.plots.style import to_png, to_vector

    figure = draw()
    figure.set_dpi(pictures.dpi)
    vector = None if pictures.format == "png" else to_vector(figure, pictures.format)
    png, size = to_png(figure) if vector is None or with_png else (b"", (0, 0))
    return Picture(png if vector is None else vector, png, size)


def begun(draw: Draw, pictures: Pictures, with_png: bool) -> Callable[[], Picture]:
    """Let the helper begin a picture; the function that is returned waits for it.

    Without a helper, or if it fails, that function draws the picture itself, so that errors are those of drawing here.

    Args:
        draw: Makes the figure.
        pictures: Format of its file.
        with_png: Whether it is needed as a PNG too, whatever the format of the file.
    """
    here = partial(picture, draw, pictures, with_png)
    if not _helpers:
        return here
    try:  # as bytes, since PyTorch would move tensors into shared memory, which may be small
        drawn = _helpers[0][0].submit(_unpickled, pickle.dumps(here))
    except Exception:  # it cannot be pickled, or the helper was killed
        return here

    def wait() -> Picture:
        with suppress(Exception):
            return drawn.result()
        return here()

    return wait


def _unpickled(here: bytes) -> Picture:
    drawn: Picture = pickle.loads(here)()
    return drawn


@contextmanager
def helper(needed: bool) -> Iterator[None]:
    """Inside the block there is a helper, if it is `needed` and possible.

    Only commands on Linux with a core to spare have one: elsewhere a fork is unsafe, or would slow down the training.
    """
    try:
        if needed and _possible():
            _start()
        yield
    finally:
        while _helpers:
            pool, processes = _helpers.pop()
            for process in processes:
                process.kill()  # it may be importing or drawing still, for nobody
            pool.shutdown()  # waits for its end: this process may be another's child, and would not at its own end


def _possible() -> bool:
    alone = "LOCAL_RANK" not in os.environ  # otherwise each process of distributed training would have one
    return sys.platform == "linux" and interrupts.answered() and alone and cores.available() > 1


def _start() -> None:
    pool = ProcessPoolExecutor(1, multiprocessing.get_context("fork"), _prepare)
    with interrupts.held(), warnings.catch_warnings(), suppress(OSError):  # no process or no memory left
        warnings.simplefilter("ignore", DeprecationWarning)  # about threads: NumPy's, which a fork may leave behind
        before = multiprocessing.active_children()
        pool.submit(int)  # starts the process
        _helpers.append((pool, [each for each in multiprocessing.active_children() if each not in before]))


def _prepare() -> None:
    """Get the helper ready for the first figure, while there is nothing to draw yet."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to both, and the other one decides
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    interrupts.end_with_parent()
    torch.set_num_threads(1)
    from src.plots import boundary, confusion, curves  # noqa: F401
    from src.plots.style import new_figure, to_png

    to_png(new_figure(width=1, height=1)[0])
