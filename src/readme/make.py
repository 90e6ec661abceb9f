"""`make gallery`: every experiment trained anew, its figure drawn, and README.md's sections written."""

import sys
import tempfile
import time
from collections.abc import Callable

from src import failures
from src.errors import ConfigError, suggestion
from src.readme.gallery import EXPERIMENTS, GALLERY, film, gallery_markdown, measure, read_entries, write_entries
from src.readme.options import options_markdown
from src.readme.sections import README, write

SECTIONS: dict[str, Callable[[], str]] = {"gallery": gallery_markdown, "options": options_markdown}
"""What README.md takes from the code, by the name of its pair of comments."""


def main(words: list[str]) -> int:
    """Renew the experiments that are named, or all; the exit code.

    Args:
        words: Names of experiments, and overrides for all of them, such as `data_dir=../shared/data`.
    """
    overrides = [word for word in words if "=" in word]
    chosen = [word for word in words if "=" not in word] or list(EXPERIMENTS)
    for name in chosen:
        if name not in EXPERIMENTS:
            return failures.tell(ConfigError(f"{name}: not in the gallery; {suggestion(name, set(EXPERIMENTS))}"))
    GALLERY.mkdir(exist_ok=True)
    entries, skipped = read_entries(), []
    for name in chosen:
        start = time.perf_counter()
        try:
            with tempfile.TemporaryDirectory() as runs:
                entries[name] = measure(name, *overrides, f"runs_dir={runs}")
                if name == "xor":
                    film(name, *overrides, f"runs_dir={runs}")
        except ConfigError as error:
            skipped.append(f"{name} keeps its old figure: {failures.line(error)}")
            continue
        write_entries(entries)
        print(f"== {name}: {entries[name].number}, {time.perf_counter() - start:.0f} s\n")
    write(README, SECTIONS)
    print("\n".join([*skipped, f"written: {README.name} and {GALLERY.relative_to(README.parent)}/"]), file=sys.stderr)
    return 0
