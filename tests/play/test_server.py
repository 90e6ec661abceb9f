"""Whom the server answers: its own page alone, whatever else is sent to this machine."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from src.errors import ConfigError
from src.page.document import live_document
from src.places import EXERCISES
from src.play import server, visitors
from src.play.exercises import listed, read_exercises
from src.play.guard import Guard
from src.play.process import work

ALL = read_exercises(EXERCISES)
PAGE = partial(live_document, data={"exercises": listed(ALL)})


class Silent(visitors.Visitor):
    """A visitor without a process: keeps what the page tells it."""

    def __init__(self, *_: Any) -> None:
        self.name, self.away, self.gone, self.told, self.turn = "known", None, False, [], 0
        self._queue, self._frames, self._unseen, self._news = deque(), {}, 0, asyncio.Event()

    def tell(self, message: dict[str, Any]) -> None:
        self.told.append(message)

    async def end(self) -> None:
        self.gone = True


@pytest.fixture
def served(monkeypatch) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """Run a test against a server: it is given a session, the server's address, its guard and its visitors."""
    monkeypatch.setattr(visitors, "Visitor", Silent)
    monkeypatch.setattr(visitors, "started", lambda *_: ())

    def run(test: Callable[..., Awaitable[Any]]) -> Any:
        async def within() -> Any:
            bound = server._bound(0)
            port = bound.getsockname()[1]
            guard, everyone = Guard(port), visitors.Visitors(work, "runs", ALL, False)
            runner = web.AppRunner(server.application(guard, PAGE, everyone, port))
            await runner.setup()
            await web.SockSite(runner, bound).start()
            try:
                async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                    return await test(session, f"http://127.0.0.1:{port}", guard, everyone)
            finally:
                await runner.cleanup()

        return asyncio.run(within())

    return run


def test_the_token_becomes_a_cookie_and_leaves_the_address(served):
    async def test(session, address, guard, _):
        for wrong in ("/", "/?token=", "/?token=x", "/live"):
            origin = {"Origin": address}
            async with session.get(address + wrong, headers=origin) as answer:
                assert answer.status == 403
        async with session.get(f"{address}/?token={guard.token}", allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
            cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"{guard.cookie}=")
        assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert guard.token not in cookie
        async with session.get(address) as answer:
            text, policy = await answer.text(), answer.headers["Content-Security-Policy"]
        assert answer.status == 200
        assert "unsafe" not in policy
        assert policy.endswith("frame-ancestors 'none'")
        assert len(text.encode()) < 200_000
        assert guard.token not in text

    served(test)


def test_other_servers_have_other_cookies():
    assert Guard(8123).cookie != Guard(8123).cookie
    assert Guard(8123).cookie.startswith("play_8123_")


@pytest.mark.parametrize("path", ["/", "/live"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Host": "127.0.0.1"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
def test_foreign_names_and_origins_are_refused_even_with_the_cookie(served, headers, path):
    async def test(session, address, guard, _):
        await session.get(f"{address}/?token={guard.token}")
        async with session.get(address + path, headers=headers) as answer:
            assert answer.status == 403
        async with session.get(address) as answer:
            assert answer.status == 200

    served(test)


def test_a_socket_needs_its_origin(served):
    async def test(session, address, guard, everyone):
        await session.get(f"{address}/?token={guard.token}")
        for headers in ({}, {"Origin": "http://127.0.0.1:1"}):
            with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
                await session.ws_connect(f"{address}/live", headers=headers)
        assert not everyone._known

    served(test)


@pytest.mark.parametrize(
    "message",
    ["", "[]", '{"do": "exec"}', '{"do": ["set"]}', '{"do":"set","values":{"seed":NaN}}', "[" * 5000, "x" * 100_000],
)
def test_what_is_no_message_closes_the_socket_and_the_server_lives(served, message):
    async def test(session, address, guard, everyone):
        await session.get(f"{address}/?token={guard.token}")
        async with session.ws_connect(f"{address}/live", headers={"Origin": address}) as opened:
            assert json.loads((await opened.receive()).data) == {"type": "hello", "visitor": "known"}
            (visitor,) = everyone._known.values()
            await opened.send_str('{"do": "play"}')
            await opened.send_str(message)
            assert (await opened.receive()).type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED)
        assert [told["do"] for told in visitor.told if told["do"] not in ("pause", "starts")] == ["show", "play"]
        async with session.get(address) as answer:
            assert answer.status == 200

    served(test)


def test_there_are_so_many_visitors_and_no_more(served):
    async def test(session, address, guard, everyone):
        everyone._known = {str(number): Silent() for number in range(visitors.MOST_VISITORS)}
        await session.get(f"{address}/?token={guard.token}")
        async with session.ws_connect(f"{address}/live", headers={"Origin": address}) as opened:
            assert json.loads((await opened.receive()).data) == {"type": "full", "most": visitors.MOST_VISITORS}

    served(test)


def test_a_slow_page_misses_frames_and_no_epochs():
    async def test():
        visitor = Silent()
        for epoch in range(5):
            said = {"said": None}
            visitor._take({"type": "frame", "number": 1, "frame": {"epoch": epoch}, "rows": [epoch], "state": said})
        return await visitor.next_message(0)

    found = asyncio.run(test())
    assert found["frame"]["epoch"] == 4
    assert found["rows"] == [0, 1, 2, 3, 4]


def test_a_taken_port_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError) as refused:
            server.serve(port, opens=False, page=PAGE, visitors=visitors.Visitors(work))
    assert str(refused.value) == (
        f"port: {port} is taken by another program (got {port}); choose another, or port=0 for a free one"
    )
