"""How soon the page that trains is ready, and how fast its fast forward is beside `src.train`: `make bench`.

Both train 8000 steps of XOR, in turns; the best of each counts. `src.train` draws and logs nothing here.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

from src.page.document import live_document
from src.storage.folders import RunFolder
from tests.page.live_server import LiveServer, live_server

STEPS, TURNS = 8000, 3
LEAST_SHARE = 0.8
MOST_SECONDS = 7.0
MOST_KILOBYTES = 200


def headless(folder: Path) -> float:
    """Steps a second of `src.train`, without its start and end."""
    silent = "logger=none", "callbacks.figures=null", "callbacks.progress_bar=null"
    words = [sys.executable, "-m", "src.train", "experiment=xor", *silent, f"hydra.run.dir={folder}"]
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    seconds: float = json.loads(RunFolder(folder).metrics.read_text())["fit_seconds"]
    return STEPS / seconds


async def played(server: LiveServer, start: float, folder: Path) -> tuple[float, list[float], list[float]]:
    """Seconds from `start` until the page is ready; steps a second of fast forward and of `src.train`, in turns."""
    host = server.address.split("/?")[0]
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        await session.get(server.address)
        async with session.ws_connect(f"{host}/live", headers={"Origin": host}, max_msg_size=0) as opened:

            async def until(fulfilled: Callable[[dict[str, Any]], bool]) -> None:
                while True:
                    message = json.loads((await opened.receive()).data)
                    if message["type"] == "frame":
                        await opened.send_str('{"do": "seen"}')
                    if fulfilled(message):
                        return

            await until(lambda message: message["type"] == "scene")
            ready = time.perf_counter() - start
            await opened.send_str('{"do": "stop", "solved": false}')
            ours, theirs = [], []
            for turn in range(TURNS):
                begun = time.perf_counter()
                await opened.send_str('{"do": "fast"}')
                await until(lambda message: message["type"] == "frame" and message["state"]["ended"])
                ours.append(STEPS / (time.perf_counter() - begun))
                await opened.send_str('{"do": "reset"}')
                await until(lambda message: message["type"] == "scene")
                theirs.append(await asyncio.to_thread(headless, folder / str(turn)))
            return ready, ours, theirs


def main() -> None:
    """Print the figures, and end with an error where one misses its limit."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place, live_server(Path(place)) as server:
        ready, ours, theirs = asyncio.run(played(server, start, Path(place)))
    kilobytes = len(live_document([])[1].encode()) / 1000
    share = max(ours) / max(theirs)
    print(f"ready after {ready:.1f} s; {kilobytes:.0f} kB")
    print(f"fast forward {max(ours):,.0f} steps a second, src.train {max(theirs):,.0f}: {share:.2f} of it")
    if share < LEAST_SHARE or ready > MOST_SECONDS or kilobytes > MOST_KILOBYTES:
        sys.exit("slower or larger than it should be")


if __name__ == "__main__":
    main()
