"""A second process draws ahead: the same figures, and none is missing if it fails."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from src.callbacks import drawn_ahead
from tests.commands import ROOT
from tests.forks import command, run_each

BEGINNING = """
import os, signal
from src import cores, interrupts
from src.command.startup import lean_imports
with lean_imports():
    from src.callbacks import drawn_ahead
    from src.settings.pictures import PNG, Pictures
from functools import partial
interrupts.answer(lambda: "interrupted")
cores.available = lambda: 2

class Ours:
    def __init__(self, fails=None):
        self.fails = fails
    def __call__(self):
        from src.plots.style import new_figure
        if self.fails:
            raise self.fails
        figure, _ = new_figure(width=4, height=3)
        print("helper" if os.getpid() != first else "here", flush=True)
        return figure

def drawn(pictures=PNG, with_png=True, fails=None):
    return drawn_ahead.begun(Ours(fails), pictures, with_png)

first = os.getpid()
"""
STEPS = {
    "the helper draws": (
        """
with drawn_ahead.helper(needed=True):
    by_helper = drawn(Pictures(format="svg"))()
assert by_helper == drawn_ahead.picture(Ours(), Pictures(format="svg"), True)
assert by_helper.file.startswith(b"<?xml") and by_helper.png[1:4] == b"PNG" and by_helper.size == (400, 300)
""",
        "helper\nhere\n",
    ),
    "a helper that was killed is done without": (
        """
with drawn_ahead.helper(needed=True):
    pool = drawn_ahead._helpers[0][0]
    helper = pool.submit(os.getpid).result()
    os.kill(helper, signal.SIGSTOP)
    waiting = drawn()
    os.kill(helper, signal.SIGKILL)
    assert waiting().size == drawn()().size == (400, 300)
""",
        "here\nhere\n",
    ),
    "what cannot be pickled is drawn here": (
        """
with drawn_ahead.helper(needed=True):
    ours = Ours()
    assert drawn_ahead.begun(lambda: ours(), PNG, True)().size == (400, 300)
""",
        "here\n",
    ),
    "an error is that of drawing here": (
        """
import traceback
with drawn_ahead.helper(needed=True):
    try:
        drawn(fails=ValueError("no room"))()
    except ValueError as error:
        print(error, error.__cause__, error.__context__, traceback.extract_tb(error.__traceback__)[-1].name)
""",
        "no room None None __call__\n",
    ),
    "there is one inside the block": (
        """
drawn()()
with drawn_ahead.helper(needed=True):
    drawn()()
drawn()()
""",
        "here\nhelper\nhere\n",
    ),
    "nobody needs one for a run without figures": ("with drawn_ahead.helper(needed=False):\n    drawn()()", "here\n"),
    "there is none where one core is available": (
        "cores.available = lambda: 1\nwith drawn_ahead.helper(needed=True):\n    drawn()()",
        "here\n",
    ),
}


@pytest.fixture(scope="module")
def after():
    """The outcome of each step, in a process that behaves like that of a command."""
    beginning = "from pathlib import Path\n" + BEGINNING
    codes = [f"first = os.getpid()\n{code}" for code, _ in STEPS.values()]
    return dict(zip(STEPS, run_each(beginning, codes), strict=True))


@pytest.mark.skipif(sys.platform != "linux", reason="a fork is safe on Linux alone")
@pytest.mark.parametrize("what", STEPS)
def test_a_figure_is_drawn_by_somebody(what, after):
    done = after[what]
    assert (done.returncode, done.stdout, done.stderr) == (0, STEPS[what][1], "")


def test_a_process_that_is_no_command_has_no_helper():
    with drawn_ahead.helper(needed=True):
        assert not drawn_ahead._helpers


def test_a_run_has_the_same_figures_with_a_helper_and_without(tmp_path):
    words = ["data.num_train=300", "trainer.max_epochs=4", "callbacks.figures.every_n_epochs=2", "optimizer=adam"]
    codes = [
        f"cores.available = lambda: {num_cores}\n{command('src.train', *words, f'hydra.run.dir={tmp_path / name}')}"
        for num_cores, name in [(1, "alone"), (2, "helped")]
    ]
    for done in run_each(f"import runpy, sys{BEGINNING}", codes):
        assert done.returncode == 0, done.stderr
    alone, helped = (tmp_path / name / "plots" for name in ("alone", "helped"))
    names = {path.name for path in alone.iterdir()}
    assert {path.name for path in helped.iterdir()} == names > {"boundary_epoch00002.png", "boundary.png", "curves.png"}
    for name in names:
        assert (helped / name).read_bytes() == (alone / name).read_bytes(), name


@pytest.mark.skipif(sys.platform != "linux", reason="the helper exists on Linux alone")
def test_the_helper_ends_with_a_process_that_is_killed():
    code = f"""{BEGINNING}
with drawn_ahead.helper(needed=True):
    print(drawn_ahead._helpers[0][0].submit(os.getpid).result(), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    helper = Path("/proc", done.stdout.strip())
    assert done.returncode == -signal.SIGKILL, done.stderr
    end = time.monotonic() + 10
    while helper.exists() and time.monotonic() < end:
        time.sleep(0.05)
    assert not helper.exists()
