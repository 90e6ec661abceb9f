"""Files that changed after a run was trained on them: measured with a line that says so, resumed only on request."""

import json
import logging
import random
import shutil

import pytest
import torch

from src.building.build import build
from src.errors import ChangedDataError
from src.reporting.remarks import forget
from src.runs.evaluation import evaluate
from src.runs.training import Run
from tests.conftest import compose_train, trained
from tests.data.image_files import write_pngs
from tests.runs.test_evaluation import on_run

QUICK = ["logger=none", "callbacks.progress_bar=null", "callbacks.figures=null", "network.hidden_dims=[2]"]


def lines(count):
    stream = random.Random(0)
    rows = [[stream.gauss(0, 1), stream.gauss(0, 1)] for _ in range(count)]
    return ["a,b,y", *(f"{a:.3f},{b:.3f},{'yes' if a > b else 'no'}" for a, b in rows)]


def words_of(kind, folder):
    if kind == "table":
        return ["data=csv", f"data.path={folder / 'rows.csv'}", "data.target=y", *QUICK]
    return ["data=image_folder", f"data.path={folder / 'pictures'}", f"data_dir={folder}", "data.image_size=8", *QUICK]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folders with a table or pictures, and in `run/` a run of one epoch on them."""
    root = tmp_path_factory.mktemp("made")
    for kind in ("table", "pictures"):
        folder = root / kind
        folder.mkdir()
        if kind == "table":
            (folder / "rows.csv").write_text("\n".join(lines(60)))
        else:
            write_pngs(folder / "pictures")
        trained(compose_train(*words_of(kind, folder), "trainer.max_epochs=1"), folder / "run")
    return root


@pytest.fixture
def again(made, tmp_path, caplog):
    """Copies of them, whose runs know the copied data; and what is said."""
    folder = shutil.copytree(made, tmp_path / "again")
    for kind in ("table", "pictures"):
        path = folder / kind / "run" / ".hydra" / "config.yaml"
        path.write_text(path.read_text().replace(str(made), str(folder)))
    caplog.set_level(logging.WARNING)
    forget()
    return folder


def rewrite(folder, change):
    path = folder / "rows.csv"
    path.write_text("\n".join(change(path.read_text().splitlines())))


def add_picture(folder):
    shutil.copy(folder / "pictures" / "cat" / "00.png", folder / "pictures" / "cat" / "more.png")


CHANGES = {
    "a row more": ("table", lambda f: rewrite(f, lambda rows: [*rows, "1,2,no"]), "rows 60 → 61, bytes "),
    "rows less": ("table", lambda f: rewrite(f, lambda rows: rows[:-9]), "rows 60 → 51, bytes "),
    "a column more": ("table", lambda f: rewrite(f, lambda rows: [f"{r},n" for r in rows]), "columns 3 → 4, bytes "),
    "rows in their order": (
        "table",
        lambda f: rewrite(f, lambda rows: [rows[0], *sorted(rows[1:])]),
        "(other content of the same size)",
    ),
    "a picture more": ("pictures", add_picture, "pictures 20 → 21, bytes "),
    "a picture of another name": (
        "pictures",
        lambda f: (f / "pictures" / "dog" / "00.png").rename(f / "pictures" / "dog" / "zz.png"),
        "(other content of the same size)",
    ),
}


def resumed(kind, folder, *words):
    cfg = compose_train(*words_of(kind, folder), "trainer.max_epochs=2", f"resume={folder / 'run'}", *words)
    run = Run(cfg, folder / "run", build(cfg, folder / "run"))
    run.fit()
    run.evaluate()
    return run


@pytest.mark.parametrize("case", CHANGES)
def test_what_changed_is_said_and_not_resumed(case, again, caplog):
    kind, change, words = CHANGES[case]
    folder = again / kind
    change(folder)
    scores = json.loads((evaluate(on_run(folder / "run", resamples=0)) / "metrics.json").read_text())
    (line,) = [record.message for record in caplog.records]
    assert words in line
    assert line.startswith(scores["data_changed"])
    assert "\n" not in line
    before = {path: path.read_bytes() for path in (folder / "run" / "checkpoints").iterdir()}
    with pytest.raises(ChangedDataError, match=r"\Aresume: [^\n]+ set changed_data=accept\Z"):
        resumed(kind, folder)
    assert before == {path: path.read_bytes() for path in before}


@pytest.mark.parametrize("kind", ["table", "pictures"])
def test_nothing_is_said_where_nothing_changed(kind, again, caplog):
    assert "data_changed" not in json.loads(
        (evaluate(on_run(again / kind / "run", resamples=0)) / "metrics.json").read_text()
    )
    run = resumed(kind, again / kind)
    assert run.parts.trainer.current_epoch == 2
    assert "data_changed" not in run.metrics
    assert not caplog.records


def test_a_moved_and_touched_file_is_the_same(again, caplog):
    folder = again / "table"
    (folder / "rows.csv").rename(folder / "moved.csv")
    (folder / "moved.csv").touch()
    evaluate(on_run(folder / "run", resamples=0, changes={"data": {"path": str(folder / "moved.csv")}}))
    assert not caplog.records


def test_what_is_accepted_is_remembered(again, caplog):
    folder = again / "table"
    rewrite(folder, lambda rows: [*rows, "1,2,no"])
    run = resumed("table", folder, "changed_data=accept")
    assert "rows 60 → 61" in run.metrics["data_changed"]
    assert len(caplog.records) == 1
    caplog.clear()
    forget()
    evaluate(on_run(folder / "run", resamples=0))
    assert "before and after it changed" in caplog.text
    assert "before and after it changed" in resumed("table", folder, "trainer.max_epochs=3").metrics["data_changed"]
    rewrite(folder, lambda rows: rows[:-1])
    with pytest.raises(ChangedDataError, match="rows 61 → 60"):
        resumed("table", folder, "trainer.max_epochs=4")


def test_a_run_of_an_earlier_version_says_nothing(again, caplog):
    folder = again / "table"
    for path in (folder / "run" / "checkpoints").iterdir():
        checkpoint = torch.load(path, weights_only=True)
        del checkpoint["TableFile"]["source"]
        torch.save(checkpoint, path)
    rewrite(folder, lambda rows: [*rows, "1,2,no"])
    evaluate(on_run(folder / "run", resamples=0))
    assert not caplog.records
    resumed("table", folder)
