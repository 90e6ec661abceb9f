"""Commands as pages and lessons show them: found in the text, and shortened."""

import json
import re
import shlex
from pathlib import Path
from typing import Any, NamedTuple


class Command(NamedTuple):
    """A command line, and its expected output if the text gives it."""

    words: list[str]
    output: str | None = None

    def __str__(self):
        return shlex.join(["python", "-m", *self.words])


def commands_in(text):
    """The lines of a text that call a module of `src`; after a `$` the lines below are what they print.

    `src.play` is left out, since it serves a page until it is stopped.
    """
    lines = [line.strip() for line in text.replace("\\\n", "").splitlines()]
    for number, line in enumerate(lines):
        prompt, line = line.startswith("$ "), line.removeprefix("$ ")
        if not line.startswith("python -m src.") or line.startswith("python -m src.play"):
            continue
        words = shlex.split(line, comments=True)[2:]
        printed = lines[number + 1 : number + 1 + lines[number + 1 :].index("")] if prompt else []
        yield Command(words, "\n".join(printed) if prompt else None)


def sooner(words):
    """The same command with two epochs if it trains anew, two more if it resumes, and four values of a range."""
    words = fewer(words, 4)
    if words[0] != "src.train" or any(word.startswith(("trainer=debug", "--help")) for word in words):
        return words
    if any(word.startswith("resume=") for word in words):
        return ["trainer.max_epochs=4" if word.startswith("trainer.max_epochs=") else word for word in words]
    shorter = ["trainer.max_epochs=2", "trainer.check_val_every_n_epoch=1"]
    return [*(word for word in words if not word.startswith("trainer.max_epochs")), *shorter]


def undrawn(words):
    """The same command without figures of its run, unless it mentions figures."""
    others = "callbacks=", "callbacks.figures", "resume=", "--help"  # a resumed run keeps the callbacks that it has
    if words[0] != "src.train" or any(word.startswith(others) for word in words):
        return words
    return [*words, "callbacks.figures=null"]


def fewer(words, most):
    """The same command with at most so many values of a range."""

    def cut(found):
        start, end = int(found[1]), int(found[2])
        return f"range({start},{min(end, start + most)})"

    return [re.sub(r"range\((\d+),(\d+)\)", cut, word) for word in words]


def cells_of(notebook: Path) -> list[dict[str, Any]]:
    """The cells of a notebook, each with its `source` as one string; importing nbformat would take three seconds."""
    cells = json.loads(notebook.read_text())["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells]
