"""What the benchmarks share: programs timed one after another in fresh processes, round by round.

A machine whose speed drifts slows the programs of a round alike, so what counts is the ratio within a round.
"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path


def timed(arguments: list[str]) -> tuple[float, str]:
    """Wall seconds and output of a fresh Python process."""
    start = time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], check=True, capture_output=True, text=True)
    return time.perf_counter() - start, done.stdout


def timed_run(folder: Path, arguments: list[str]) -> tuple[float, float]:
    """Wall seconds of a training's whole process, and of its fit alone."""
    seconds, _ = timed(["-m", "src.train", *arguments, f"hydra.run.dir={folder}"])
    return seconds, json.loads((folder / "metrics.json").read_text())["fit_seconds"]


def compare(title: str, measure: Callable[[int], dict[str, float]], rounds: int, limits: dict[str, float]) -> None:
    """Measure some rounds after one to warm up caches; print the median and the range of each figure."""
    records = []
    for number in range(rounds + 1):
        record = measure(number)
        if number:
            records.append(record)
            print(f"round {number}: " + ", ".join(f"{name} {value:.2f}" for name, value in record.items()), flush=True)
    print(f"\n{title}, medians of {rounds} rounds (least to most)")
    for name in records[0]:
        values = sorted(record[name] for record in records)
        limit = f"  limit {limits[name]}" if name in limits else ""
        print(f"  {name:<44}{statistics.median(values):.2f}  ({values[0]:.2f} to {values[-1]:.2f}){limit}")
