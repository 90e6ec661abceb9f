"""Commands as people start them, in processes of their own with the heavy imports already done.

Importing PyTorch and Lightning takes a command four seconds and most commands of the tests less than one. So one
process imports them, and each command starts as a copy of it.
"""

import io
import multiprocessing
import os
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parent.parent
_PRELOADED = [
    *("tests.quicker", "tests.lean"),
    *("src.runs.evaluation", "src.runs.prediction", "src.runs.exporting", "src.stacking.training"),
    *("sklearn.datasets", "sklearn.model_selection", "torch.utils.tensorboard", "matplotlib.backends.backend_agg"),
    *("src.plots.boundary", "src.plots.confusion", "src.plots.curves", "src.plots.roc", "src.plots.calibration"),
    *("IPython.core.interactiveshell", "tests.blank", "tests.frozen"),
]


class Done(NamedTuple):
    """The result of a command."""

    returncode: int
    stdout: str
    stderr: str


class Running:
    """A command that has been started; its methods are those of `subprocess.Popen`.

    Args:
        words: The module and its arguments: `python -m <words>`.
        folder: Where it runs.
        environment: Variables in addition to those of this process; None removes one.
        own_code: The folder's own `src` runs, a copy or a link, imported anew.
    """

    def __init__(
        self, words: list[str], folder: Path, environment: dict[str, str | None], own_code: bool = False
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        self._printed = tempfile.TemporaryDirectory()
        self._streams = [Path(self._printed.name, name) for name in ("stdout", "stderr")]
        self._process: Any = context.Process(
            target=_become, args=(words, folder, *self._streams, environment, own_code)
        )
        self._process.start()
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        return self._process.exitcode

    @property
    def returncode(self) -> int | None:
        return self.poll()

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        assert code is not None, f"the command goes on after {timeout} s"
        return code

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        self.wait(timeout)
        stdout, stderr = (stream.read_text() if stream.exists() else "" for stream in self._streams)
        return stdout, stderr


def run(words: list[str], folder: Path = ROOT, own_code: bool = False, **environment: str | None) -> Done:
    """Run `python -m <words>` in a folder to its end, with this project's code or the folder's `own_code`."""
    process = Running(words, folder, environment, own_code)
    stdout, stderr = process.communicate()
    return Done(process.wait(), stdout, stderr)


@contextmanager
def going_on(*words: str, **environment: str) -> Iterator[Running]:
    """`python -m <words>` while it runs; it is killed when the block ends."""
    process = Running(list(words), ROOT, dict(environment))
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def wait_until(happened: Callable[[], object], process: Running, seconds: float = 120) -> None:
    """Wait until something has happened; fail if the process ends or the seconds pass first."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline, f"nothing happened in {seconds} s"
        time.sleep(0.02)


def wait_until_gone(processes: Callable[[], object], seconds: float = 60) -> None:
    """Wait until none of some processes is left; fail if the seconds pass first."""
    deadline = time.monotonic() + seconds
    while left := processes():
        assert time.monotonic() < deadline, f"{left} are there after {seconds} s"
        time.sleep(0.02)


def _become(
    words: list[str], folder: Path, stdout: Path, stderr: Path, environment: dict[str, str | None], own_code: bool
) -> None:
    for name, value in environment.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    os.chdir(folder)
    for number, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (io.TextIOWrapper(os.fdopen(number, "wb", 0), write_through=True) for number in (1, 2))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that runs the tests with `&` has it ignored
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # and nohup this one
    sys.path.insert(0, str(folder))
    sys.argv = words
    if own_code:
        for name in [name for name in sys.modules if name.partition(".")[0] in ("src", "hydra_plugins")]:
            del sys.modules[name]
    runpy.run_module(words[0], run_name="__main__", alter_sys=True)
