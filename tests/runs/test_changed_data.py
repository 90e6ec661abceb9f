"""Files that changed after a run was trained on them: refused, or on request evaluated on rows not seen before."""

import json
import logging
import random
import shutil

import pytest
import torch
from omegaconf import OmegaConf

from src.building.build import build
from src.data.sourced import Sourced
from src.errors import ChangedDataError
from src.reporting.remarks import forget
from src.runs import rows_seen
from src.runs.evaluation import evaluate
from src.runs.exporting import export
from src.runs.training import Run
from tests.command.place import give
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
    """Copies of them, with runs that know the copied data; and what is printed."""
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
    "a row more": ("table", lambda f: rewrite(f, lambda rows: [*rows, "1,2,no"]), "; 1 row is new)"),
    "rows less": ("table", lambda f: rewrite(f, lambda rows: rows[:-9]), "(rows 60 → 51, bytes "),
    "a row twice": ("table", lambda f: rewrite(f, lambda rows: [*rows, rows[5]]), "; 1 row is new)"),
    "other targets": (
        "table",
        lambda f: rewrite(f, lambda rows: [*rows[:-3], *(f"{row.rpartition(',')[0]},no" for row in rows[-3:])]),
        "counting edited rows as both)",
    ),
    "a column more": ("table", lambda f: rewrite(f, lambda rows: [f"{r},n" for r in rows]), "columns 3 → 4, bytes "),
    "rows in their order": (
        "table",
        lambda f: rewrite(f, lambda rows: [rows[0], *sorted(rows[1:])]),
        "(the same rows in another order or format)",
    ),
    "a picture more": ("pictures", add_picture, "; 1 image is new)"),
    "a picture of another name": (
        "pictures",
        lambda f: (f / "pictures" / "dog" / "00.png").rename(f / "pictures" / "dog" / "zz.png"),
        "(1 image is gone and 1 is new, counting edited or renamed images as both)",
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
    with pytest.raises(ChangedDataError, match=r"\Adata: [^\n]+ restore it, or set allow_changed_data=true\Z") as error:
        evaluate(on_run(folder / "run", resamples=0))
    assert words in str(error.value)
    assert not list(folder.glob("run/*evaluation*"))
    before = {path: path.read_bytes() for path in (folder / "run" / "checkpoints").iterdir()}
    with pytest.raises(ChangedDataError, match=r"\Aresume: [^\n]+ set allow_changed_data=true\Z"):
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


@pytest.mark.parametrize("kind", ["table", "pictures"])
def test_a_run_that_looked_at_both_ends_of_its_files_still_does(kind, again, caplog, monkeypatch):
    for place in ("src.data.source", "src.data.image.keys"):
        monkeypatch.setattr(f"{place}.MOST_BYTES", 64)  # so that all of these files are long
    folder = again / kind
    whole = Sourced.digests_whole
    monkeypatch.setattr(Sourced, "digests_whole", False)  # as earlier versions did, which kept no digests of rows
    run = trained(compose_train(*words_of(kind, folder), "trainer.max_epochs=1"), folder / "run")
    assert "whole" not in run.parts.datamodule.state_dict()["source"]
    (folder / "run" / "row_digests.bin").unlink()
    monkeypatch.setattr(Sourced, "digests_whole", whole)
    evaluate(on_run(folder / "run", resamples=0))
    resumed(kind, folder)
    assert not caplog.records
    if kind == "table":
        rewrite(folder, lambda rows: [*rows, "1,2,no"])
    else:
        add_picture(folder)
    with pytest.raises(ChangedDataError, match=r"60 → 61, bytes|20 → 21, bytes"):
        evaluate(on_run(folder / "run", resamples=0))


def test_a_moved_and_touched_file_is_the_same(again, caplog):
    folder = again / "table"
    (folder / "rows.csv").rename(folder / "moved.csv")
    (folder / "moved.csv").touch()
    evaluate(on_run(folder / "run", resamples=0, changes={"data": {"path": str(folder / "moved.csv")}}))
    assert not caplog.records


def test_what_is_accepted_is_remembered(again, caplog):
    folder = again / "table"
    rewrite(folder, lambda rows: [*rows, "1,2,no"])
    run = resumed("table", folder, "allow_changed_data=true")
    assert "rows 60 → 61" in run.metrics["data_changed"]
    (line,) = [record.message for record in caplog.records]
    assert line.endswith(
        f"of 13 rows that could test it, the run has seen {run.metrics['rows_left_out']}, which are left out"
    )
    caplog.clear()
    forget()
    evaluate(on_run(folder / "run", resamples=0))
    assert "before and after it changed" in caplog.text
    assert "before and after it changed" in resumed("table", folder, "trainer.max_epochs=3").metrics["data_changed"]
    rewrite(folder, lambda rows: rows[:-1])
    with pytest.raises(ChangedDataError, match="rows 61 → 60"):
        resumed("table", folder, "trainer.max_epochs=4")


def test_a_run_of_an_earlier_version_is_measured_and_resumed_with_a_line(again, caplog):
    folder = again / "table"
    for path in (folder / "run" / "checkpoints").iterdir():
        checkpoint = torch.load(path, weights_only=True)
        del checkpoint["TableFile"]["source"]
        torch.save(checkpoint, path)
    rewrite(folder, lambda rows: [*rows, "1,2,no"])
    evaluate(on_run(folder / "run", resamples=0))
    (line,) = [record.message for record in caplog.records]
    assert line.endswith("kept no digests of its rows, so whether they have changed since cannot be checked")
    resumed("table", folder)


def test_a_changed_file_is_not_exported_and_one_that_is_gone_is_not_needed(again):
    folder = again / "table"
    cfg = on_run(folder / "run", format="torch_export", output=None, force=True)
    rewrite(folder, lambda rows: [*rows, "1,2,no"])
    with pytest.raises(ChangedDataError, match=r"\Adata: [^\n]+bytes [^\n]+ set allow_changed_data=true\Z"):
        export(cfg)
    assert not (folder / "run" / "export").exists()
    assert export(OmegaConf.merge(cfg, {"allow_changed_data": True})).exists()
    (folder / "rows.csv").unlink()
    assert export(cfg).exists()


def test_a_run_that_was_saved_with_the_earlier_word_is_resumed(again, monkeypatch, capfd):
    folder = again / "table"
    config = folder / "run" / ".hydra" / "config.yaml"
    config.write_text(config.read_text().replace("allow_changed_data: false", "changed_data: refuse"))
    rewrite(folder, lambda rows: [*rows, "1,2,no"])
    monkeypatch.chdir(folder)
    assert give("train", ["resume=run", "trainer.max_epochs=2"]) == 2
    assert "set allow_changed_data=true" in capfd.readouterr().err
    assert give("train", ["resume=run", "trainer.max_epochs=2", "changed_data=accept"]) == 0
    metrics = json.loads((folder / "run" / "metrics.json").read_text())
    assert metrics["epochs"] == 2
    assert "rows 60 → 61" in metrics["data_changed"]


def test_runs_of_a_stack_keep_the_rows_that_each_has_seen(again, monkeypatch):
    folder = again / "table"
    monkeypatch.chdir(folder)
    words = [*words_of("table", folder), "trainer.max_epochs=1", "seed=0,1", "hydra/launcher=vectorized"]
    assert give("train", ["-m", "runs_dir=runs", *words]) == 0
    (alone,) = [rows_seen.read(folder / "run")]
    first, second = sorted(folder.glob("runs/*/multirun/*/[01]"))
    assert rows_seen.read(first).tolist() == alone.tolist()
    assert len(rows_seen.read(second)) == len(alone)
    assert set(rows_seen.read(second)) != set(alone)
