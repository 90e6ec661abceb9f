"""Folders that disappear during a run, or are not folders: one line, and nothing is created in their place."""

import pytest

from tests.commands import going_on, run, wait_until
from tests.faults.disk import Disk
from tests.faults.left import assert_one_line, tree

OFTEN = "callbacks.model_checkpoint.seconds_between_writes=0"


@pytest.mark.faults
def test_a_disk_that_goes_while_a_run_trains_is_one_line(disk):
    runs = disk.path / "runs"
    words = ["experiment=xor", "logger=none", "callbacks.figures=null", OFTEN, "trainer.max_epochs=100000"]
    with going_on("src.train", *words, f"runs_dir={runs}") as process:
        wait_until(lambda: list(runs.glob("xor/*/checkpoints/last.ckpt")), process)
        disk.unmount()
        _, stderr = process.communicate(timeout=60)
        Disk(disk.path)  # which the end of the test unmounts
    assert process.returncode == 1
    assert stderr.count("\n") == 1, stderr
    assert stderr.startswith("disk error: ")
    assert stderr.endswith("it was removed or renamed while this command used it\n")


@pytest.mark.parametrize("logger", ["none", pytest.param("tensorboard", marks=pytest.mark.faults)])
def test_a_run_whose_folder_vanishes_says_so(logger, tmp_path):
    words = ["experiment=xor", f"logger={logger}", "callbacks.figures=null", OFTEN, "trainer.max_epochs=100000"]
    with going_on("src.train", *words, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob("xor/*/checkpoints/last.ckpt")), process)
        (folder,) = (tmp_path / "xor").iterdir()
        folder.rename(tmp_path / "elsewhere")
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr.count("\n") == 1, stderr
    assert stderr.endswith("it was removed or renamed while this command used it\n")
    assert not folder.exists()


@pytest.mark.faults
@pytest.mark.parametrize("launcher", ["basic", "vectorized"])
def test_a_sweep_whose_folder_vanishes_says_so(launcher, tmp_path):
    words = ["-m", "seed=0,1", "logger=none", "callbacks.figures=null", OFTEN, f"hydra/launcher={launcher}"]
    words += ["hydra.launcher.seconds_between_checkpoints=0"] if launcher == "vectorized" else []
    sign = {"basic": "0/checkpoints/last.ckpt", "vectorized": "stack.ckpt"}[launcher]
    with going_on("src.train", *words, "trainer.max_epochs=100000", f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob(f"xor/multirun/*/{sign}")), process)
        (sweep,) = (tmp_path / "xor" / "multirun").iterdir()
        sweep.rename(tmp_path / "elsewhere")
        _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert stderr.count("\n") == 1, stderr
    assert stderr.endswith("it was removed or renamed while this command used it\n")
    assert not sweep.exists()


@pytest.mark.faults
@pytest.mark.parametrize("sweep", [(), ("-m", "seed=0,1"), ("-m", "seed=0,1", "hydra/launcher=vectorized")])
def test_a_file_in_the_place_of_runs_dir_is_refused_and_stays(sweep, tmp_path):
    (tmp_path / "runs").write_text("mine")
    done = run(["src.train", *sweep, f"runs_dir={tmp_path / 'runs'}"])
    assert_one_line(done, "config error: runs_dir: ", "is not a folder (Not a directory); name another place", code=2)
    assert tree(tmp_path) == {(tmp_path / "runs").relative_to(tmp_path): b"mine"}
