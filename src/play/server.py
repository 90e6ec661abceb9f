"""The server of the page: only for this machine, and only for a browser that opens the address with its token."""

import asyncio
import errno
import json
import signal
import socket
import webbrowser
from collections.abc import Callable, Sequence

from aiohttp import WSCloseCode, WSMsgType, web

from src.errors import ConfigError
from src.play.guard import HEADERS, Guard
from src.play.messages import MOST_BYTES, understood
from src.play.processes import begin
from src.play.visitors import MOST_VISITORS, Visitor, Visitors

HOST = "127.0.0.1"

Page = Callable[[Sequence[str]], tuple[str, str]]
"""Makes a page that may connect to some sockets, and its Content-Security-Policy, which comes first."""

_HEARTBEAT = 30.0  # seconds after which a page that does not answer counts as lost
_CLOSED = WSCloseCode.OK, WSCloseCode.GOING_AWAY  # the codes that a browser sends when a page is closed


def serve(port: int, opens: bool, page: Page, visitors: Visitors, fragment: str = "") -> None:
    """Serve a page until Ctrl-C or another signal.

    Args:
        port: The port; 0 takes a free one.
        opens: Whether to open the page in the browser.
        page: The page.
        visitors: Its visitors.
        fragment: What follows the page's address.

    Raises:
        ConfigError: Another program uses the port, or it needs more rights.
    """
    bound = _bound(port)
    begin()
    asyncio.run(_serve(bound, opens, page, visitors, fragment))


def _bound(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((HOST, port))
    except OSError as error:
        bound.close()
        if error.errno not in (errno.EADDRINUSE, errno.EACCES):
            raise
        reason = "is taken by another program" if error.errno == errno.EADDRINUSE else "needs more rights"
        raise ConfigError(f"port: {port} {reason} (got {port}); choose another, or port=0 for a free one") from error
    return bound


async def _serve(bound: socket.socket, opens: bool, page: Page, visitors: Visitors, fragment: str) -> None:
    port = bound.getsockname()[1]
    guard = Guard(port)
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    runner = web.AppRunner(application(guard, page, visitors, port), access_log=None, handle_signals=False)
    await runner.setup()
    await web.SockSite(runner, bound).start()
    address = f"http://{HOST}:{port}/?token={guard.token}{fragment}"
    preparing = asyncio.create_task(visitors.prepare())
    print(f"open in a browser: {address}\npress Ctrl-C to stop", flush=True)
    if opens:
        await asyncio.get_running_loop().run_in_executor(None, webbrowser.open, address)
    try:
        await stopped.wait()
    finally:
        await preparing
        await visitors.dismiss_all()
        await runner.cleanup()


def application(guard: Guard, page: Page, visitors: Visitors, port: int) -> web.Application:
    """A page and its socket, behind a `guard`.

    Args:
        guard: Decides which requests are answered.
        page: The page.
        visitors: Its visitors, each with a process.
        port: The server's port.
    """
    policy, text = page([f"ws://{HOST}:{port}", f"ws://localhost:{port}"])
    headers = HEADERS | {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'"}

    async def show(_: web.Request) -> web.Response:
        return web.Response(text=text, content_type="text/html", headers=headers)

    async def play(request: web.Request) -> web.WebSocketResponse:
        opened = web.WebSocketResponse(max_msg_size=MOST_BYTES, heartbeat=_HEARTBEAT)
        await opened.prepare(request)
        visitor = await visitors.admit(request.query.get("visitor"))
        if visitor is None:
            await opened.send_str(json.dumps({"type": "full", "most": MOST_VISITORS}))
            await opened.close()
            return opened
        turn = visitor.turn
        sending = asyncio.create_task(_send(visitor, opened, turn))
        try:
            await _receive(visitor, opened)
        finally:
            sending.cancel()
            if visitor.turn == turn and (opened.close_code in _CLOSED or visitor.gone):
                await visitors.dismiss(visitor)
            elif visitor.turn == turn:
                visitors.lose(visitor)
            await visitors.prepare()
        return opened

    made = web.Application(middlewares=[guard.middleware], client_max_size=1024)
    made.router.add_get("/", show)
    made.router.add_get("/live", play)
    return made


async def _send(visitor: Visitor, opened: web.WebSocketResponse, turn: int) -> None:
    while not opened.closed and (message := await visitor.next_message(turn)) is not None:
        await opened.send_str(json.dumps(message))
    await opened.close(code=WSCloseCode.INTERNAL_ERROR)


async def _receive(visitor: Visitor, opened: web.WebSocketResponse) -> None:
    """Pass on what a page sends; anything that the page would not send closes its socket."""
    async for received in opened:
        message = understood(received.data) if received.type == WSMsgType.TEXT else None
        if message is None:
            await opened.close(code=WSCloseCode.UNSUPPORTED_DATA)
            return
        visitor.tell(message)
