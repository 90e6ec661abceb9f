"""The command line as people use it: one-line errors, exit codes, folders, sweeps, Ctrl-C and resume."""

import json
import os
import signal

import pytest
from omegaconf import OmegaConf

from src import cores
from src.command.claiming import claim
from src.command.tasks import _divide_threads
from src.storage.folders import SweepFolder
from src.storage.marks import write_mark
from src.storage.removal import part_of
from tests.commands import ROOT, going_on, run, wait_until
from tests.forks import WITHOUT_TORCH, command, run_each


def train(*words, runs):
    return run(["src.train", *words, f"runs_dir={runs}"])


def assert_refused(done, line, runs):
    assert done.stderr.strip() == f"config error: {line}"
    assert done.returncode == 2
    assert not runs.exists()


TOLD_AT_ONCE = {
    "data.nois=1": "data.nois: unknown key; did you mean data.noise?",
    "optimzer.lr=1": "optimzer.lr: unknown key; did you mean optimizer.lr?",
    "network=cnnn": (
        "network: no option 'cnnn'; did you mean cnn? choose from cnn, mlp, perceptron, resnet18, tabular"
    ),
    "network=": "network: needs an option (got network=); choose from cnn, mlp, perceptron, resnet18, tabular",
    "trainer.max_epochs=0": "trainer.max_epochs: input should be greater than or equal to 1 (got 0)",
    "optimizer.lr=-1": "optimizer.lr: input should be greater than 0 or input should be 'auto' (got -1)",
    "trainer.threads=0": (
        "trainer.threads: input should be greater than or equal to 1 or input should be 'auto' (got 0)"
    ),
    "seed=-1": "seed: input should be greater than or equal to 0 (got -1)",
    "resume=nowhere": "resume: nowhere is not a run folder (it has no .hydra/config.yaml); try resume=latest",
}


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """The outcome of a command with each of these words where PyTorch cannot be imported."""
    runs = tmp_path_factory.mktemp("told") / "runs"
    codes = [command("src.train", word, f"runs_dir={runs}") for word in TOLD_AT_ONCE]
    return dict(zip(TOLD_AT_ONCE, run_each(WITHOUT_TORCH, codes), strict=True)), runs


@pytest.mark.parametrize("word", TOLD_AT_ONCE)
def test_what_the_composition_can_tell_is_told_without_heavy_imports(word, told):
    done, runs = told
    assert_refused(done[word], TOLD_AT_ONCE[word], runs)


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["data.noise=-1"], "data.noise: input should be greater than or equal to 0 (got -1)"),
        (
            ["data=blobs"],
            "head: BinaryHead is for binary data, but this data has 4 classes; use head=multiclass",
        ),
        (
            ["callbacks.early_stopping.monitor=val/acc"],
            "callbacks.early_stopping.monitor: unknown metric (got 'val/acc'); choose from train/loss, train/accuracy, "
            "train/precision, train/recall, train/f1, val/loss, val/accuracy, val/precision, val/recall, val/f1",
        ),
        (
            ["data.steps_per_execution=7", "trainer.gradient_clip_val=1"],
            "data.steps_per_execution: trainer.gradient_clip_val=1 needs every step to pass through the Trainer "
            "(got 7); use data.steps_per_execution=1",
        ),
    ],
)
def test_what_a_constructor_refuses_is_one_line(words, line, tmp_path):
    assert_refused(train(*words, runs=tmp_path / "runs"), line, tmp_path / "runs")


def test_an_option_in_place_of_the_experiments_own_says_what_does_not_apply(tmp_path):
    words = ["experiment=moons", "network=perceptron", "trainer.max_epochs=1", "logger=none", "callbacks.figures=null"]
    done = train(*words, runs=tmp_path / "runs")
    line = (
        "network.activation, network.hidden_dims: set by experiment=moons, and network=perceptron has no such key; "
        "leave out those that do not apply: ~network.activation ~network.hidden_dims"
    )
    assert_refused(done, line, tmp_path / "runs")
    done = train(*words, "~network.activation", "~network.hidden_dims", runs=tmp_path / "runs")
    assert done.returncode == 0, done.stderr


def test_a_misspelt_key_inside_an_experiment_is_refused(tmp_path):
    experiment = tmp_path / "experiment" / "typo.yaml"
    experiment.parent.mkdir()
    experiment.write_text("# @package _global_\ndata: {nois: 0.2}\n")
    done = train("experiment=typo", f"--config-dir={tmp_path}", runs=tmp_path / "runs")
    line = "data.nois: unknown key in experiment=typo; did you mean data.noise?"
    assert_refused(done, line, tmp_path / "runs")


def test_a_diverging_loss_ends_with_one_line_and_exit_code_1(tmp_path):
    done = train("experiment=line", "optimizer.lr=1e5", runs=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("training diverged: train/loss became inf in epoch 1, step ")
    assert done.stderr.count("\n") == 1


def test_a_sweep_leaves_a_folder_for_each_run(tmp_path):
    done = train("experiment=xor", "-m", "seed=0,1,2", "trainer.max_epochs=1", runs=tmp_path)
    assert done.returncode == 0, done.stderr
    (sweep,) = (tmp_path / "xor" / "multirun").iterdir()
    runs = [sweep / str(number) for number in range(3)]
    losses = {json.loads((each / "metrics.json").read_text())["test/loss"] for each in runs}
    assert len(losses) == 3
    for each in runs:
        for name in (".hydra/config.yaml", "metrics.csv", "train.log", "checkpoints/best.ckpt", "plots/boundary.png"):
            assert (each / name).exists(), name


def test_ctrl_c_keeps_the_last_epoch_and_resume_goes_on_from_it(tmp_path):
    with going_on("src.train", "trainer.max_epochs=100000", "logger=none", f"runs_dir={tmp_path}") as process:
        wait_until(lambda: list(tmp_path.glob("xor/*/checkpoints/last.ckpt")), process)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    (folder,) = (tmp_path / "xor").iterdir()
    assert stderr.startswith("interrupted in epoch ")
    assert stderr.strip().endswith(f"python -m src.train resume={os.path.relpath(folder, ROOT)}")

    epochs = len((folder / "metrics.csv").read_text().splitlines()) - 1
    done = train("resume=latest", f"trainer.max_epochs={epochs + 2}", runs=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "xor").iterdir()] == [folder.name]
    rows = (folder / "metrics.csv").read_text().splitlines()[1:]
    assert [int(row.split(",")[0]) for row in rows] == list(range(1, epochs + 3))


def test_resume_refuses_to_exchange_a_part(tmp_path):
    train("trainer.max_epochs=1", "logger=none", "callbacks.figures=null", runs=tmp_path)
    done = train("resume=latest", "network=perceptron", runs=tmp_path)
    assert done.stderr.strip() == (
        "config error: resume: a resumed run keeps its network (got network=perceptron); "
        "change single keys, or train from scratch"
    )
    assert done.returncode == 2


def test_two_runs_of_the_same_instant_get_two_folders(tmp_path):
    claims = [claim(str(tmp_path / "2026-01-01_00-00-00")) for _ in range(3)]
    assert [each.path.name for each in claims] == [f"2026-01-01_00-00-00{end}" for end in ("", "_2", "_3")]


@pytest.mark.parametrize("moment", ["created", "about to be marked", "marked"])
def test_a_sweep_of_the_same_instant_gets_the_next_folder(tmp_path, moment):
    """Another process has claimed the folder and is somewhere between creating and marking it."""
    other = claim(str(tmp_path / "sweep")).path
    if moment == "about to be marked":
        part_of(other / "sweep.json").touch()
    elif moment == "marked":
        write_mark(SweepFolder(other).mark)
    words = ["-m", "experiment=xor_gate", "seed=0,1", "trainer.max_epochs=1", f"hydra.sweep.dir={other}"]
    assert train(*words, runs=tmp_path / "runs").returncode == 0
    assert (tmp_path / "sweep_2" / "1" / "metrics.json").exists()


def test_commands_on_a_run_answer_mistakes_in_one_line(tmp_path):
    train("experiment=xor", "trainer.max_epochs=1", "data.num_train=100", "logger=none", runs=tmp_path / "runs")
    (folder,) = (tmp_path / "runs" / "xor").iterdir()
    before = sorted(path.name for path in folder.iterdir())
    for module, words, line in [
        (
            "evaluate",
            ["run=nowhere"],
            "run: nowhere is not a run folder (it has no .hydra/config.yaml); try run=latest",
        ),
        ("evaluate", ["split=tst"], "split: input should be 'train', 'val' or 'test' (got 'tst'); did you mean test?"),
        ("evaluate", ["treshold=f1"], "treshold: unknown key; did you mean threshold?"),
        ("evaluate", ["data.nois=1"], "data.nois: the run has no such key; did you mean data.noise?"),
        ("predict", [], "input: needs a CSV or Parquet file, an image or a folder of images (got null); set input=…"),
        (
            "predict",
            ["input=no.csv"],
            "no.csv: there is no such file; name a file of rows: CSV (also .gz or .zip), Parquet, Feather, .xlsx, "
            ".arff or JSON lines",
        ),
        ("export", ["format=pickle"], "format: input should be 'onnx', 'torch_export' or 'replay' (got 'pickle')"),
    ]:
        named = [] if any(word.startswith("run=") for word in words) else [f"run={folder}"]
        done = run([f"src.{module}", *words, *named, f"runs_dir={tmp_path / 'runs'}"])
        assert (done.stderr.strip(), done.returncode) == (f"config error: {line}", 2)
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_rule_for_the_threshold_needs_no_second_pair_of_quotes(tmp_path):
    words = ["head.threshold=recall>=0.9", "trainer.max_epochs=1", "logger=none", "callbacks.figures=null"]
    done = train(*words, runs=tmp_path)
    assert done.returncode == 0, done.stderr
    (folder,) = (tmp_path / "xor").iterdir()
    done = run(["src.evaluate", f"run={folder}", "threshold=precision>=0.5"])
    assert done.returncode == 0, done.stderr
    assert json.loads((folder / "threshold.json").read_text())["rule"] == "precision>=0.5"


def test_an_unknown_launcher_is_one_line(tmp_path):
    done = train("-m", "seed=0,1", "hydra/launcher=vectorised", runs=tmp_path / "runs")
    line = "hydra/launcher: no option 'vectorised'; did you mean vectorized? choose from basic, joblib, ray, slurm, "
    line += "vectorized"
    assert_refused(done, line, tmp_path / "runs")


@pytest.mark.parametrize(("n_jobs", "share"), [(4, 2), (-1, 1), (-5, 2), (100, 1), (1, None), (None, None)])
def test_threads_are_divided_among_the_processes_of_a_launcher(n_jobs, share, monkeypatch):
    monkeypatch.setattr(cores, "available", lambda: 8)
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.setenv(name, "")
    _divide_threads(OmegaConf.create({"n_jobs": n_jobs}))
    assert os.environ["OMP_NUM_THREADS"] == os.environ["MKL_NUM_THREADS"] == str(share or "")
