"""Time and memory per row as data grows: images streamed from a folder, and rows held in memory: `make bench`.

Each size is read and served in a process of its own, after a thousand rows that warm it up, on one thread and without
a network: what remains is what a row costs. Images are hard links to ten thousand small JPEGs, so that a million of
them fit on the disk. Time is the processors', workers included, since other programs disturb a clock; memory is what
the peak grows by. The figure is `scale.png`, or the file named: `bench_scale FIGURE`.
"""

import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image

from src.data.base import InMemoryDataModule
from src.data.image.folder import ImageFolder
from src.data.synthetic.xor import XOR
from tests.benchmarks.bench_memory import private_pages

WARM_UP = 1000
SIZES = {"images": [10**4, 10**5, 10**6], "rows": [10**4, 10**5, 10**6, 10**7]}
LIMIT = 1.5  # of what a row costs in the largest data over that in the smallest
MADE = 10**4  # different images
SIDE = 32
MOST_SERVED = 10**5  # rows of an epoch: the rest would cost the same


def images(num_images: int, folder: Path) -> InMemoryDataModule:
    """A folder of images of ten classes that is streamed by two workers."""
    path = folder / str(num_images)
    for label in range(10):
        (path / f"class_{label}").mkdir(parents=True, exist_ok=True)
    for number in range(0 if any((path / "class_0").iterdir()) else num_images):
        os.link(folder / "made" / f"{number % MADE}.jpg", path / f"class_{number % 10}" / f"{number:07d}.jpg")
    return ImageFolder(path=str(path), image_size=SIDE, memory_budget=1e-9, remember=False, batch_size=64)


def rows(num_rows: int, _: Path) -> InMemoryDataModule:
    """Noisy XOR."""
    return XOR(num_train=num_rows, num_val=100, num_test=100, noise=0.1, batch_size=1024)


KINDS: dict[str, Callable[[int, Path], InMemoryDataModule]] = {"images": images, "rows": rows}


def processor_seconds() -> float:
    """Of this process, and of its workers that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def peak() -> int:
    """The peak memory of this process in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def measured(kind: str, size: int, folder: Path) -> dict[str, float]:
    """What a row costs: microseconds to read all and to serve an epoch, and bytes; and MiB of a worker's own."""
    data = KINDS[kind](size, folder)
    before, start = peak(), processor_seconds()
    _ = data.splits
    read = processor_seconds()
    loader, served, own = data.train_dataloader(), 0, 0.0
    for block in loader:
        served += sum(len(batch[1]) for batch in block)
        if served >= MOST_SERVED and kind == "images":
            break
    own = max([private_pages(worker.pid) for worker in active_children() if worker.pid], default=0.0)
    del loader
    gc.collect()  # the workers end
    micros = {"read": 1e6 * (read - start) / size, "served": 1e6 * (processor_seconds() - read) / served}
    return {**micros, "memory": (peak() - before) / size, "worker": own}


def in_a_process(kind: str, size: int, folder: Path) -> dict[str, float]:
    """What `measured` returns in a fresh process."""
    words = [sys.executable, "-m", "tests.benchmarks.bench_scale", kind, str(size), str(folder)]
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def make_images(folder: Path) -> None:
    """Write different small JPEGs."""
    folder.mkdir()
    draw = np.random.default_rng(0)
    for number in range(MADE):
        coarse = Image.fromarray(draw.integers(0, 256, (4, 4, 3), dtype=np.uint8))
        coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(folder / f"{number}.jpg", quality=90)


def drawn(found: dict[str, dict[str, list[float]]]) -> Figure:
    """Time and memory per row over the number of rows."""
    figure = Figure((9, 3.6), layout="constrained")
    for axes, name, unit in zip(figure.subplots(1, 2), ("time", "memory"), ("µs", "bytes"), strict=True):
        for kind, figures in found.items():
            axes.plot(SIZES[kind], figures[name], "o-", label=f"{kind}, {'streamed' if kind == 'images' else 'held'}")
        axes.set(xscale="log", yscale="log", xlabel="rows", ylabel=f"{name} per row ({unit})")
        axes.legend()
    return figure


def main(figure: Path) -> None:
    """Measure, print and draw."""
    found: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as scratch:
        make_images(Path(scratch, "made"))
        for kind, sizes in SIZES.items():
            print(f"{kind}: processor time and memory per row, in one epoch", flush=True)
            found[kind] = {"time": [], "memory": []}
            for size in sizes:
                one = in_a_process(kind, size, Path(scratch))
                found[kind]["time"].append(one["read"] + one["served"])
                found[kind]["memory"].append(one["memory"])
                worker = f", {one['worker']:.0f} MiB of a worker's own" if one["worker"] else ""
                costs = f"read {one['read']:.2f} µs, served {one['served']:.2f} µs, {one['memory']:.0f} B{worker}"
                print(f"  {size:>10,}  {costs}", flush=True)
            for name, figures in found[kind].items():
                print(f"  {name}, last / first  {figures[-1] / figures[0]:.2f}  limit {LIMIT}", flush=True)
    drawn(found).savefig(figure, dpi=150)
    print(f"drawn: {figure}")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        torch.set_num_threads(1)
        measured(sys.argv[1], WARM_UP, Path(sys.argv[3]))
        print(json.dumps(measured(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))))
    else:
        main(Path(*sys.argv[1:] or ["scale.png"]))
