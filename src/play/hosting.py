"""Visitors of pages that are not served from here: their messages come and go by functions, from any thread."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from src.play.exercises import Exercise
from src.play.messages import MOST_BYTES, understood
from src.play.process import work
from src.play.processes import begin
from src.play.visitors import Visitor, Visitors

_SILENCE = 30.0  # seconds after which a page that says nothing counts as lost
_PATIENCE = 600.0  # seconds within which it may come back


class Ways(NamedTuple):
    """What a page is told, and how; all three are called in the host's thread.

    Attributes:
        send: Sends a message, as JSON, to the page.
        keep: Keeps a replay: an HTML file, and a PNG in base 64.
        end: Is called when the page has no visitor any more.
    """

    send: Callable[[str], None]
    keep: Callable[[str, str], None]
    end: Callable[[], None]


class Host:
    """A thread that looks after visitors, while the main thread may be busy.

    Args:
        runs_dir: Where trainings are saved.

    Attributes:
        loop: The loop in the thread.
        visitors: All visitors.
        admitted: The pages that have one; the page that said something last is at the end.
    """

    def __init__(self, runs_dir: str) -> None:
        begin()
        self.loop = asyncio.new_event_loop()
        self.visitors, self.runs_dir = Visitors(work, runs_dir, {}, True), runs_dir
        self.admitted: list[Guest] = []
        threading.Thread(target=self.loop.run_forever, name="play", daemon=True).start()

    def welcome(self, ways: Ways, exercises: dict[str, Exercise]) -> "Guest":
        """A page with these `exercises` that is told things in these `ways`; it is admitted when it says hello."""
        guest = Guest(self, ways, exercises)
        asyncio.run_coroutine_threadsafe(guest.stay(), self.loop)
        return guest


_HELLO, _HERE, _SAID, _LEFT, _CLOSED = "hello", "here", "message", "left", "closed"


class Guest:
    """A page, its visitor, and what it has said.

    Args:
        host: Its host.
        ways: How it is told something.
        exercises: Its exercises by name.
    """

    def __init__(self, host: Host, ways: Ways, exercises: dict[str, Exercise]) -> None:
        self._host, self._ways, self._exercises = host, ways, exercises
        self._heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._visitor: Visitor | None = None
        self._sending: asyncio.Task[None] | None = None
        self._closing = False
        self._gone = asyncio.Event()

    def hear(self, kind: Any, text: Any = "") -> None:
        """Take up what a page says.

        Args:
            kind: `hello` once it can be told something, `here` as a sign of life, or `message`.
            text: A message, as JSON.
        """
        if kind in (_HELLO, _HERE, _SAID) and isinstance(text, str):
            self._put(kind, text)

    def leave(self) -> None:
        """End the process of a page that is gone."""
        self._put(_LEFT)

    def close(self) -> None:
        """Keep what was trained, then end the process."""
        self._put(_CLOSED)

    def _put(self, kind: str, text: str = "") -> None:
        self._host.loop.call_soon_threadsafe(self._heard.put_nowait, (kind, text))

    # In the host's thread

    async def stay(self) -> None:
        """Pass messages on until the page or its process is gone."""
        try:
            while await self._answer(*await self._next()):
                pass
        finally:
            if self._sending is not None:
                self._sending.cancel()
            if self._visitor is not None:
                self._host.admitted.remove(self)
                await self._host.visitors.dismiss(self._visitor)
                self._ways.end()
            self._gone.set()

    async def _next(self) -> tuple[str, str]:
        """What the page says next; one that is silent for long is lost, and later gone."""
        for patience in (_SILENCE, _PATIENCE):
            try:
                return await asyncio.wait_for(self._heard.get(), patience)
            except TimeoutError:
                if self._visitor is not None:
                    self._host.visitors.lose(self._visitor)
        return _LEFT, ""

    async def _answer(self, kind: str, text: str) -> bool:
        """Act on what the page says; returns whether it stays."""
        if kind == _LEFT:
            return False
        if self._visitor is None:
            if kind == _HELLO:
                await self._enter()
            return kind != _CLOSED
        if kind == _HELLO or self._visitor.away is not None:
            self._visitor.arrive()
            self._start_sending(self._visitor)
        if kind == _CLOSED:
            self._closing = True
            self._visitor.tell({"do": "pause"})
            self._visitor.tell({"do": "replay"})
        elif kind == _SAID:
            message = understood(text) if len(text) <= MOST_BYTES else None
            if message is None:
                return False
            self._visitor.tell(message)
            self._host.admitted.remove(self)
            self._host.admitted.append(self)
        return True

    async def _enter(self) -> None:
        """Get a visitor; if there are too many, the one left alone longest makes room and keeps its replay."""
        while (visitor := await self._host.visitors.admit(None, self._host.runs_dir, self._exercises, True)) is None:
            await self._host.admitted[0].make_room()
        self._visitor = visitor
        self._host.admitted.append(self)
        self._start_sending(visitor)

    async def make_room(self) -> None:
        """Keep what was trained and end the process."""
        self.close()
        await self._gone.wait()

    def _start_sending(self, visitor: Visitor) -> None:
        self._sending = asyncio.create_task(self._send(visitor, visitor.turn))

    async def _send(self, visitor: Visitor, turn: int) -> None:
        while (message := await visitor.next_message(turn)) is not None:
            if message["type"] == "replay":
                self._keep(message)
            else:
                self._ways.send(json.dumps(message))
        if visitor.gone:
            self._put(_LEFT)

    def _keep(self, message: dict[str, Any]) -> None:
        if message["page"] is not None:
            self._ways.keep(message["page"], message["picture"])
        if self._closing:
            self._put(_LEFT)
