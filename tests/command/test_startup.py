"""The quick start leaves out heavy libraries, but they stay available."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import ROOT
from tests.forks import run_each

LEAN = """
import sys
from src.command.startup import lean_imports
with lean_imports():
    import torch, lightning.pytorch, torchmetrics
parameter = torch.nn.Parameter(torch.ones(2))
optimizer = torch.optim.SGD([parameter], lr=0.5)
parameter.sum().backward()
optimizer.step()
assert parameter.tolist() == [0.5, 0.5]
"""
STEPS = {
    "needs none of the heavy libraries": (
        "print({'sympy', 'torchvision', 'scipy', 'matplotlib', 'triton'} & sys.modules.keys())",
        "set()\n",
    ),
    "is not searched for garbage again": (
        """
import gc
frozen = gc.get_freeze_count()
kept = [[] for _ in range(1000)]
with lean_imports():
    import torch
print(frozen > 100_000, gc.get_freeze_count() == frozen)
""",
        "True True\n",
    ),
    "lets them be imported later": (
        "import torchvision, scipy.signal, matplotlib.figure, triton, importlib.metadata as m; m.version('scipy')",
        "",
    ),
    "lets the compiler take over": (
        """
print(torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(1)).item())
import torch._dynamo.utils
assert "sympy" in sys.modules
optimizer.step()
optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
""",
        "2.0\n",
    ),
}


@pytest.fixture(scope="module")
def after_a_step():
    """The outcome of each code after a gradient step with lean imports."""
    return dict(zip(STEPS, run_each(LEAN, [code for code, _ in STEPS.values()]), strict=True))


@pytest.mark.parametrize("what", STEPS)
def test_a_gradient_step_on_lean_imports(what, after_a_step):
    done = after_a_step[what]
    assert (done.returncode, done.stdout) == (0, STEPS[what][1]), done.stderr


def test_a_library_that_was_imported_before_stays_whole():
    (done,) = run_each("import scipy" + LEAN, [""])  # torchmetrics sees it, and takes scipy.signal to be there too
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["train", "evaluate", "compare"])
def test_a_python_without_the_packages_says_in_one_line_which_one_has_them(command, tmp_path):
    (tmp_path / "src").symlink_to(ROOT / "src")
    foreign = [getattr(sys, "_base_executable", sys.executable), "-I", "-S", "-c"]
    as_module = (
        f"import sys, runpy; sys.path[:0] = {[str(tmp_path)]}; sys.argv = ['-m']; runpy.run_module('src.{command}')"
    )
    done = subprocess.run([*foreign, as_module], capture_output=True, text=True, cwd=tmp_path)
    environment = Path(ROOT, ".venv")
    remedy = f"{environment.name}/bin/python, or run source" if environment.is_dir() else "run make setup once"
    assert done.returncode == 2
    assert done.stderr.startswith("setup error: ")
    assert remedy in done.stderr
    assert done.stderr.count("\n") == 1
    in_a_cell = f"import sys; sys.path[:0] = {[str(tmp_path)]}; from src import lab"
    said = subprocess.run([*foreign, in_a_cell], capture_output=True, text=True, cwd=tmp_path).stderr.splitlines()[-1]
    assert said == f"ModuleNotFoundError: {done.stderr.strip()}"
