"""Disks that are full, read-only or gone: one line, exit 1, no parts; what was written is resumed to the last bit."""

import shutil
from contextlib import suppress

import pytest

from tests.commands import going_on, run, wait_until
from tests.faults.left import assert_no_parts, assert_one_line, tree
from tests.faults.reference import shared
from tests.same_run import assert_same_run

OFTEN = "callbacks.model_checkpoint.seconds_between_writes=0"
SHORT = (OFTEN, "trainer.max_epochs=2")
OWN = (
    *("trust=tests", "head._target_=tests.own_modules.Classifier", "data._target_=tests.own_modules.Quadrants"),
    *("callbacks.model_checkpoint.monitor=val_loss", "callbacks.early_stopping.monitor=val_loss", "data.num_train=256"),
)
THRESHOLD = ("experiment=breast_cancer", "head.threshold=f1")
KINDS = {
    "run": (*THRESHOLD, "callbacks.figures.every_n_epochs=1"),
    "images": ("experiment=digits", "logger=csv", "callbacks.figures=null"),
    "movie": ("experiment=xor", "data.num_train=200", "logger=none", "callbacks=[default,boundary_movie]"),
    "own modules": OWN,
    "one by one": ("-m", *THRESHOLD, "seed=0,1", "logger=none", "callbacks.figures=null"),
    "stacked": (
        *("-m", "experiment=xor", "seed=0,1", "data.num_train=200", "hydra/launcher=vectorized"),
        *("hydra.launcher.seconds_between_checkpoints=0", "hydra.launcher.tensorboard=true"),
    ),
}
STEPS = {"run": 1, "images": 2, "stacked": 2}  # files by which the room grows from try to try; three for the others
MANY = 150  # epochs, so many that a disk is filled while they go on
TRIES = 5  # of disks that are full after some bytes


@pytest.fixture
def whole(tmp_path_factory):
    """The runs folder of a kind that had enough space: `whole(kind)`."""

    def of(kind):
        def make(folder):
            done = run(command(kind, folder / "runs"))
            assert (done.returncode, done.stderr) == (0, "")

        return shared(tmp_path_factory, f"disk {kind}", make).folder / "runs"

    return of


def command(kind, runs):
    return ["src.train", *KINDS[kind], *SHORT, f"runs_dir={runs}"]


def members_of(runs):
    """The folders of all runs, by their path below their own folder or their sweep's."""
    top = "*/multirun/*/*" if list(runs.glob("*/multirun")) else "*/*"
    begun = [path for path in runs.glob(top) if (path / ".hydra").exists()]
    return {path.name if "multirun" in path.parts else "": path for path in begun}


def limits(kind, room, needed):
    """Space for some files, or for far fewer bytes than needed, since a disk rounds its size up to whole pages."""
    if room == "nr_inodes":
        return range(1, needed, STEPS.get(kind, 3))
    return [needed * part // (TRIES + 1) for part in range(1, TRIES + 1)]


def assert_goes_on(kind, runs, reference):
    """What a full disk has left of a run or a sweep can be resumed with the same result as without the interruption."""
    sweeps, members = list(runs.glob("*/multirun/*")), members_of(runs)
    if not members and not sweeps:
        assert not list(runs.parent.iterdir()), "something is left of what never began"
        return
    key = f"sweep_resume={sweeps[0]}" if sweeps else f"resume={members['']}"
    done = run(["src.train", key, *(word for word in KINDS[kind] if word.startswith("trust="))])
    assert (done.returncode, done.stderr) == (0, "")
    found, expected = members_of(runs), members_of(reference)
    assert found.keys() == expected.keys()
    for name, folder in expected.items():
        if kind == "own modules":  # whose shuffling Lightning does not resume
            assert epochs_of(found[name]) == epochs_of(folder)
        else:
            assert_same_run(found[name], folder)
    assert_no_parts(runs)


def epochs_of(folder):
    return [line.partition(",")[0] for line in (folder / "metrics.csv").read_text().splitlines()]


@pytest.mark.faults
@pytest.mark.parametrize("room", ["nr_inodes", "size"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_is_full_at_any_file_is_one_line_and_loses_nothing(kind, room, disk, whole):
    reference, runs = whole(kind), disk.path / "runs"
    with_room = run(command(kind, runs))
    assert with_room.returncode == 0, with_room.stderr
    needed = disk.used()[room]
    shutil.rmtree(runs)
    for limit in limits(kind, room, needed):
        disk.limit(**{room: limit})
        done = run(command(kind, runs))
        assert_one_line(done, "disk error: ", "No space left on device; make room", str(disk.path.name))
        assert_no_parts(disk.path)
        disk.limit()
        assert_goes_on(kind, runs, reference)
        shutil.rmtree(runs, ignore_errors=True)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run and a finished sweep in one runs folder, and a table for the run."""
    runs = tmp_path_factory.mktemp("finished") / "runs"
    for words in (("callbacks.figures=null",), ("-m", "seed=0,1", "hydra/launcher=vectorized")):
        common = ("experiment=xor", "data.num_train=200", "logger=none", *SHORT, f"runs_dir={runs}")
        done = run(["src.train", *common, *words])
        assert done.returncode == 0, done.stderr
    (runs / "new.csv").write_text("x1,x2\n0.5,0.5\n-0.5,0.5\n")
    return runs


def readers(runs):
    """Commands that write about runs."""
    sweep = next(runs.glob("xor/multirun/*"))
    (folder,) = [path for path in runs.glob("xor/*") if path.name != "multirun"]
    return {
        "evaluate": ["src.evaluate", f"run={folder}", "resamples=10"],
        "predict": ["src.predict", f"run={folder}", f"input={runs / 'new.csv'}", f"output={runs / 'out' / 'done.csv'}"],
        "export": ["src.export", f"run={folder}"],
        "compare": ["src.compare", f"sweep={sweep}"],
    }


@pytest.mark.faults
@pytest.mark.parametrize("room", ["nr_inodes", "size"])
@pytest.mark.parametrize("name", ["evaluate", "predict", "export", "compare"])
def test_what_is_written_about_runs_is_whole_or_not_there(name, room, disk, finished):
    runs = disk.path / "runs"
    shutil.copytree(finished, runs)
    words, before, used = readers(runs)[name], tree(runs), disk.used()[room]
    assert run(words).returncode == 0
    needed, written = disk.used()[room], tree(runs)
    assert written.keys() > before.keys()
    step = 2 if room == "nr_inodes" else max(1, (needed - used) // TRIES)
    for limit in range(used, needed, step):
        shutil.rmtree(runs)
        shutil.copytree(finished, runs)
        disk.limit(**{room: limit})
        done = run(words)
        if done.returncode == 0:  # files of this copy fill fewer pages
            assert room == "size"
            assert tree(runs).keys() == written.keys()
        else:
            assert_one_line(done, "disk error: ", "No space left on device; make room")
            assert tree(runs) == before
        disk.limit()


@pytest.mark.faults
@pytest.mark.parametrize("launcher", [None, "basic", "vectorized"])
def test_a_checkpoint_outlasts_the_disk_that_fills_up_behind_it(launcher, disk):
    """A file fills the disk during a run; the resumed run ends like one that always had space."""
    few = ("experiment=xor", "data.num_train=200", "logger=none")
    sweep = [] if launcher is None else ["-m", "seed=0,1", f"hydra/launcher={launcher}"]
    more = ["hydra.launcher.seconds_between_checkpoints=0"] if launcher == "vectorized" else []
    words = ["src.train", *sweep, *more, *few, OFTEN, "callbacks.figures=null", "callbacks.early_stopping=null"]
    sign = "xor/multirun/*/stack.ckpt" if launcher == "vectorized" else "xor/**/checkpoints/last.ckpt"
    runs = disk.path / "runs"
    with going_on(*words, f"trainer.max_epochs={MANY}", f"runs_dir={runs}") as process:
        wait_until(lambda: list(runs.glob(sign)), process)
        disk.limit(size=disk.used()["size"] + 4096)
        with suppress(OSError):  # the run was quicker, and has filled the disk itself
            (disk.path / "filling").write_bytes(bytes(4096))
        _, stderr = process.communicate(timeout=60)
    assert (process.returncode, stderr.count("\n")) == (1, 1), stderr
    assert "No space left on device; make room" in stderr
    assert_no_parts(runs)
    disk.limit()
    key = "resume=" if launcher is None else "sweep_resume="
    folder = next(path for path in runs.glob("xor/*" if launcher is None else "xor/multirun/*"))
    done = run(["src.train", f"{key}{folder}"])
    assert (done.returncode, done.stderr) == (0, "")
    assert run([*words, f"trainer.max_epochs={MANY}", f"runs_dir={disk.path / 'whole'}"]).returncode == 0
    expected = members_of(disk.path / "whole")
    for name, member in members_of(runs).items():
        assert_same_run(member, expected.pop(name))
    assert not expected


@pytest.mark.faults
@pytest.mark.parametrize("name", ["train", "sweep", "stack", "evaluate", "predict", "export", "compare"])
def test_a_read_only_disk_is_one_line_and_changes_nothing(name, disk, finished):
    runs = disk.path / "runs"
    shutil.copytree(finished, runs)
    words = {
        "train": command("movie", runs),
        "sweep": command("one by one", runs),
        "stack": command("stacked", runs),
    } | readers(runs)
    before = tree(runs)
    disk.read_only()
    assert_one_line(
        run(words[name]), "disk error: ", "Read-only file system; make it writable, or choose another place"
    )
    assert tree(runs) == before


@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("images", 20_000),  # which a checkpoint exceeds; what a command says is a file here too, of some 300 bytes
        *(pytest.param("run", limit, marks=pytest.mark.faults) for limit in (400, 4000, 6000, 12_000, 60_000)),
        *(pytest.param("own modules", limit, marks=pytest.mark.faults) for limit in (400, 4000, 8000)),
        *(pytest.param("one by one", limit, marks=pytest.mark.faults) for limit in (1000, 4000, 12_000)),
        *(pytest.param("stacked", limit, marks=pytest.mark.faults) for limit in (1000, 4000, 7000, 9000)),
    ],
)
def test_a_limit_on_the_size_of_files_is_one_line_and_loses_nothing(kind, limit, whole, tmp_path):
    runs = tmp_path / "mine" / "runs"
    runs.parent.mkdir()
    done = run(["tests.faults.limited", str(limit), *command(kind, runs)])
    assert_one_line(done, "disk error: ", "File too large; raise the limit on the size of files")
    assert_no_parts(runs)
    assert_goes_on(kind, runs, whole(kind))
