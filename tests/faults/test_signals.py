"""Signals: each saves and ends the run within seconds, with its exit code and one line; a second ends it at once."""

import os
import re
import signal
import time

import pytest

from tests.commands import ROOT, going_on, run, wait_until

ENDLESS = ("trainer.max_epochs=100000", "logger=none")
CODES = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
SECONDS = 20  # in which a busy machine answers; alone it takes one


def sent(process, *signals, pause=0.0):
    """What a command prints and returns after some signals."""
    for number in signals:
        process.send_signal(number)
        time.sleep(pause)
    _, stderr = process.communicate(timeout=SECONDS)
    return process.returncode, stderr


def epochs_of(folder):
    return len((folder / "metrics.csv").read_text().splitlines()) - 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_saves_and_says_how_to_resume(number, tmp_path):
    with going_on("src.train", *ENDLESS, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob("xor/*/checkpoints/last.ckpt")), process)
        code, stderr = sent(process, number)
    (folder,) = (tmp_path / "xor").iterdir()
    assert code == CODES[number]
    pattern = rf"interrupted in epoch \d+; resume with: python -m src\.train resume={os.path.relpath(folder, ROOT)}\n"
    assert re.fullmatch(pattern, stderr)
    epochs = epochs_of(folder)
    done = run(["src.train", f"resume={folder}", f"trainer.max_epochs={epochs + 1}"])
    assert done.returncode == 0, done.stderr
    assert epochs_of(folder) == epochs + 1


@pytest.mark.faults
@pytest.mark.parametrize("number", list(CODES))
def test_a_long_block_is_broken_off(number, tmp_path):
    slow = ["network.hidden_dims=[2000,2000]", "data.steps_per_execution=256", "data.num_train=32768"]
    with going_on("src.train", *ENDLESS, *slow, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob("xor/*/train.log")), process)
        time.sleep(4)  # inside the first block, which takes minutes
        before = time.monotonic()
        code, stderr = sent(process, number)
    assert code == CODES[number]
    assert stderr.startswith("interrupted in epoch 1; resume with: ")
    assert time.monotonic() - before < 10


@pytest.mark.faults
@pytest.mark.parametrize("number", list(CODES))
def test_two_signals_leave_a_run_that_can_be_resumed(number, tmp_path):
    with going_on("src.train", *ENDLESS, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob("xor/*/checkpoints/last.ckpt")), process)
        code, stderr = sent(process, number, number, pause=0.001)
    assert code == CODES[number]
    assert "Traceback" not in stderr
    (folder,) = (tmp_path / "xor").iterdir()
    done = run(["src.train", f"resume={folder}", f"trainer.max_epochs={epochs_of(folder) + 1}"])
    assert done.returncode == 0, done.stderr


@pytest.mark.faults
@pytest.mark.parametrize("seconds", [0.0, 0.03, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7])
def test_a_signal_while_starting_leaves_no_empty_folder(seconds, tmp_path):
    with going_on("src.train", *ENDLESS, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: any(tmp_path.iterdir()), process)
        time.sleep(seconds)
        code, stderr = sent(process, signal.SIGTERM)
    assert code == 143
    assert stderr.count("\n") == 1
    folders = list(tmp_path.glob("xor/*"))
    assert not folders if stderr == "interrupted\n" else len(folders) == 1


@pytest.mark.faults
@pytest.mark.parametrize("launcher", ["basic", "vectorized"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_whole_sweep(number, launcher, tmp_path):
    sweep = ["-m", "seed=0,1", f"hydra/launcher={launcher}", "callbacks.figures=null"]
    with going_on("src.train", *sweep, *ENDLESS, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob("xor/multirun/*/0/.hydra/config.yaml")), process)
        time.sleep(3)
        code, stderr = sent(process, number)
    (folder,) = (tmp_path / "xor" / "multirun").iterdir()
    assert code == CODES[number]
    line = stderr.strip().splitlines()[-1]
    assert line.endswith(f"resume with: python -m src.train sweep_resume={os.path.relpath(folder, ROOT)}")
