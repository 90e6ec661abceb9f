"""How soon the page that trains is ready, how fast it draws, and how fast its fast forward is: `make bench`.

Fast forward and `src.train` both train 8000 steps of XOR, in turns; the best of each counts. `src.train` draws and logs
nothing here. In Chromium, fast forward is timed from the click until the page says that XOR is solved, and the frames
are of the moments that it has then.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
from playwright.sync_api import sync_playwright

from src.page.document import live_document
from src.places import EXERCISES
from src.play.exercises import listed, read_exercises
from src.storage.folders import RunFolder
from tests.benchmarks.bench_page import FEWEST_PER_SECOND, frames_per_second
from tests.page.live_server import LiveServer, live_server

STEPS, TURNS = 8000, 3
LEAST_SHARE = 0.8
MOST_SECONDS = 7.0
MOST_SECONDS_SOLVED = 3.0
MOST_KILOBYTES = 200
SOLVED = """() => new Promise((done) => {
    const start = performance.now();
    const watch = new MutationObserver(() => {
        if (!document.getElementById("news").textContent.startsWith("Solved")) return;
        watch.disconnect();
        done(performance.now() - start);
    });
    watch.observe(document.getElementById("news"), { childList: true });
    document.getElementById("fast").click();
})"""


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


def seen(server: LiveServer) -> tuple[float, float]:
    """Seconds from a click until the page says that XOR is solved, the best of several; frames a second."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 900})
        page.goto(server.address)
        page.locator("body[data-mode]").wait_for()
        took = []
        for turn in range(TURNS):
            took.append(page.evaluate(SOLVED) / 1000)
            rate = frames_per_second(page) if turn == TURNS - 1 else 0.0
            page.locator("#reset").click()
            page.locator('body[data-epoch="0"]').wait_for()
        browser.close()
    return min(took), rate


def main() -> None:
    """Print the figures, and end with an error where one misses its limit."""
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as place, live_server(Path(place)) as server:
        ready, ours, theirs = asyncio.run(played(server, start, Path(place)))
        solved, rate = seen(server)
    shown = {"exercises": listed(read_exercises(EXERCISES))}
    kilobytes = len(live_document([], shown)[1].encode()) / 1000
    share = max(ours) / max(theirs)
    print(f"ready after {ready:.1f} s; {kilobytes:.0f} kB")
    print(f"fast forward {max(ours):,.0f} steps a second, src.train {max(theirs):,.0f}: {share:.2f} of it")
    print(f"XOR solved {solved:.1f} s after a click on fast forward; {rate:.1f} frames a second of 100 × 100 points")
    slow = share < LEAST_SHARE or ready > MOST_SECONDS or solved > MOST_SECONDS_SOLVED or rate < FEWEST_PER_SECOND
    if slow or kilobytes > MOST_KILOBYTES:
        sys.exit("slower or larger than it should be")


if __name__ == "__main__":
    main()
