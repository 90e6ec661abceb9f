"""Commands as a person starts them, in processes of their own."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent


@contextmanager
def going_on(*words: str) -> Iterator[subprocess.Popen[str]]:
    """`python -m <words>` while it runs; when the block ends it is gone.

    Ctrl-C reaches it also where it would not reach this process, as when a shell was told to run the tests with `&`.
    """
    ours = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGINT, ours)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_until(happened: Callable[[], object], process: subprocess.Popen[str], seconds: float = 120) -> None:
    """Wait until something has happened; fail where the process ends, or all these seconds pass, without it."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, f"nothing happened in {seconds} s"
        time.sleep(0.02)
