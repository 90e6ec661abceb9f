"""A copy of the project in which tests run commands: its code, and separate folders for what they leave."""

import os
from pathlib import Path

from tests.data.image_files import write_idx

ROOT = Path(__file__).parent.parent
REAL_DATA = next(
    (ROOT / place for place in ("data", "../shared/data") if (ROOT / place / "FashionMNIST").exists()), None
)


def make_sandbox(folder: Path, real_data: bool = False) -> Path:
    """Link the project's code into `folder` next to Fashion-MNIST: a few made-up images, or the real ones if available.

    Args:
        folder: Where to create the sandbox.
        real_data: Whether to use the real images, with epochs that take a hundred times longer.
    """
    for name in ("src", "conf", "exercises", "hydra_plugins"):
        (folder / name).symlink_to(ROOT / name)
    if real_data and REAL_DATA is not None:
        (folder / "data").symlink_to(REAL_DATA.resolve())
    else:
        write_idx(folder / "data", num_train=400)
    return folder


def environment(sandbox: Path) -> dict[str, str]:
    """The environment in which `python -m src.train` is the sandbox's, on one thread."""
    return {**os.environ, "PYTHONPATH": str(sandbox), "OMP_NUM_THREADS": "1"}
