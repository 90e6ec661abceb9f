"""The processes that train for visitors, each forked from one that has imported what they need."""

import asyncio
import json
import multiprocessing
from collections.abc import Callable
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from src.play import own_table

_MOST_BYTES = 64 * 2**20  # per message from a process
_GRACE = 1.0  # seconds that a process has to end by itself


def begin() -> None:
    """Start importing what the processes need, in a process that they will be forked from."""
    _context().set_forkserver_preload(["src.play.preload"])
    forkserver.ensure_running()


def _context() -> Any:
    return multiprocessing.get_context("forkserver")


def started(work: Callable[..., None], *arguments: Any) -> tuple[Connection, Any]:
    """The connection to a new process, and the process; waits until processes can be forked.

    Args:
        work: What the process does, given its end of the connection and the arguments.
        *arguments: Further arguments.
    """
    ours, theirs = _context().Pipe()
    process = _context().Process(target=_begun, args=(own_table.words(), work, theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    return ours, process


def _begun(words: list[str], work: Callable[..., None], *arguments: Any) -> None:
    own_table.take(words)
    work(*arguments)


class Process:
    """A process and the connection to it, which end together.

    Args:
        connection: The connection to the process.
        process: The process.
        take: Called with each message from the process.
        lost: Called if the process ends by itself.

    Attributes:
        gone: Whether the connection is closed.
    """

    def __init__(
        self,
        connection: Connection,
        process: Any,
        take: Callable[[dict[str, Any]], None],
        lost: Callable[[], None],
    ) -> None:
        self._connection, self._process, self._take, self._lost = connection, process, take, lost
        self.gone = False
        asyncio.get_running_loop().add_reader(self._connection.fileno(), self._read)

    def tell(self, message: dict[str, Any]) -> None:
        """Send a `message`, unless the process has ended."""
        if not self.gone:
            try:
                self._connection.send_bytes(json.dumps(message).encode())
            except OSError:
                self._lose()

    async def end(self) -> None:
        """End the process, which ends by itself when its connection is closed, unless it is stuck."""
        self._close()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self._process.join, _GRACE)
        if self._process.is_alive():
            self._process.kill()
            await loop.run_in_executor(None, self._process.join, _GRACE)

    def _read(self) -> None:
        try:
            while self._connection.poll():
                self._take(json.loads(self._connection.recv_bytes(_MOST_BYTES)))
        except (EOFError, OSError):
            self._lose()

    def _lose(self) -> None:
        if not self.gone:
            self._close()
            self._lost()

    def _close(self) -> None:
        if not self.gone:
            self.gone = True
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._connection.close()
