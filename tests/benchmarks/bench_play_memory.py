"""How much memory ten minutes of play take: `python -m tests.benchmarks.bench_play_memory [seconds=600]`.

XOR trains without an end, as fast as it is drawn, which makes far more epochs than anybody watches. Measured are the
page's objects after a garbage collection, and what the processes of the server's visitors keep for themselves alone.
"""

import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.page.live_server import LiveServer, live_server

MOST_MEGABYTES = 20.0
WARM_UP = 10.0  # seconds, until everything has happened once
SCENE = "experiment=xor&trainer.max_epochs=100000"


def of_page(session: Any) -> float:
    """Megabytes of a page's objects."""
    session.send("HeapProfiler.collectGarbage")
    metrics = {each["name"]: each["value"] for each in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["JSHeapUsedSize"]) / 2**20


def of_workers(server: LiveServer) -> float:
    """Megabytes that the visitors' processes do not share with files."""
    kept = [re.search(r"RssAnon:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in server.workers]
    return sum(int(found[1]) for found in kept if found) / 2**10


def main(seconds: float) -> None:
    """Play for so many `seconds`, and print what memory it took."""
    chromium = shutil.which("chromium")
    with tempfile.TemporaryDirectory() as runs, live_server(Path(runs)) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"{server.address}#{SCENE}")
        page.locator("#set-trainer-max_epochs").wait_for()
        page.locator("#stops").uncheck()
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        page.locator("#play").click()
        time.sleep(WARM_UP)
        first = of_page(session), of_workers(server)
        start, most = time.monotonic(), first
        while time.monotonic() - start < seconds:
            time.sleep(min(10.0, seconds / 10))
            now = of_page(session), of_workers(server)
            most = max(most[0], now[0]), max(most[1], now[1])
        epoch = page.locator("body").get_attribute("data-epoch")
        browser.close()
    print(f"{seconds:.0f} seconds, {epoch} epochs")
    for name, before, largest, after in zip(("page", "processes"), first, most, now, strict=True):
        print(f"{name}: {before:.1f} MB at first, at most {largest:.1f}, {after:.1f} at the end")
    grown = sum(now) - sum(first)
    print(f"grown by {grown:.1f} MB in all, limit {MOST_MEGABYTES:.0f}: {'yes' if grown < MOST_MEGABYTES else 'NO'}")


if __name__ == "__main__":
    main(float(sys.argv[1].partition("=")[2]) if len(sys.argv) > 1 else 600.0)
