"""Sweeps of 2,000 runs on a real Slurm and a real Ray, a worker of which dies; a time limit; a Ray of one's own."""

import os
import signal

import pytest

from tests.cluster import ray_head, slurm
from tests.cluster.sweeps import OFTEN, WORDS, check_as_trained_here, only_sweep
from tests.commands import going_on, run, wait_until, wait_until_gone

pytestmark = pytest.mark.slow

RUNS = 2000


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Slurm, as the variables with which its commands find it."""
    slurm.require_modules("submitit")
    with slurm.running(tmp_path_factory.mktemp("slurm") / "slurm") as environment:
        yield environment


@pytest.fixture(params=["slurm", "ray"])
def engine(request):
    """A running cluster: what a command needs to use it, in words and in variables, and the workers that train."""
    if request.param == "slurm":
        yield ["hydra/launcher=slurm"], request.getfixturevalue("cluster"), slurm.workers
        return
    with ray_head.running() as (address, token):
        yield ["hydra/launcher=ray", f"hydra.launcher.address='{address}'"], token, lambda _: ray_head.workers()


def test_each_of_2000_runs_is_there_once_although_a_worker_dies(engine, tmp_path):
    launcher, variables, workers = engine
    there = [*launcher, OFTEN, f"runs_dir={tmp_path}/there"]
    with going_on("src.train", "-m", *WORDS, f"seed=range(0,{RUNS})", *there, **variables) as command:
        wait_until(lambda: list(only_sweep(tmp_path / "there").glob("tasks/*/stack.ckpt")), command)
        os.kill(workers(tmp_path)[0], signal.SIGKILL)
        stdout, stderr = command.communicate(1800)
    assert command.returncode == 0, stderr
    assert "its worker died, submitting it again" in stdout
    check_as_trained_here(only_sweep(tmp_path / "there"), tmp_path, RUNS)


def test_a_job_that_reaches_its_time_limit_is_requeued_and_goes_on(cluster, tmp_path):
    """Slurm itself sends the signal, at some time within a minute, the shortest limit that there is."""
    long = ["data.num_train=200000", "data.batch_size=50000", "trainer.max_epochs=5000"]  # over a minute
    limit = ["hydra.launcher.timeout_min=1", "hydra.launcher.signal_delay_s=30", OFTEN]
    words = [*WORDS, *long, "seed=range(0,4)", "hydra/launcher=slurm", *limit, f"runs_dir={tmp_path}/there"]
    done = run(["src.train", "-m", *words], **cluster)
    assert done.returncode == 0, done.stderr
    (log,) = (only_sweep(tmp_path / "there") / "tasks/log").glob("*_log.out")
    assert "as one stack, after their epoch" in log.read_text()
    check_as_trained_here(only_sweep(tmp_path / "there"), tmp_path, 4, *long)


def test_without_an_address_a_cluster_lasts_as_long_as_the_command(tmp_path):
    """A machine that is busy with other tests may be too slow for Ray, which waits for 15 s for its own agent."""
    slurm.require_modules("ray")
    here = ["hydra/launcher=ray", "hydra.launcher.num_cpus=2", "hydra.launcher.max_stack=10"]
    done = run(["src.train", "-m", *WORDS, "seed=range(0,20)", *here, f"runs_dir={tmp_path}/there"])
    assert done.returncode == 0, done.stderr
    check_as_trained_here(only_sweep(tmp_path / "there"), tmp_path, 20)
    wait_until_gone(ray_head.workers)
