"""A Chromium of its own with real tabs, of which all but one are hidden; Playwright keeps each of its pages visible."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

_PATIENCE = 120.0  # seconds, on a busy machine


class Browser:
    """Speaks to a browser by the protocol of its developer tools, one message at a time.

    Args:
        socket: The browser's.
    """

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse") -> None:
        self._socket, self._asked = socket, 0

    async def ask(self, method: str, session: str | None = None, **params: Any) -> Any:
        """The result of a `method`, of a tab's if its `session` is named; empty if it fails."""
        self._asked += 1
        message = {"id": self._asked, "method": method, "params": params}
        await self._socket.send_str(json.dumps(message | ({"sessionId": session} if session else {})))
        while (answer := json.loads((await self._socket.receive()).data)).get("id") != self._asked:
            pass
        return answer.get("result", {})

    async def open(self, address: str) -> "Tab":
        """A new tab in front of all others."""
        target = (await self.ask("Target.createTarget", url=address))["targetId"]
        session = (await self.ask("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        return Tab(self, target, session)


class Tab:
    """A tab of a browser, by its `target` and the `session` in which one speaks to it."""

    def __init__(self, browser: Browser, target: str, session: str) -> None:
        self._browser, self._target, self._session = browser, target, session

    async def evaluate(self, expression: str) -> Any:
        """The value of an `expression` in the page."""
        found = await self._browser.ask("Runtime.evaluate", self._session, expression=expression, returnByValue=True)
        return found.get("result", {}).get("value")

    async def until(self, condition: str) -> None:
        """Wait until a `condition` holds in the page."""
        deadline = time.monotonic() + _PATIENCE
        while not await self.evaluate(condition):
            assert time.monotonic() < deadline, condition

    async def to_front(self) -> None:
        """Show this tab instead of the one that is seen."""
        await self._browser.ask("Target.activateTarget", targetId=self._target)


@asynccontextmanager
async def tabbed_browser(command: str, folder: Path) -> AsyncIterator[Browser]:
    """A browser, started by a `command`, that keeps its profile in a `folder`."""
    words = "--headless=new", "--no-sandbox", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"
    process = await asyncio.create_subprocess_exec(command, *words, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    try:
        while not (found := re.search(r"ws://\S+", (await process.stderr.readline()).decode())):
            assert process.returncode is None
        async with aiohttp.ClientSession() as session, session.ws_connect(found[0], max_msg_size=0) as socket:
            yield Browser(socket)
    finally:
        process.terminate()
        await process.communicate()
