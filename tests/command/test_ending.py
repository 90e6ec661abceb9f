"""The quick end of a command's process loses nothing that Python's own end would keep."""

import pytest

from tests.forks import run_each

BEGINNING = """
import atexit, logging, os, sys
from logging.handlers import MemoryHandler
from src.command import cli
from src.errors import ConfigError

def command(error=None, code=0, meanwhile=lambda: None):
    globals()["kept"] = TakenApart()

    def execute(*_):
        meanwhile()
        if error is not None:
            raise error
        return cli.Outcome(code, None)
    cli.execute = execute
    cli.command("train", None)

class TakenApart:
    def __del__(self):
        os.write(1, b"taken apart\\n")
"""
ENDS = {
    "success": ("command()", (0, "", "")),
    "a sweep with failed runs": ("command(code=1)", (1, "", "")),
    "bad input": ("command(ConfigError('seed: is wrong'))", (2, "", "config error: seed: is wrong\n")),
    "what is printed is written": ("command(meanwhile=lambda: print('result', end=''))", (0, "result", "")),
    "what is registered is called": (
        "command(meanwhile=lambda: [atexit.register(print, number) for number in (1, 2)])",
        (0, "2\n1\n", ""),
    ),
    "a file that nobody closed is written": (
        "file = os.fdopen(os.dup(1), 'w'); command(meanwhile=lambda: file.write('row 1'))",
        (0, "row 1", ""),
    ),
    "records that a handler holds are written": (
        "held = MemoryHandler(100, target=logging.StreamHandler(sys.stdout)); logging.getLogger().addHandler(held)\n"
        "command(meanwhile=lambda: logging.warning('late'))",
        (0, "late\n", ""),
    ),
}


@pytest.fixture(scope="module")
def after():
    """The outcome of each end."""
    return dict(zip(ENDS, run_each(BEGINNING, [code for code, _ in ENDS.values()]), strict=True))


@pytest.mark.parametrize("what", ENDS)
def test_the_quick_end_keeps(what, after):
    assert tuple(after[what]) == ENDS[what][1]


def test_an_unexpected_error_ends_as_usual():
    (done,) = run_each(BEGINNING, ["command(RuntimeError('unexpected'))"])
    assert done.returncode == 1
    assert done.stdout == "taken apart\n"
    assert done.stderr.endswith("RuntimeError: unexpected\n")


def test_a_file_that_cannot_be_written_leaves_the_end_to_python():
    (done,) = run_each(BEGINNING, ["full = open('/dev/full', 'w'); command(meanwhile=lambda: full.write('row 1'))"])
    assert (done.returncode, done.stdout) == (0, "taken apart\n")
