"""Sweeps on a real Slurm: each run is there once and is what one process makes of it, whatever dies meanwhile."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cluster import slurm
from tests.cluster.sweeps import OFTEN, WORDS, check_as_trained_here, only_sweep
from tests.commands import going_on, run, wait_until

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Slurm, as the variables with which its commands find it."""
    slurm.require_modules("submitit")
    with slurm.running(tmp_path_factory.mktemp("slurm") / "slurm") as environment:
        yield environment


def handed_out(sweep):
    return len(list((sweep / "tasks/log").glob("*_submitted.pkl")))


def test_a_stack_whose_worker_is_killed_is_finished_by_another(cluster, tmp_path):
    there = ["hydra/launcher=slurm", "hydra.launcher.max_stack=100", OFTEN, f"runs_dir={tmp_path}/there"]
    with going_on("src.train", "-m", *WORDS, "seed=range(0,200)", *there, **cluster) as command:
        wait_until(lambda: list(only_sweep(tmp_path / "there").glob("tasks/*/stack.ckpt")), command)
        os.kill(slurm.workers(tmp_path)[0], signal.SIGKILL)
        stdout, stderr = command.communicate(240)
    assert command.returncode == 0, stderr
    assert "its worker died, submitting it again" in stdout
    sweep = only_sweep(tmp_path / "there")
    assert handed_out(sweep) == 3
    check_as_trained_here(sweep, tmp_path, 200)


def test_a_job_at_its_time_limit_goes_on_while_the_command_has_left(cluster, tmp_path):
    there = ["hydra/launcher=slurm", "hydra.launcher.max_stack=10", "hydra.launcher.wait=false", OFTEN]
    left = run(["src.train", "-m", *WORDS, "seed=range(0,20)", *there, f"runs_dir={tmp_path}/there"], **cluster)
    assert left.returncode == 0, left.stderr
    assert "They continue without this command" in left.stdout
    sweep = only_sweep(tmp_path / "there")
    with going_on("src.train", f"sweep_resume={sweep}", "hydra.launcher.wait=true", **cluster) as command:
        wait_until((sweep / "tasks/000000/stack.ckpt").exists, command)
        subprocess.run(["scancel", "--signal=USR2", _job_of(sweep, 0)], check=True, env=os.environ | cluster)
        command.kill()
        stdout, _ = command.communicate(240)
    assert "20 runs in 2 tasks on Slurm, 2 of them submitted before" in stdout
    resumed = run(["src.train", f"sweep_resume={sweep}", "hydra.launcher.wait=true"], **cluster)
    assert resumed.returncode == 0, resumed.stderr
    assert handed_out(sweep) == 2
    log = (sweep / "tasks/log" / f"{_job_of(sweep, 0)}_0_log.out").read_text()
    assert "as one stack, after their epoch" in log
    check_as_trained_here(sweep, tmp_path, 20)


def _job_of(sweep, first):
    (task,) = [
        each for each in json.loads((sweep / "tasks/tasks.json").read_text())["tasks"] if first in each["numbers"]
    ]
    return task["name"]


def test_a_slurm_that_does_not_answer_is_named_and_nothing_is_left(cluster, tmp_path):
    words = ["-m", *WORDS, "seed=0,1", "hydra/launcher=slurm", f"runs_dir={tmp_path}/there"]
    nowhere = tmp_path / "slurm.conf"
    known = Path(cluster["SLURM_CONF"]).read_text()
    nowhere.write_text(re.sub(r"SlurmctldPort=\d+", "SlurmctldPort=9", known))
    done = run(["src.train", *words], SLURM_CONF=str(nowhere))
    assert done.returncode == 2
    assert done.stderr.startswith("config error: hydra/launcher=slurm: Slurm does not answer (")
    refused = run(["src.train", *words, "hydra.launcher.partition=nowhere"], **cluster)
    assert refused.returncode == 2
    assert "config error: hydra/launcher=slurm: sbatch refuses them (" in refused.stderr
    assert list(tmp_path.iterdir()) == [nowhere]
