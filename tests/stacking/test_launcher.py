"""The vectorized launcher: Hydra's own suite, and what it does with this project's runs."""

import json
import os
import re
import signal
import time

import pytest
import yaml
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.test_utils.launcher_common_tests import LauncherTestSuite
from hydra.version import VersionBase, __compat_version__
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from hydra_plugins.lab_vectorized_launcher import VectorizedLauncher
from tests.commands import ROOT, going_on, run, wait_until
from tests.forks import WITHOUT_TORCH, command, run_each

SHORT = ["experiment=xor", "trainer.max_epochs=2", "data.num_train=200", "logger=none", "callbacks.figures=null"]
STACK = "hydra/launcher=vectorized"


def test_hydra_discovers_the_launcher():
    assert VectorizedLauncher.__name__ in [kind.__name__ for kind in Plugins.instance().discover(Launcher)]


@pytest.mark.filterwarnings("ignore:Future Hydra versions")  # the suite's applications say nothing of their folder
@pytest.mark.parametrize(
    ("launcher_name", "overrides"), [("vectorized", [f"hydra.searchpath=[file://{ROOT / 'conf'}]"])]
)
class TestHydrasOwnSuite(LauncherTestSuite):
    """Jobs that are not trainings of this project run one by one."""

    @pytest.fixture(autouse=True)
    def defaults_of_the_suite(self, hydra_restore_singletons):
        VersionBase.instance().setbase(__compat_version__)  # other tests of this process have chosen a newer one


def train(*words, runs, check=True):
    done = run(["src.train", *words, f"runs_dir={runs}"])
    assert not check or done.returncode == 0, done.stderr
    return done


def sweep_of(runs):
    (sweep,) = (runs / "xor" / "multirun").iterdir()
    return sweep


def plain(path):
    return yaml.safe_load(path.read_text())


def test_members_leave_the_folder_of_a_single_run(tmp_path):
    words = ["-m", *SHORT, "seed=0,1", "optimizer.lr=0.1,0.3", "data.label_noise=0.1"]
    words += ["head.calibration=temperature", "head.threshold=f1"]
    train(*words, STACK, runs=tmp_path / "stack")
    train(*words, runs=tmp_path / "basic")
    stack, basic = sweep_of(tmp_path / "stack"), sweep_of(tmp_path / "basic")
    for number in map(str, range(4)):
        ours = {str(path.relative_to(stack / number)) for path in (stack / number).rglob("*") if path.is_file()}
        theirs = {str(path.relative_to(basic / number)) for path in (basic / number).rglob("*") if path.is_file()}
        assert ours == theirs
        ours, theirs = plain(stack / number / ".hydra/config.yaml"), plain(basic / number / ".hydra/config.yaml")
        assert ours.pop("runs_dir") != theirs.pop("runs_dir")
        assert ours == theirs
        ours, theirs = (plain(sweep / number / ".hydra/hydra.yaml")["hydra"] for sweep in (stack, basic))
        for part in ("launcher", "overrides", "sweep"):
            ours.pop(part)
            theirs.pop(part)
        ours["runtime"]["output_dir"] = ours["runtime"]["output_dir"].replace(str(stack), str(basic))
        ours["runtime"]["choices"].pop("hydra/launcher")
        theirs["runtime"]["choices"].pop("hydra/launcher")
        ours["job"]["override_dirname"] = ours["job"]["override_dirname"].replace("/stack", "/basic")
        assert ours == theirs
        ours, theirs = (json.loads((sweep / number / "metrics.json").read_text()) for sweep in (stack, basic))
        assert list(ours) == list(theirs)
        assert ours["test/loss"] == pytest.approx(theirs["test/loss"], rel=1e-4)
        ours, theirs = (json.loads((sweep / number / "calibration.json").read_text()) for sweep in (stack, basic))
        assert ours == theirs | {"temperature": pytest.approx(theirs["temperature"], rel=1e-4)}
        ours, theirs = (json.loads((sweep / number / "threshold.json").read_text()) for sweep in (stack, basic))
        assert ours == theirs | {"thresholds": pytest.approx(theirs["thresholds"], rel=1e-4)}


def test_what_cannot_be_stacked_runs_one_by_one_and_says_why(tmp_path):
    words = ["-m", *SHORT, "seed=0,1", "data.steps_per_execution=auto,1", STACK]
    done = train(*words, runs=tmp_path)
    assert "#0 to #2: 2 runs of MLP on XOR as one stack" in done.stdout
    assert "Running 2 jobs one by one: data.steps_per_execution=1 makes every step pass" in done.stdout
    assert len(list(sweep_of(tmp_path).glob("*/metrics.json"))) == 4


def test_networks_of_several_architectures_are_one_stack(tmp_path):
    shapes = ["network.hidden_dims=[6,4],[3]", "network.activation=tanh,relu"]
    done = train("-m", *SHORT, "seed=0,1", *shapes, STACK, runs=tmp_path)
    assert "#0 to #7: 8 runs of 4 architectures of MLP on XOR as one stack" in done.stdout
    for folder in sweep_of(tmp_path).glob("[0-9]"):
        hidden = plain(folder / ".hydra/config.yaml")["network"]["hidden_dims"]
        parameters = json.loads((folder / "metrics.json").read_text())["num_parameters"]
        assert parameters == {2: 3 * 6 + 7 * 4 + 5, 1: 3 * 3 + 4}[len(hidden)]


def test_accumulated_gradients_need_a_trainer_of_their_own(tmp_path):
    done = train("-m", *SHORT, "seed=0,1", "trainer.accumulate_grad_batches=2", STACK, runs=tmp_path)
    assert "Running 2 jobs one by one: trainer.accumulate_grad_batches=2 needs a Trainer of its own" in done.stdout


def test_lightning_modules_of_ones_own_run_one_by_one(tmp_path):
    own = ["trust=tests", "head._target_=tests.own_modules.Classifier", "callbacks.early_stopping=null"]
    words = ["-m", *SHORT, *own, "callbacks.model_checkpoint.monitor=val_loss", "seed=0,1", STACK]
    done = train(*words, runs=tmp_path)
    assert "Running 2 jobs one by one: Lightning modules of your own have no vectorized form" in done.stdout
    assert len(list(sweep_of(tmp_path).glob("*/metrics.json"))) == 2


def test_stacks_are_no_larger_than_asked_for(tmp_path):
    done = train("-m", *SHORT, "seed=range(0,5)", STACK, "hydra.launcher.max_stack=2", runs=tmp_path)
    assert sorted(line for line in done.stdout.splitlines() if "as one stack" in line) == [
        "#0: a run of MLP on XOR as one stack",
        "#1 to #2: 2 runs of MLP on XOR as one stack",
        "#3 to #4: 2 runs of MLP on XOR as one stack",
    ]
    assert len(list(sweep_of(tmp_path).glob("*/metrics.json"))) == 5


def test_figures_and_curves_come_on_request(tmp_path):
    words = ["-m", *SHORT, "seed=0,1", STACK, "hydra.launcher.figures=true", "hydra.launcher.tensorboard=true"]
    train(*words, runs=tmp_path)
    for number in ("0", "1"):
        folder, board = sweep_of(tmp_path) / number, sweep_of(tmp_path) / "tensorboard" / f"seed={number}"
        assert {path.stem for path in (folder / "plots").iterdir()} == {"boundary", "confusion_matrix", "curves"}
        events = EventAccumulator(str(board)).Reload()
        tags = events.Tags()
        assert {"train/loss", "val/loss", "test/accuracy", "val/best_loss"} <= set(tags["scalars"])
        assert "epoch" not in tags["scalars"]
        assert {"boundary", "confusion_matrix", "curves"} == set(tags["images"])
        assert {"command/text_summary", "configuration/text_summary", "test/different"} <= set(tags["tensors"])
        assert events.Scalars("test/accuracy")[-1].value == pytest.approx(
            json.loads((folder / "metrics.json").read_text())["test/accuracy"]
        )


@pytest.mark.parametrize("launcher", ["basic", "vectorized"])
def test_failing_runs_are_named_and_counted_and_the_others_go_on(launcher, tmp_path):
    deep = ["network.hidden_dims=[8,8,8,8,8,8]", "network.activation=identity", "data.batch_size=20"]
    words = ["-m", *SHORT, *deep, "seed=0,1", "optimizer.lr=0.03,1e6,-1", f"hydra/launcher={launcher}"]
    done = train(*words, runs=tmp_path, check=False)
    sweep = sweep_of(tmp_path)
    assert done.returncode == 1
    lines = sorted(done.stderr.splitlines())
    assert [re.sub("became .*", "became", line) for line in lines] == [
        "#1: training diverged: train/loss became",
        "#2: config error: optimizer.lr: input should be greater than 0 or input should be 'auto' (got -1)",
        "#4: training diverged: train/loss became",
        "#5: config error: optimizer.lr: input should be greater than 0 or input should be 'auto' (got -1)",
        f"4 runs failed, 2 finished; why: {os.path.relpath(sweep, ROOT)}/failures.txt",
    ]
    assert {path.parent.name for path in sweep.glob("*/metrics.json")} == {"0", "3"}
    assert not (sweep / "2").exists()


def test_bad_input_is_one_line_and_exit_code_2_without_torch(tmp_path):
    lines = {
        "hydra.launcher.max_stack=0": ("hydra.launcher.max_stack: input should be greater than or equal to 1 (got 0)"),
        "hydra.launcher.max_stak=4": "hydra.launcher.max_stak: unknown key; did you mean hydra.launcher.max_stack?",
        "data.nois=0.1,0.2": "data.nois: unknown key; did you mean data.noise?",
    }
    words = ["-m", *SHORT, STACK, f"runs_dir={tmp_path / 'runs'}"]
    for line, done in zip(
        lines.values(), run_each(WITHOUT_TORCH, [command("src.train", *words, word) for word in lines]), strict=True
    ):
        assert done.stderr.strip() == f"config error: {line}"
        assert done.returncode == 2
        assert not (tmp_path / "runs").exists()


def test_a_value_that_breaks_a_rule_fails_its_own_run_alone(tmp_path):
    done = train("-m", *SHORT, "optimizer.lr=-1,0.1,0.3", STACK, runs=tmp_path, check=False)
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first == "#0: config error: optimizer.lr: input should be greater than 0 or input should be 'auto' (got -1)"
    assert second.startswith("1 run failed, 2 finished; why: ")
    assert {path.parent.name for path in sweep_of(tmp_path).glob("*/metrics.json")} == {"1", "2"}


def test_a_killed_sweep_is_finished_without_running_anything_twice(tmp_path):
    words = ["-m", *SHORT, "seed=range(0,40)", "trainer.max_epochs=150", STACK, "hydra.launcher.max_stack=8"]
    with going_on("src.train", *words, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob("xor/multirun/*/*/metrics.json")), process)
        process.kill()
        process.wait()
    sweep = sweep_of(tmp_path)
    finished = {path: path.stat().st_mtime_ns for path in sweep.glob("*/metrics.json")}
    assert 0 < len(finished) < 40
    again = run(["src.train", f"sweep_resume={sweep}"])
    assert again.returncode == 0, again.stderr
    assert len(list(sweep.glob("*/metrics.json"))) == 40
    assert all(path.stat().st_mtime_ns == written for path, written in finished.items())
    assert len({plain(sweep / str(n) / ".hydra/config.yaml")["seed"] for n in range(40)}) == 40
    assert len(list(sweep.parent.iterdir())) == 1


def test_sweep_resume_refuses_other_settings_and_other_folders(tmp_path):
    (tmp_path / "multirun.yaml").write_text("hydra: {overrides: {hydra: [], task: [seed=1]}}")
    for words, line in (
        (["sweep_resume=nowhere"], "sweep_resume: nowhere is not a sweep's folder (it has no multirun.yaml)"),
        (
            [f"sweep_resume={tmp_path}", "seed=3"],
            "sweep_resume: a resumed sweep keeps its settings (got seed=3); only hydra/launcher may change, "
            "and in a search hydra.sweeper.n_trials, timeout and n_jobs",
        ),
    ):
        done = run(["src.train", *words])
        assert done.stderr.strip() == f"config error: {line}"
        assert done.returncode == 2


@pytest.mark.parametrize("launcher", ["basic", "vectorized"])
def test_ctrl_c_ends_a_sweep_with_the_command_that_goes_on(launcher, tmp_path):
    words = ["-m", *SHORT, "seed=0,1", "trainer.max_epochs=100000", f"hydra/launcher={launcher}"]
    sign = {"basic": "0/checkpoints/last.ckpt", "vectorized": "1/.hydra/overrides.yaml"}[launcher]
    with going_on("src.train", *words, f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob(f"xor/multirun/*/{sign}")), process)
        time.sleep(1 if launcher == "vectorized" else 0)  # a stack writes nothing while it trains
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted" in stderr
    sweep = os.path.relpath(sweep_of(tmp_path), ROOT)
    assert stderr.strip().endswith(f"resume with: python -m src.train sweep_resume={sweep}")
    assert stderr.count("\n") == 1
    assert not list(tmp_path.glob("xor/multirun/*/*/metrics.json"))
