"""A tree of unrelated files, and every command that could destroy one of them."""

import os
import shutil
from pathlib import Path

import pytest

from tests.command.place import give
from tests.commands import Done, run
from tests.conftest import compose_train, trained
from tests.data.image_files import write_pngs

DECOYS = (
    "notes.txt",
    "package.json",
    "model.json",
    "compare.csv",
    "compare.json",
    "metrics.csv",
    "metrics.json",
    "failures.txt",
    "multirun.yaml",
    "config.yaml",
    "train.log",
    "plots/mine.png",
    "checkpoints/best.ckpt",
    "checkpoints/last.ckpt",
    "tensorboard/events.out.tfevents.1",
    ".hydra/config.yaml",
    "0/metrics.csv",
    "0/checkpoints/last.ckpt",
    "mnt/ünï cödé, 1=2.txt",
)


def tree(folder):
    """Everything below a folder: what it is and what it holds."""
    found = {}
    for path in sorted(folder.rglob("*")):
        kind = str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else path.is_dir()
        found[str(path.relative_to(folder))] = kind
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a finished run, and that of one trained on images."""
    root = tmp_path_factory.mktemp("finished")
    quick = ["trainer.max_epochs=1", "logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"]
    trained(
        compose_train("experiment=xor", "data.num_train=100", "data.num_val=40", "data.num_test=40", *quick), root / "R"
    )
    (root / "R" / ".hydra" / "overrides.yaml").write_text("- experiment=xor\n")
    (root / "R" / ".hydra" / "hydra.yaml").write_text("hydra: {runtime: {choices: {data: xor}}}\n")
    write_pngs(root / "pictures")
    pictures = ["data=image_folder", "network=mlp", f"data.path={root / 'pictures'}", f"data_dir={root / 'data'}"]
    trained(compose_train(*pictures, "data.image_size=8", *quick), root / "pictured")
    (root / "new.csv").write_text("x1,x2\n0,1\n1,1\n")
    return root


@pytest.fixture
def place(finished, tmp_path):
    """A working folder with runs, inputs and a tree of decoys, `precious/`, to which links lead, and a `home/`."""
    shutil.copytree(finished, tmp_path / "work")
    work = tmp_path / "work"
    for name in DECOYS:
        path = work / "precious" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"precious {name}")
    (work / "home" / "letters").mkdir(parents=True)
    (work / "home" / "letters" / "one.txt").write_text("dear")
    (work / "precious" / "hard.txt").hardlink_to(work / "precious" / "notes.txt")
    (work / "link").symlink_to("precious")
    (work / "link.txt").symlink_to("precious/notes.txt")
    (work / "dangling").symlink_to("nowhere")
    (work / "linked_run").symlink_to("R")
    os.mkfifo(work / "fifo")
    (work / "mine.csv").write_text("mine")
    return work


@pytest.fixture
def answer(place, monkeypatch, capfd):
    """The output of a refused command: run in this process, which takes a third of the time."""
    monkeypatch.chdir(place)

    def given(words):
        capfd.readouterr()
        code = give(words[0].removeprefix("src."), words[1:])
        return Done(code, *capfd.readouterr())

    return given


PREDICT = ["src.predict", "run=R", "input=new.csv"]
EXPORT = ["src.export", "run=R", "format=torch_export"]
REFUSED_OUTPUTS = {
    "a folder": ("precious", "is a folder"),
    "a folder with a slash": ("precious/", "not a folder"),
    "the working folder": (".", "is a folder"),
    "the folder above": ("..", "is a folder"),
    "a link to a folder": ("link", "is a link"),
    "a link to a file": ("link.txt", "is a link"),
    "a dangling link": ("dangling", "is a link"),
    "a named pipe": ("fifo", "is a special file"),
    "a device": ("/dev/null", "is a special file"),
    "a checkpoint": ("R/checkpoints/best.ckpt", "belongs to the run in"),
    "a run's configuration": ("R/.hydra/config.yaml", "belongs to the run in"),
    "a run's scores": ("R/metrics.json", "belongs to the run in"),
    "a run's mark to be": ("R/run.json", "belongs to the run in"),
    "a checkpoint through a link": ("linked_run/checkpoints/last.ckpt", "belongs to the run in"),
    "a checkpoint of another run": ("pictured/checkpoints/best.ckpt", "belongs to the run in"),
    "a new figure of a run": ("R/plots/new.png", "belongs to the run in"),
    "below a file": ("precious/notes.txt/x.csv", "cannot be written"),
    "a name that is too long": ("x" * 300, None),
}


@pytest.mark.parametrize("command", [PREDICT, EXPORT], ids=["predict", "export"])
@pytest.mark.parametrize("force", [False, True])
def test_outputs_that_nothing_may_replace(command, force, place, answer):
    before = tree(place)
    for case, (output, reason) in REFUSED_OUTPUTS.items():
        done = answer([*command, f"output={output}", f"force={str(force).lower()}"])
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), (case, done)
        assert done.stderr.startswith("config error: "), case
        assert reason is None or reason in done.stderr, (case, done.stderr)
        assert tree(place) == before, case


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (
            [*PREDICT, "output=mine.csv"],
            "output: mine.csv already exists; choose another, or set force=true to replace it",
        ),
        ([*PREDICT, "output=new.csv", "force=true"], "output: new.csv is the input itself; choose another file"),
        (
            ["src.predict", "run=pictured", "input=pictures", "output=pictures/cat/new.csv", "force=true"],
            "output: pictures/cat/new.csv is in the folder that is read; choose another place",
        ),
        ([*EXPORT, "output=precious/package.pt2"], "output: precious/package.json already exists;"),
        ([*EXPORT, "output=model.json", "force=true"], "output: model.json is where the model's description goes;"),
        (
            ["src.compare", "sweep=R", "output=precious"],
            "output: precious/compare.csv is not from an earlier comparison",
        ),
        (["src.compare", "sweep=R", "output=mine.csv"], "output: mine.csv is a file"),
        (["src.compare", "sweep=R", "output=link"], "output: link is a link"),
        (["src.evaluate", "run=R", "hydra.run.dir=precious"], "hydra.run.dir: this command creates no folder"),
        (["src.evaluate", "run=R", "hydra.output_subdir=precious"], "hydra.output_subdir: this command creates no"),
        (["src.compare", "sweep=R", "hydra.output_subdir=.hydra"], "hydra.output_subdir: this command creates no"),
    ],
)
def test_outputs_that_are_refused(words, line, place, answer):
    before = tree(place)
    done = answer(words)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert line in done.stderr
    assert tree(place) == before


TRAIN = ["src.train", "experiment=xor", "trainer.max_epochs=1", "data.num_train=100", "logger=none"]
TRAIN += ["callbacks.figures=null"]
SWEEP = [*TRAIN, "-m", "seed=0,1", "runs_dir=runs"]


@pytest.mark.parametrize(
    "words",
    [
        *(
            [*TRAIN, f"hydra.run.dir={name}"]
            for name in (".", "..", "~", "", "/", "home", "home/letters", "link", "mine.csv", "fifo")
        ),
        *([*TRAIN, f"hydra.output_subdir={name}"] for name in ("null", ".", "..", "../precious", "{place}/precious")),
        [*TRAIN, "hydra.job.name=../precious/notes"],
        [*TRAIN, "runs_dir=mine.csv"],
        [*TRAIN, "runs_dir=precious/notes.txt/runs"],
        [*TRAIN, "runs_dir=dangling"],
        [*TRAIN, "hydra.run.dir=" + "x" * 300],
        *([*SWEEP, f"hydra.sweep.dir={name}"] for name in (".", "..", "~", "", "home", "link")),
        *(
            [*SWEEP, f"hydra.sweep.subdir={name}"]
            for name in (".", "..", "", "fixed", "../../precious", "{place}/precious")
        ),
        [*SWEEP, "hydra.sweep.subdir=../../../precious/${seed}"],
        [*SWEEP, "hydra.sweep.subdir={place}/precious/${hydra.job.num}"],
        [*SWEEP, "hydra.output_subdir=../../../precious"],
        [*SWEEP, r"hydra.sweep.subdir=n\${seed}"],
        [*SWEEP, "hydra.launcher.n_jobs=2"],
        [*SWEEP, "hydra/launcher=vectorized", "hydra.launcher.max_stack=0"],
        [*SWEEP, "hydra/launcher=vectorized", "hydra.sweep.subdir=../../../precious/${seed}"],
    ],
    ids=lambda words: " ".join(words[len(TRAIN) :])[-60:],
)
def test_folders_that_are_refused(words, place, answer, monkeypatch):
    monkeypatch.setenv("HOME", str(place / "home"))
    before = tree(place)
    done = answer([word.replace("{place}", str(place)) for word in words])
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert done.stderr.startswith("config error: ")
    assert tree(place) == before


def test_a_sweep_whose_runs_all_fail_leaves_what_is_not_its_own(place):
    before = tree(place)
    words = [*TRAIN, "-m", "data.noise=-1,-2", "runs_dir=runs", "hydra.sweep.subdir=n${data.noise}"]
    done = run(words, place)
    assert done.returncode == 1, done
    assert "2 runs failed, 0 finished" in done.stderr
    after = tree(place)
    assert {name: after[name] for name in before} == before
    new = {Path(name).name for name in after.keys() - before.keys()} - {"runs", "xor", "multirun"}
    assert {"failures.txt", "multirun.yaml", "sweep.json"} < new
    assert len(new) == 4  # and the sweep's folder


def test_two_jobs_do_not_share_a_folder(place):
    done = run([*SWEEP, "hydra.sweep.subdir=n${data.noise}"], place)
    assert done.returncode == 2, done
    assert "#1 would write over #0" in done.stderr
    (metrics,) = (place / "runs" / "xor" / "multirun").glob("*/*/metrics.json")
    assert "seed: 0" in (metrics.parent / ".hydra" / "config.yaml").read_text()


def test_a_run_starts_anew_in_its_own_folder_and_leaves_what_else_is_there(place):
    words = [*SWEEP, "hydra.sweep.dir=sweep"]
    assert run(words, place).returncode == 0
    folder = place / "sweep" / "1"
    (folder / "metrics.json").unlink()
    (folder / "checkpoints" / "last.ckpt").write_text("damaged")
    strangers = ["plots/mine.png", "tensorboard/mine.txt", "checkpoints/mine.ckpt", "mine.txt"]
    for name in strangers:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
    (folder / "metrics.csv").unlink()
    (folder / "metrics.csv").symlink_to(place / "precious" / "metrics.csv")
    before = tree(place / "precious")
    done = run(["src.train", "sweep_resume=sweep"], place)
    assert "sweep/1/metrics.csv: is a link that leads out of sweep" in done.stderr
    assert tree(place / "precious") == before
    (folder / "metrics.csv").unlink()
    done = run(["src.train", "sweep_resume=sweep"], place)
    assert done.returncode == 0, done
    assert (folder / "metrics.json").exists()
    assert all((folder / name).read_text() == "mine" for name in strangers)


def test_evaluation_is_filled_anew_and_leaves_what_else_is_there(place):
    assert run(["src.evaluate", "run=R", "resamples=0"], place).returncode == 0
    folder = place / "R" / "evaluation"
    (folder / "mine.txt").write_text("mine")
    (folder / "roc.csv").write_text("old")
    assert run(["src.evaluate", "run=R", "resamples=0"], place).returncode == 0
    assert (folder / "mine.txt").read_text() == "mine"
    assert (folder / "roc.csv").read_text() != "old"
    (folder / ".evaluation.json").unlink()  # as versions before this one left it
    assert run(["src.evaluate", "run=R", "resamples=0"], place).returncode == 0
    assert {path.name for path in folder.iterdir()} > {".evaluation.json", "mine.txt", "metrics.json"}
    assert not list((place / "R").glob(".*.part"))


@pytest.mark.parametrize("make", ["a link", "a foreign folder", "a file"])
def test_evaluation_that_is_not_ours_is_refused(make, place):
    target = place / "R" / "evaluation"
    if make == "a link":
        target.symlink_to(place / "precious")
    elif make == "a file":
        target.write_text("mine")
    else:
        target.mkdir()
        (target / "metrics.json").write_text('{"mine": 1}')
    before = tree(place)
    done = run(["src.evaluate", "run=R", "resamples=0"], place)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done
    assert tree(place) == before


def test_what_force_replaces_is_one_file(place):
    before = tree(place)
    assert run([*PREDICT, "output=precious/hard.txt", "force=true"], place).returncode == 0
    after = tree(place)
    assert {name for name in before if before[name] != after[name]} == {"precious/hard.txt"}
    assert after.keys() == before.keys()
    done = run(["src.compare", "sweep=R", "output=precious", "force=true"], place)
    assert done.returncode == 0, done
    changed = {name for name in before if before[name] != tree(place)[name]}
    assert changed == {"precious/hard.txt", "precious/compare.csv", "precious/compare.json"}


def test_a_model_and_its_description_are_outputs_together(place):
    assert run([*EXPORT, "output=new/model.pt2"], place).returncode == 0
    assert {path.name for path in (place / "new").iterdir()} == {"model.pt2", "model.json"}
    (place / "new" / "model.pt2").unlink()
    assert run([*EXPORT, "output=new/model.pt2"], place).returncode == 0  # the description says the same already
    (place / "new" / "model.pt2").unlink()
    (place / "new" / "model.json").write_text("{}")
    assert "new/model.json already exists" in run([*EXPORT, "output=new/model.pt2"], place).stderr
    assert run([*EXPORT, "output=new/model.pt2", "force=true"], place).returncode == 0


def test_a_comparison_replaces_an_earlier_one(place):
    for _ in range(2):
        done = run(["src.compare", "sweep=R", "output=compared"], place)
        assert done.returncode == 0, done
    (place / "compared" / ".comparison.json").unlink()  # as versions before this one left it
    assert run(["src.compare", "sweep=R", "output=compared"], place).returncode == 0
