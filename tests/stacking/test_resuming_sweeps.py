"""`sweep_resume` where the sweep is now: moved, being trained by another process, with a broken checkpoint."""

import fcntl
import os
import shutil

import pytest

from tests.commands import run

SHORT = ["experiment=xor", "trainer.max_epochs=2", "data.num_train=200", "logger=none", "callbacks.figures=null"]
STACK = "hydra/launcher=vectorized"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    runs = tmp_path_factory.mktemp("finished") / "runs"
    done = run(["src.train", "-m", *SHORT, "seed=0,1,2", STACK, f"runs_dir={runs}"])
    assert done.returncode == 0, done.stderr
    (sweep,) = (runs / "xor" / "multirun").iterdir()
    return sweep


@pytest.fixture
def sweep(finished, tmp_path):
    """A sweep with two unfinished runs, moved to another place."""
    folder = tmp_path / "moved" / "and renamed"
    shutil.copytree(finished, folder)
    for number in ("1", "2"):
        (folder / number / "metrics.json").unlink()
    return folder


def test_a_moved_sweep_is_finished_where_it_is_now(sweep, finished, tmp_path):
    before = {path.relative_to(finished): path.stat().st_mtime_ns for path in finished.rglob("*")}
    done = run(["src.train", f"sweep_resume={sweep}"])
    assert done.returncode == 0, done.stderr
    assert "#1 to #2: 2 runs of MLP on XOR as one stack" in done.stdout
    assert len(list(sweep.glob("*/metrics.json"))) == 3
    assert {path.relative_to(finished): path.stat().st_mtime_ns for path in finished.rglob("*")} == before
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_a_sweep_that_another_process_trains_is_not_resumed(sweep):
    opened = os.open(sweep, os.O_RDONLY)
    fcntl.flock(opened, fcntl.LOCK_EX)
    done = run(["src.train", f"sweep_resume={sweep}"])
    os.close(opened)
    line = f"config error: sweep_resume: another process trains in {sweep} now; wait until it has finished\n"
    assert (done.returncode, done.stderr) == (2, line)
    assert len(list(sweep.glob("*/metrics.json"))) == 1
    assert run(["src.train", f"sweep_resume={sweep}"]).returncode == 0


def test_a_broken_checkpoint_of_a_stack_is_named_and_its_runs_are_trained_anew(sweep):
    (sweep / "stack.ckpt").write_text("nothing")
    done = run(["src.train", f"sweep_resume={sweep}"])
    assert done.returncode == 0, done.stderr
    assert "stack.ckpt: damaged, or not a checkpoint of a sweep; its runs are trained from scratch" in done.stdout
    assert len(list(sweep.glob("*/metrics.json"))) == 3
    assert not (sweep / "stack.ckpt").exists()


def test_own_options_have_to_be_named_again(tmp_path):
    (tmp_path / "mine" / "experiment").mkdir(parents=True)
    (tmp_path / "mine" / "experiment" / "mine.yaml").write_text(
        "# @package _global_\n# Mine\ntrainer:\n  max_epochs: 2\n"
    )
    flag = f"--config-dir={tmp_path / 'mine'}"
    words = ["-m", flag, "experiment=mine", *SHORT[2:], "seed=0,1", STACK, f"runs_dir={tmp_path / 'runs'}"]
    assert run(["src.train", *words]).returncode == 0
    (sweep,) = (tmp_path / "runs" / "mine" / "multirun").iterdir()
    (sweep / "1" / "metrics.json").unlink()
    done = run(["src.train", f"sweep_resume={sweep}"])
    reason = f"the sweep was started with --config-dir {tmp_path / 'mine'}, which works only on the command line"
    assert (done.returncode, done.stderr) == (2, f"config error: sweep_resume: {reason}; add it\n")
    done = run(["src.train", f"sweep_resume={sweep}", flag])
    assert done.returncode == 0, done.stderr
    assert len(list(sweep.glob("*/metrics.json"))) == 2


@pytest.mark.parametrize("launcher", ["basic", "vectorized"])
def test_settings_that_were_edited_meanwhile_are_noticed_and_finished_runs_stay(launcher, tmp_path):
    own = tmp_path / "mine" / "experiment" / "mine.yaml"
    own.parent.mkdir(parents=True)
    text = "# @package _global_\n# Mine\noptimizer:\n  lr: {}\n"
    own.write_text(text.format(0.1))
    flag, how = f"--config-dir={tmp_path / 'mine'}", f"hydra/launcher={launcher}"
    words = ["-m", flag, "experiment=mine", *SHORT[1:], "seed=0,1,2", how, f"runs_dir={tmp_path / 'runs'}"]
    assert run(["src.train", *words]).returncode == 0
    (sweep,) = (tmp_path / "runs" / "mine" / "multirun").iterdir()
    for number in ("1", "2"):
        (sweep / number / "metrics.json").unlink()
    before = {path: path.read_bytes() for path in (sweep / "0").rglob("*") if path.is_file()}
    own.write_text(text.format(0.2))
    done = run(["src.train", f"sweep_resume={sweep}", flag])
    assert done.returncode == 0, done.stderr
    why = "conf/ now gives it different settings (optimizer.lr)"
    anew = [f"#{number}: {why}; training it from scratch" for number in (1, 2)] if launcher == "basic" else []
    assert done.stderr.splitlines() == [f"#0: {why}; it has finished and is left as it is", *anew]
    assert {path: path.read_bytes() for path in (sweep / "0").rglob("*") if path.is_file()} == before
    for number, lr in ((0, 0.1), (1, 0.2), (2, 0.2)):
        assert f"lr: {lr}" in (sweep / str(number) / ".hydra" / "config.yaml").read_text()
        assert f",{lr}," in (sweep / str(number) / "metrics.csv").read_text()
