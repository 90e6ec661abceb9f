"""What a fork does that trains a piece of a sweep: it tells the first process, which prints and writes the table."""

import logging
import signal
import traceback
from collections.abc import Sequence
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import torch

from src import cores, interrupts
from src.errors import InterruptedRunError
from src.stacking import progress, training
from src.stacking.compose import Job
from src.stacking.keeping import Keeper, ended_of
from src.stacking.training import Piece, Sweep

if TYPE_CHECKING:
    from src.stacking.members import Member


class Teller(Keeper):
    """What a fork has in place of the sweep's keeper: it tells the first process, which writes the table.

    Args:
        keeper: The sweep's keeper.
        connection: The connection to the first process.
    """

    def __init__(self, keeper: Keeper, connection: Connection) -> None:
        super().__init__(keeper.table, keeper.folders)
        self._connection = connection

    def at_end(self, members: Sequence["Member"]) -> list["Member"]:
        """As in `Keeper`; if results are compared, no other process may be about to record its own."""
        if self.folders == "best":
            self._ask("turn", None)
        return super().at_end(members)

    def record(self, members: Sequence["Member"], jobs: dict[int, Job]) -> None:
        """Let the first process record `members` of a stack, and wait until it has."""
        self._ask("ended", ended_of(members))

    def _ask(self, kind: str, content: Any) -> None:
        self._connection.send((kind, content))
        self._connection.recv()


class Records(logging.Handler):
    """Sends what is logged to the first process, which prints it.

    Args:
        connection: The connection to it.
    """

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        """The hook of logging."""
        self._connection.send(("log", (record.name, record.levelno, record.getMessage())))


def work(connection: Connection, piece: Piece, sweep: Sweep, num_cores: int) -> None:
    """What a fork does: train a piece, and tell the first process how that ends.

    Args:
        connection: The connection to the first process.
        piece: The piece.
        sweep: How to train it.
        num_cores: How many cores it may use.
    """
    for number in (signal.SIGINT, signal.SIGHUP):  # a terminal sends them to all, and the first process decides
        signal.signal(number, signal.SIG_IGN)
    interrupts.answer(lambda: "interrupted")
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])
    interrupts.end_with_parent()
    cores.use_at_most(num_cores)
    torch.set_num_threads(1)  # a fork has none of the threads that PyTorch has started
    logging.getLogger().handlers[:] = [Records(connection)]
    progress.pass_on(lambda line: connection.send(("progress", line)))
    try:
        done = training.train(piece, sweep._replace(keeper=Teller(sweep.keeper, connection)))
        connection.send(("done", [each.job.number for each in done]))
    except (InterruptedRunError, KeyboardInterrupt):
        return
    except Exception as error:
        error.add_note(traceback.format_exc())
        connection.send(("error", error))
