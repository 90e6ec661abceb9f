"""The visitors of the page, and the processes that train for them, whose messages are forwarded to a socket."""

import asyncio
import secrets
from collections import deque
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

from src.play.process import train_starts
from src.play.processes import Process, started

MOST_VISITORS = 6
_FRAMES = {"frame", "starts"}  # kinds of messages of which only the latest matters
_UNSEEN = 2  # frames that may be sent before the page confirms having shown them
_PATIENCE = 600.0  # seconds within which a visitor who lost the connection may come back


class Visitor:
    """A visitor's processes, and the messages that the page has not received yet.

    Messages that the page must receive wait in a queue. Of the frames, only the latest of each kind waits: a slow page
    skips frames, but neither the processes nor the queue wait for it.

    One process trains the network that the page shows. Another one, which begins when it is first asked for, trains a
    stack of starts.

    Args:
        connection: The connection to the process.
        process: The process that trains.

    Attributes:
        name: The name by which a page that lost its connection is recognised.
        away: When the connection was lost, in the event loop's time; None while it is connected.
        turn: How often a page has connected; whatever served an earlier connection stops.
        gone: Whether the process that trains has ended.
    """

    def __init__(self, connection: Connection, process: Any) -> None:
        self.name = secrets.token_urlsafe(16)
        self.away: float | None = None
        self.turn = 0
        self.gone = False
        self._queue: deque[dict[str, Any]] = deque()
        self._frames: dict[str, dict[str, Any]] = {}
        self._unseen = 0
        self._news = asyncio.Event()
        self._trainer = Process(connection, process, self._take, self._lose)
        self._starts: Process | None = None

    def tell(self, message: dict[str, Any]) -> None:
        """Forward a `message` of the page to the process that it is for."""
        if message.get("do") == "seen":
            self._unseen = max(0, self._unseen - 1)
            self._news.set()
        elif message.get("do") == "starts":
            self._tell_starts(message)
        else:
            self._trainer.tell(message)

    def _tell_starts(self, message: dict[str, Any]) -> None:
        if self._starts is None and message.get("way") == "begin" and not self.gone:
            self._starts = Process(*started(train_starts), self._take, self._lose_starts)
        if self._starts is not None:
            self._starts.tell(message)

    def pause(self) -> None:
        """Pause all training."""
        self.tell({"do": "pause"})
        self.tell({"do": "starts", "way": "pause"})

    def arrive(self) -> None:
        """Send everything to a page that has connected or reconnected."""
        if self.turn and self.away is None:  # the old connection was lost, but this has not been noticed yet
            self.pause()
        self.away, self._unseen = None, 0
        self.turn += 1
        self._frames.clear()
        self._queue.clear()
        self._queue.append({"type": "hello", "visitor": self.name})
        self.tell({"do": "show"})
        self.tell({"do": "starts", "way": "show"})
        self._news.set()

    async def next_message(self, turn: int) -> dict[str, Any] | None:
        """The next message for the page that came at this `turn`; None if there will be none."""
        while self.turn == turn:
            if self._queue:
                return self._queue.popleft()
            if self._frames and self._unseen < _UNSEEN:
                self._unseen += 1
                return self._frames.pop(next(iter(self._frames)))  # the kind that has waited longest
            if self.gone:
                return None
            self._news.clear()
            await self._news.wait()
        return None

    def _take(self, message: dict[str, Any]) -> None:
        kind, waiting = message["type"], self._frames.get("frame")
        if kind == "frame" and waiting is not None and waiting["number"] == message["number"]:
            message["rows"] = waiting["rows"] + message["rows"]
            message["state"]["said"] = message["state"]["said"] or waiting["state"]["said"]
        if kind in _FRAMES:
            self._frames[kind] = message
        else:
            if kind == "scene":
                self._frames.pop("frame", None)
            self._queue.append(message)
        self._news.set()

    def _lose(self) -> None:
        self.gone = True
        self._news.set()

    def _lose_starts(self) -> None:
        self._starts = None
        line = "starts: their process has ended, as it may when memory is short; try 16 starts or a smaller network"
        self._take({"type": "starts.refused", "line": line})

    async def end(self) -> None:
        """End the processes."""
        self._lose()
        await asyncio.gather(*(each.end() for each in (self._trainer, self._starts) if each is not None))


class Visitors:
    """All visitors, and a process that waits for the next one.

    Args:
        work: What a visitor's process does, given its end of a connection and the arguments.
        *arguments: Further arguments.
    """

    def __init__(self, work: Callable[..., None], *arguments: Any) -> None:
        self._work, self._arguments = work, arguments
        self._starting = asyncio.Lock()
        self._known: dict[str, Visitor] = {}
        self._spare: Visitor | None = None

    async def prepare(self) -> None:
        """Start a process for the next visitor in advance."""
        async with self._starting:
            if self._spare is None and len(self._known) < MOST_VISITORS:
                self._spare = await self._new(*self._arguments)

    async def admit(self, name: str | None, *arguments: Any) -> Visitor | None:
        """The visitor called `name`, or a new one; None if there are too many visitors.

        Args:
            name: The name of one whose page lost its connection.
            *arguments: Further arguments of the work for a new one, if they are others than those of all visitors.
        """
        await self._forget_those_away()
        found = self._known.get(name or "")
        if found is None or found.gone:
            async with self._starting:
                if len(self._known) >= MOST_VISITORS:
                    return None
                if not arguments and self._spare is not None:
                    found, self._spare = self._spare, None
                else:
                    found = await self._new(*(arguments or self._arguments))
                self._known[found.name] = found
        found.arrive()
        return found

    async def _new(self, *arguments: Any) -> Visitor:
        return Visitor(*await asyncio.to_thread(started, self._work, *arguments))

    def lose(self, visitor: Visitor) -> None:
        """Pause the training of a `visitor` whose connection was lost, until it comes back."""
        visitor.away = asyncio.get_running_loop().time()
        visitor.pause()

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
