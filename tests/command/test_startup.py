"""The quick start leaves the heavy libraries out, and available."""

import subprocess
import sys


def run_python(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


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


def test_a_gradient_step_needs_none_of_the_heavy_libraries():
    heavy = "{'sympy', 'torchvision', 'scipy', 'matplotlib'}"
    assert run_python(LEAN + f"print({heavy} & set(sys.modules))").strip() == "set()"


def test_what_was_left_out_can_be_imported_later():
    code = LEAN + "import torchvision, scipy.signal, matplotlib.figure, importlib.metadata as m; m.version('scipy')"
    run_python(code)


def test_a_library_that_was_imported_before_stays_whole():
    run_python("import scipy" + LEAN)  # torchmetrics sees it, and takes scipy.signal to be there too


def test_the_compiler_takes_over_when_something_is_compiled():
    code = (
        LEAN
        + """
print(torch.compile(lambda x: 2 * x, backend="eager")(torch.ones(1)).item())
import torch._dynamo.utils
assert "sympy" in sys.modules
optimizer.step()
optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
"""
    )
    assert run_python(code).strip() == "2.0"
