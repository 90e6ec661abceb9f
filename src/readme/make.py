"""`make gallery`: train every experiment again, draw its figure, and write the sections of the pages."""

import contextlib
import io
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from pathlib import Path

from src import cores
from src.errors import ConfigError, suggestion
from src.readme.gallery import (
    EXPERIMENTS,
    GALLERY,
    HIGHLIGHTS,
    Entry,
    film,
    gallery_markdown,
    measure,
    read_entries,
    write_entries,
)
from src.readme.options import options_markdown
from src.readme.sections import DOCS, README, write
from src.readme.speed import CHART, speed_chart, speed_markdown
from src.storage import failures

SECTIONS: dict[Path, dict[str, Callable[[], str]]] = {
    README: {"highlights": lambda: gallery_markdown(HIGHLIGHTS, README)},
    DOCS / "gallery.md": {"gallery": lambda: gallery_markdown(EXPERIMENTS, DOCS / "gallery.md")},
    DOCS / "options.md": {"options": options_markdown},
    DOCS / "speed.md": {"speed": speed_markdown},
}
"""The generated sections of pages, by the name of their pair of comments."""

_PAGES = "pages"  # the word that updates only the sections and trains nothing

_FILMED = "xor"
_HEAVY = "fashion_"  # these take minutes on all cores but one, which the other experiments share meanwhile


def main(words: list[str]) -> int:
    """Update the named experiments, or all; returns the exit code.

    Args:
        words: `pages` alone, which only writes the sections; or names of experiments, and overrides for all of them,
            such as `data_dir=../shared/data`.
    """
    if words == [_PAGES]:
        return _write_pages()
    overrides = [word for word in words if "=" in word]
    chosen = [word for word in words if "=" not in word] or list(EXPERIMENTS)
    for name in chosen:
        if name not in EXPERIMENTS:
            return failures.tell(ConfigError(f"{name}: not in the gallery; {suggestion(name, set(EXPERIMENTS))}"))
    GALLERY.mkdir(exist_ok=True)
    entries, skipped = read_entries(), []
    futures: dict[Future[Entry], str] = {}
    start = time.perf_counter()
    with _process() as heavy, _process() as light:
        for pool, is_heavy, threads in ((heavy, True, max(1, cores.available() - 1)), (light, False, 1)):
            os.environ["OMP_NUM_THREADS"] = str(threads)  # read by a process when its first task starts it
            futures |= {pool.submit(_renew, n, overrides): n for n in chosen if n.startswith(_HEAVY) == is_heavy}
        for future in as_completed(futures):
            name = futures[future]
            try:
                entries[name] = future.result()
            except ConfigError as error:
                skipped.append(f"{name} keeps its old figure: {failures.line(error)}")
                continue
            write_entries(entries)
            print(f"{time.perf_counter() - start:4.0f} s  {name}: {entries[name].number}")
    print("\n".join([*skipped, f"written: {GALLERY.relative_to(README.parent)}/"]), file=sys.stderr)
    return _write_pages()


def _write_pages() -> int:
    CHART.write_bytes(speed_chart())
    for page, sections in SECTIONS.items():
        write(page, sections)
    print(f"written: {', '.join(str(page.relative_to(README.parent)) for page in SECTIONS)}", file=sys.stderr)
    return 0


def _process() -> ProcessPoolExecutor:
    """A process that runs one task after another."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))


def _renew(name: str, overrides: list[str]) -> Entry:
    with tempfile.TemporaryDirectory() as runs, contextlib.redirect_stdout(io.StringIO()):
        entry = measure(name, *overrides, f"runs_dir={runs}")
        if name == _FILMED:
            film(name, *overrides, f"runs_dir={runs}")
    return entry
