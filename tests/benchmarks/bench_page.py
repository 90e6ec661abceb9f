"""Frames a second of a replay in Debian's Chromium without a window, and the size of its file: `make bench`.

A frame is all that changes with an epoch: the plane of 100 × 100 points, hidden units, weights, curves and scores.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

FEWEST_PER_SECOND = 30
MOST_KILOBYTES = {"xor": 150, "circles": 3000}
FRAMES = 120
PLAYED = """async (frames) => {
    const timeline = document.getElementById("timeline");
    const drawn = () => new Promise(requestAnimationFrame);
    const start = performance.now();
    for (let i = 0; i < frames; i++) {
        timeline.value = i % (Number(timeline.max) + 1);
        timeline.dispatchEvent(new Event("input"));
        await drawn();
    }
    await drawn();
    return performance.now() - start;
}"""


def replay_of(experiment: str, folder: Path) -> Path:
    """The page of an experiment."""
    words = ["-m", "src.train", f"experiment={experiment}", "callbacks=replay", "callbacks.figures=null", "logger=none"]
    subprocess.run([sys.executable, *words, f"hydra.run.dir={folder}"], check=True, stdout=subprocess.DEVNULL)
    return folder / "export" / "replay.html"


def frames_per_second(page: Any) -> float:
    """How often a page can draw another moment, by moving its timeline; the best of three."""
    return max(1000 * FRAMES / page.evaluate(PLAYED, FRAMES) for _ in range(3))


def main() -> None:
    """Print both figures for each experiment, and end with an error where one misses its limit."""
    missed = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for experiment, most in MOST_KILOBYTES.items():
            path = replay_of(experiment, Path(place, experiment))
            page = browser.new_page(viewport={"width": 1366, "height": 900})
            page.goto(path.as_uri())
            page.locator("body[data-shown]").wait_for()
            rate = frames_per_second(page)
            size = path.stat().st_size / 1000
            print(f"{experiment:8} {rate:5.1f} frames a second, {size:7,.0f} kB")
            if size > most or (experiment == "xor" and rate < FEWEST_PER_SECOND):
                missed.append(experiment)
        browser.close()
    if missed:
        sys.exit(f"slower or larger than they should be: {', '.join(missed)}")


if __name__ == "__main__":
    main()
