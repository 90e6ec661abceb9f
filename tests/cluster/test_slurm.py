"""Sweeps on a real Slurm: each run is there once and is what one process makes of it, whatever dies meanwhile."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.cluster import slurm
from tests.commands import going_on, run, wait_until

pytestmark = pytest.mark.cluster

WORDS = [
    "experiment=xor",
    "data.num_train=100",
    "trainer.max_epochs=150",
    "logger=none",
    "callbacks.early_stopping=null",
]
OFTEN = "hydra.launcher.seconds_between_checkpoints=0.3"


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """A Slurm whose commands find it, in this process and in those that it starts."""
    slurm.require_modules("submitit")
    with slurm.running(tmp_path_factory.mktemp("slurm") / "slurm") as environment:
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        yield environment
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def scores(sweep):
    """The test loss of each run, by its seed, and its epochs."""
    found = {}
    for path in sweep.glob("*/metrics.json"):
        seed = next(word for word in (path.parent / ".hydra/overrides.yaml").read_text().split() if "seed=" in word)
        metrics = json.loads(path.read_text())
        assert seed not in found
        found[seed] = metrics["test/loss"], metrics["epochs"]
    return found


def trained_here(tmp_path, number):
    done = run(
        ["src.train", "-m", *WORDS, f"seed=range(0,{number})", "hydra/launcher=vectorized", f"runs_dir={tmp_path}/here"]
    )
    assert done.returncode == 0, done.stderr
    return scores(next((tmp_path / "here/xor/multirun").iterdir()))


def workers():
    """The process ids of the workers on this machine, by the folder that each writes its log to."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().decode().split("\0")
        except OSError:
            continue
        if "submitit.core._submit" in words and "srun" not in words[0]:
            found.setdefault(words[words.index("submitit.core._submit") + 1], []).append(int(path.parent.name))
    return found


def handed_out(sweep):
    return len(list((sweep / "tasks/log").glob("*_submitted.pkl")))


def only_sweep(tmp_path):
    found = list(tmp_path.glob("there/xor/multirun/*"))
    return found[0] if found else Path("none")


def test_a_stack_whose_worker_is_killed_is_finished_by_another(cluster, tmp_path):
    there = ["hydra/launcher=slurm", "hydra.launcher.max_stack=100", OFTEN, f"runs_dir={tmp_path}/there"]
    with going_on("src.train", "-m", *WORDS, "seed=range(0,200)", *there) as command:
        wait_until(lambda: list(only_sweep(tmp_path).glob("tasks/*/stack.ckpt")), command)
        (pids,) = [pids for folder, pids in workers().items() if str(tmp_path) in folder]
        os.kill(pids[0], signal.SIGKILL)
        stdout, stderr = command.communicate(240)
    assert command.returncode == 0, stderr
    assert "its worker died, another one gets it" in stdout
    sweep = only_sweep(tmp_path)
    assert handed_out(sweep) == 3
    there, here = scores(sweep), trained_here(tmp_path, 200)
    assert there.keys() == here.keys()
    assert len(there) == 200
    for seed, score in here.items():
        assert there[seed] == pytest.approx(score, abs=1e-4)


def test_a_job_at_its_time_limit_goes_on_while_the_command_has_left(cluster, tmp_path):
    there = ["hydra/launcher=slurm", "hydra.launcher.max_stack=10", "hydra.launcher.wait=false", OFTEN]
    left = run(["src.train", "-m", *WORDS, "seed=range(0,20)", *there, f"runs_dir={tmp_path}/there"])
    assert left.returncode == 0, left.stderr
    assert "They go on without this command" in left.stdout
    sweep = only_sweep(tmp_path)
    with going_on("src.train", f"sweep_resume={sweep}", "hydra.launcher.wait=true") as command:
        wait_until((sweep / "tasks/000000/stack.ckpt").exists, command)
        subprocess.run(["scancel", "--signal=USR2", _job_of(sweep, 0)], check=True)
        stdout, stderr = command.communicate(240)
    assert command.returncode == 0, stderr
    assert "20 runs in 2 tasks on Slurm, 2 of them handed out before" in stdout
    assert handed_out(sweep) == 2
    log = (sweep / "tasks/log" / f"{_job_of(sweep, 0)}_0_log.out").read_text()
    assert "as one stack, after their epoch" in log
    there, here = scores(sweep), trained_here(tmp_path, 20)
    assert there.keys() == here.keys()
    for seed, score in here.items():
        assert there[seed] == pytest.approx(score, abs=1e-4)


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
    refused = run(["src.train", *words, "hydra.launcher.partition=nowhere"])
    assert refused.returncode == 2
    assert "config error: hydra/launcher=slurm: sbatch refuses (" in refused.stderr
    assert list(tmp_path.iterdir()) == [nowhere]
