"""The visitors of the page: a process for each, whose messages are forwarded to a socket."""

import asyncio
import json
import multiprocessing
import secrets
from collections import deque
from multiprocessing import forkserver
from multiprocessing.connection import Connection
from typing import Any

from src.play.process import work

MOST_VISITORS = 6
_MOST_BYTES = 64 * 2**20  # per message from a process
_UNSEEN = 2  # frames that may be sent before the page confirms having shown them
_PATIENCE = 600.0  # seconds within which a visitor who lost the connection may come back
_GRACE = 1.0  # seconds that a process has to end by itself


def begin() -> None:
    """Start importing what visitors' processes need, in a process that they will be forked from."""
    _context().set_forkserver_preload(["src.play.preload"])
    forkserver.ensure_running()


def _context() -> Any:
    return multiprocessing.get_context("forkserver")


def started(runs_dir: str) -> tuple[Connection, Any]:
    """A new process that saves to `runs_dir`, and the connection to it; waits until processes can be forked."""
    ours, theirs = _context().Pipe()
    process = _context().Process(target=work, args=(theirs, runs_dir), daemon=True)
    process.start()
    theirs.close()
    return ours, process


class Visitor:
    """A process, and the messages that its page has not received yet.

    Messages that the page must receive wait in a queue. Of the frames, only the latest waits: a slow page skips
    frames, but neither the process nor the queue waits for it.

    Args:
        connection: The connection to the process.
        process: The process that trains.

    Attributes:
        name: The name by which a page that lost its connection is recognised.
        away: When the connection was lost, in the event loop's time; None while it is connected.
        turn: How often a page has connected; whatever served an earlier connection stops.
    """

    def __init__(self, connection: Connection, process: Any) -> None:
        self.name = secrets.token_urlsafe(16)
        self.away: float | None = None
        self.turn = 0
        self._connection, self.process = connection, process
        self._queue: deque[dict[str, Any]] = deque()
        self._frame: dict[str, Any] | None = None
        self._unseen = 0
        self._news = asyncio.Event()
        self.gone = False
        asyncio.get_running_loop().add_reader(self._connection.fileno(), self._read)

    def tell(self, message: dict[str, Any]) -> None:
        """Forward a `message` of the page to the process."""
        if message.get("do") == "seen":
            self._unseen = max(0, self._unseen - 1)
            self._news.set()
        elif not self.gone:
            try:
                self._connection.send_bytes(json.dumps(message).encode())
            except OSError:
                self._lose()

    def arrive(self) -> None:
        """Send everything to a page that has connected or reconnected."""
        if self.turn and self.away is None:  # the old connection was lost, but this has not been noticed yet
            self.tell({"do": "pause"})
        self.away, self._unseen, self._frame = None, 0, None
        self.turn += 1
        self._queue.clear()
        self._queue.append({"type": "hello", "visitor": self.name})
        self.tell({"do": "show"})
        self._news.set()

    async def next_message(self, turn: int) -> dict[str, Any] | None:
        """The next message for the page that came at this `turn`; None if there will be none."""
        while self.turn == turn:
            if self._queue:
                return self._queue.popleft()
            if self._frame is not None and self._unseen < _UNSEEN:
                found, self._frame = self._frame, None
                self._unseen += 1
                return found
            if self.gone:
                return None
            self._news.clear()
            await self._news.wait()
        return None

    def _read(self) -> None:
        try:
            while self._connection.poll():
                self._take(json.loads(self._connection.recv_bytes(_MOST_BYTES)))
        except (EOFError, OSError):
            self._lose()
        self._news.set()

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "frame":
            if self._frame is not None and self._frame["number"] == message["number"]:
                message["rows"] = self._frame["rows"] + message["rows"]
                message["state"]["said"] = message["state"]["said"] or self._frame["state"]["said"]
            self._frame = message
        else:
            self._frame = None if message["type"] == "scene" else self._frame
            self._queue.append(message)

    def _lose(self) -> None:
        if not self.gone:
            self.gone = True
            asyncio.get_running_loop().remove_reader(self._connection.fileno())
            self._connection.close()
            self._news.set()

    async def end(self) -> None:
        """End the process, which ends by itself when its connection is closed, unless it is stuck."""
        self._lose()
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(None, self.process.join, _GRACE)
        if self.process.is_alive():
            self.process.kill()
            await loop.run_in_executor(None, self.process.join, _GRACE)


class Visitors:
    """All visitors, and a process that waits for the next one.

    Args:
        runs_dir: The folder for runs that they save.
    """

    def __init__(self, runs_dir: str) -> None:
        self._runs_dir = runs_dir
        self._starting = asyncio.Lock()
        self._known: dict[str, Visitor] = {}
        self._spare: Visitor | None = None

    async def prepare(self) -> None:
        """Start a process for the next visitor in advance."""
        async with self._starting:
            if self._spare is None and len(self._known) < MOST_VISITORS:
                self._spare = Visitor(*await asyncio.to_thread(started, self._runs_dir))

    async def admit(self, name: str | None) -> Visitor | None:
        """The visitor called `name`, or a new one; None if there are too many visitors."""
        await self._forget_those_away()
        found = self._known.get(name or "")
        if found is None or found.gone:
            if len(self._known) >= MOST_VISITORS:
                return None
            await self.prepare()
            found, self._spare = self._spare, None
            if found is None:  # another visitor was faster
                return await self.admit(name)
            self._known[found.name] = found
        found.arrive()
        return found

    def lose(self, visitor: Visitor) -> None:
        """Pause the training of a `visitor` whose connection was lost, until it comes back."""
        visitor.away = asyncio.get_running_loop().time()
        visitor.tell({"do": "pause"})

    async def dismiss(self, visitor: Visitor) -> None:
        """Remove a `visitor` whose page was closed."""
        self._known.pop(visitor.name, None)
        await visitor.end()

    async def dismiss_all(self) -> None:
        """End all visitors, because the server stops."""
        everyone = [*self._known.values(), *([self._spare] if self._spare else [])]
        self._known, self._spare = {}, None
        await asyncio.gather(*(visitor.end() for visitor in everyone))

    async def _forget_those_away(self) -> None:
        now = asyncio.get_running_loop().time()
        away = [each for each in self._known.values() if each.away is not None]
        for visitor in away:
            crowded = len(self._known) >= MOST_VISITORS and visitor is away[0]
            if visitor.gone or crowded or now - (visitor.away or now) > _PATIENCE:
                await self.dismiss(visitor)
