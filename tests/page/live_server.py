"""A server of the live page, started as users start it, and what one can see of its processes."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.sandbox import ROOT


class LiveServer:
    """A running server.

    Attributes:
        address: With its token.
        process: Its process.
    """

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found is not None, line
        self.address = found[0]

    @property
    def workers(self) -> set[int]:
        """The processes of its visitors, and of the one that is prepared."""
        return {pid for parent in children(self.process.pid) for pid in children(parent)}


def children(pid: int) -> set[int]:
    """The processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


@contextmanager
def live_server(runs: Path, *more: str) -> Iterator[LiveServer]:
    """A server on a free port, in the block, which saves to a folder `runs`; `more` are words of its command."""
    words = [sys.executable, "-m", "src.play", "open=false", "port=0", f"runs_dir={runs}", *more]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT)
    try:
        yield LiveServer(process)
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=120) == 0
