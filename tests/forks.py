"""Run pieces of code in processes of their own after a shared beginning, which runs once: they are forks of it.

A new Python needs a second to import Hydra and three to import PyTorch.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.commands import ROOT, Done

WITHOUT_TORCH = """
import runpy, sys
sys.modules["torch"] = None
import src.command.cli
"""
"""The beginning of commands that must not need PyTorch."""

_PROGRAM = """
import os, sys
printed, beginning, *codes = sys.argv[1:]
exec(beginning)
for number, code in enumerate(codes):
    child = os.fork()
    if not child:
        for stream in (1, 2):
            os.dup2(os.open(f"{printed}/{number}.{stream}", os.O_WRONLY | os.O_CREAT), stream)
        exec(code)
        sys.exit()
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


def run_each(beginning: str, codes: Sequence[str]) -> list[Done]:
    """The outcome of each of the codes after the beginning."""
    with tempfile.TemporaryDirectory() as printed:
        words = [sys.executable, "-c", _PROGRAM, printed, beginning, *codes]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        exit_codes = map(int, done.stdout.split())
        files = [[Path(printed, f"{number}.{stream}") for stream in (1, 2)] for number in range(len(codes))]
        return [Done(code, *(file.read_text() for file in both)) for code, both in zip(exit_codes, files, strict=True)]


def command(*words: str) -> str:
    """The code for `python -m <words>`."""
    return f"sys.argv = {[*words]!r}; runpy.run_module({words[0]!r}, run_name='__main__')"
