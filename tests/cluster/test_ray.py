"""Sweeps on a real Ray cluster of two workers: each run is there once, though a worker dies."""

import os
import signal

import pytest

from tests.cluster import ray_head
from tests.cluster.slurm import require_modules
from tests.cluster.sweeps import OFTEN, WORDS, check_as_trained_here, only_sweep
from tests.commands import going_on, run, wait_until, wait_until_gone

pytestmark = pytest.mark.cluster


def test_a_stack_whose_worker_is_killed_is_finished_by_another(tmp_path):
    there = ["hydra/launcher=ray", "hydra.launcher.max_stack=100", OFTEN, f"runs_dir={tmp_path}/there"]
    with ray_head.running() as (address, token):
        words = ["-m", *WORDS, "seed=range(0,200)", *there, f"hydra.launcher.address='{address}'"]
        with going_on("src.train", *words, **token) as command:
            wait_until(lambda: list(only_sweep(tmp_path / "there").glob("tasks/*/stack.ckpt")), command)
            os.kill(ray_head.workers()[0], signal.SIGKILL)
            stdout, stderr = command.communicate(300)
    assert command.returncode == 0, stderr
    assert "its worker died, submitting it again" in stdout
    check_as_trained_here(only_sweep(tmp_path / "there"), tmp_path, 200)


def test_a_command_that_is_killed_is_resumed_on_the_same_cluster(tmp_path):
    there = ["hydra/launcher=ray", "hydra.launcher.max_stack=10", OFTEN, f"runs_dir={tmp_path}/there"]
    with ray_head.running() as (address, token):
        words = ["-m", *WORDS, "seed=range(0,40)", *there, f"hydra.launcher.address='{address}'"]
        with going_on("src.train", *words, **token) as command:
            wait_until(lambda: list(only_sweep(tmp_path / "there").glob("*/metrics.json")), command)
        sweep = only_sweep(tmp_path / "there")
        wait_until_gone(ray_head.workers)
        finished = {path: path.stat().st_mtime_ns for path in sweep.glob("*/metrics.json")}
        resumed = run(["src.train", f"sweep_resume={sweep}", f"hydra.launcher.address={address}"], **token)
    assert resumed.returncode == 0, resumed.stderr
    assert all(path.stat().st_mtime_ns == written for path, written in finished.items())
    check_as_trained_here(sweep, tmp_path, 40)


def test_a_cluster_that_does_not_answer_is_named_and_nothing_is_left(tmp_path):
    require_modules("ray")
    words = ["-m", *WORDS, "seed=0,1", "hydra/launcher=ray", f"runs_dir={tmp_path}/there"]
    done = run(["src.train", *words, "hydra.launcher.address=127.0.0.1:9"])
    assert done.returncode == 2
    assert "config error: hydra.launcher.address: no Ray cluster answers at 127.0.0.1:9 (" in done.stderr
    refused = run(["src.train", *words, "hydra.launcher.wait=false"])
    assert refused.returncode == 2
    assert refused.stderr.startswith("config error: hydra.launcher.wait: Ray ends tasks with the command")
    assert not list(tmp_path.iterdir())
