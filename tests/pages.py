"""Commands as pages and lessons show them: found in the text, and run as a reader would, though sooner."""

import io
import multiprocessing
import os
import re
import runpy
import shlex
import sys
from typing import NamedTuple

_PRELOADED = ["src.run.training", "src.run.evaluation", "src.run.prediction", "src.run.exporting", "src.sweep.training"]


class Command(NamedTuple):
    """A command line, and what it should print where the text says so."""

    words: list[str]
    output: str | None = None

    def __str__(self):
        return shlex.join(["python", "-m", *self.words])


class Done(NamedTuple):
    """What came of a command."""

    code: int
    stdout: str
    stderr: str


def commands_in(text):
    """The lines of a text that call a module of `src`; after a `$` the lines below are what they print."""
    lines = [line.strip() for line in text.splitlines()]
    for number, line in enumerate(lines):
        prompt, line = line.startswith("$ "), line.removeprefix("$ ")
        if not line.startswith("python -m src."):
            continue
        words = shlex.split(line, comments=True)[2:]
        printed = lines[number + 1 : number + 1 + lines[number + 1 :].index("")] if prompt else []
        yield Command(words, "\n".join(printed) if prompt else None)


def sooner(words):
    """The same command, but two epochs where it trains anew, and four values of a range."""
    words = [re.sub(r"range\((\d+),(\d+)\)", _short_range, word) for word in words]
    if words[0] != "src.train" or any(word.startswith(("resume=", "trainer=debug", "--help")) for word in words):
        return words
    return [*(word for word in words if not word.startswith("trainer.max_epochs")), "trainer.max_epochs=2"]


def _short_range(found):
    start, end = int(found[1]), int(found[2])
    return f"range({start},{min(end, start + 4)})"


def run(words, folder, **environment):
    """Run `python -m <words>` in a folder, in a process that has the heavy imports behind it."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_PRELOADED)
    streams = [folder / ".stdout", folder / ".stderr"]
    process = context.Process(target=_become, args=(words, folder, *streams, environment))
    process.start()
    process.join()
    stdout, stderr = (stream.read_text() for stream in streams)
    return Done(process.exitcode, stdout, stderr)


def _become(words, folder, stdout, stderr, environment):
    os.environ.update(environment)
    os.chdir(folder)
    for number, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (io.TextIOWrapper(os.fdopen(number, "wb", 0), write_through=True) for number in (1, 2))
    sys.argv = words
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
