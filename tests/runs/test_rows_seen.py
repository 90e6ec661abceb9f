"""However its file changes, a run is never tested on rows that it has seen without saying so.

The rows it has seen are determined here from the file's text and scikit-learn's splits, not from what the run saved.
"""

import csv
import json
import logging
import random
import re
import shutil

import numpy as np
import pytest
from sklearn.model_selection import train_test_split

from src.errors import ChangedDataError, ConfigError
from src.heads.probable import ClassOutcome
from src.reporting.remarks import forget
from src.runs import rows_seen
from src.runs.evaluation import evaluate
from tests.conftest import compose_train, trained
from tests.data.image_files import write_pngs
from tests.runs.test_evaluation import on_run

QUICK = ["logger=none", "callbacks.progress_bar=null", "callbacks.figures=null", "network.hidden_dims=[2]"]
COUNT = 120


def made_rows(count=COUNT, seed=0):
    stream = random.Random(seed)
    rows = []
    for number in range(count):
        a, b = stream.gauss(0, 1), stream.gauss(0, 1)
        rows.append([f"{a:.3f}", f"{b:.3f}", stream.choice(["red", "blue"]), "yes" if a > b else "no", f"p{number}"])
    return rows


def text_of(rows, header="a,b,colour,y,name"):
    return "\n".join([header, *(",".join(row) for row in rows)]) + "\n"


def inputs_of(row):
    """A row's inputs by value: numbers as numbers."""
    return (round(float(row["a"]), 6), round(float(row["b"]), 6), row["colour"].strip())


def read(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def seen_in(rows):
    """The inputs of training and validation rows, as split by scikit-learn."""
    y, places = np.array([row["y"] for row in rows]), np.arange(len(rows))
    test_size, val_size = int(np.ceil(0.2 * len(rows))), round(0.1 * len(rows))
    rest, _ = train_test_split(places, test_size=test_size, random_state=0, stratify=y)
    train, val = train_test_split(rest, test_size=val_size, random_state=0, stratify=y[rest])
    return {inputs_of(rows[place]) for place in [*train, *val]}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A table, a run of one epoch on it, and the inputs that the run has seen."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "rows.csv").write_text(text_of(made_rows()))
    words = ["data=csv", f"data.path={folder / 'rows.csv'}", "data.target=y", "data.ignore=[name]", *QUICK]
    trained(compose_train(*words, "trainer.max_epochs=1"), folder / "run")
    return folder, seen_in(read(folder / "rows.csv"))


@pytest.fixture(autouse=True)
def without_figures(monkeypatch):

    monkeypatch.setattr(ClassOutcome, "figures", lambda self, scene: {})


@pytest.fixture
def again(made, caplog):
    """The same, with the original table and run folder; captures what is printed."""
    folder, seen = made
    (folder / "rows.csv").write_text(text_of(made_rows()))
    for path in folder.glob("run/*evaluation*"):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / "run" / "threshold.json").unlink(missing_ok=True)
    caplog.set_level(logging.WARNING)
    forget()
    return folder, seen


def edited(rows, place, column, value):
    row = [*rows[place]]
    row[column] = value
    return [*rows[:place], row, *rows[place + 1 :]]


def permuted(rows, seed=1):
    return random.Random(seed).sample(rows, len(rows))


NEW = made_rows(9, seed=9)
FILES = {
    "a row appended": lambda rows: [*rows, NEW[0]],
    "rows appended": lambda rows: [*rows, *NEW],
    "rows put in front": lambda rows: [*NEW, *rows],
    "rows put between": lambda rows: [*rows[:50], *NEW, *rows[50:]],
    "the first row deleted": lambda rows: rows[1:],
    "the last row deleted": lambda rows: rows[:-1],
    "rows deleted between": lambda rows: [*rows[:30], *rows[60:]],
    "half of the rows deleted": lambda rows: rows[::2],
    "rows sorted": lambda rows: sorted(rows),
    "rows sorted by the target": lambda rows: sorted(rows, key=lambda row: row[3]),
    "rows the other way round": lambda rows: rows[::-1],
    "rows permuted": permuted,
    "rows permuted and some new": lambda rows: permuted([*rows, *NEW]),
    "rows permuted and some gone": lambda rows: permuted(rows)[:80],
    "a number edited": lambda rows: edited(rows, 7, 0, "0.123"),
    "a category edited": lambda rows: edited(rows, 7, 2, "blue" if rows[7][2] == "red" else "red"),
    "a target edited": lambda rows: edited(rows, 7, 3, "no" if rows[7][3] == "yes" else "yes"),
    "what is ignored edited": lambda rows: [[*row[:4], f"q{row[4]}"] for row in rows],
    "every row twice": lambda rows: [*rows, *rows],
    "one row for another": lambda rows: [NEW[0], *rows[1:]],
}


@pytest.mark.parametrize("case", FILES)
def test_a_changed_file_is_refused_or_tested_on_new_rows_alone(case, again, caplog):
    folder, seen = again
    path = folder / "rows.csv"
    path.write_text(text_of(FILES[case](made_rows())))
    with pytest.raises(ChangedDataError, match="is not what the run was trained on"):
        evaluate(on_run(folder / "run", resamples=0))
    assert not list(folder.glob("run/*evaluation*"))

    written = evaluate(on_run(folder / "run", resamples=0, allow_changed_data=True))
    rows, scores = read(path), json.loads((written / "metrics.json").read_text())
    tested = [int(row["row"]) - 1 for row in read(written / "predictions.csv")]
    assert sorted(tested) == [place for place, row in enumerate(rows) if inputs_of(row) not in seen]
    assert scores["num_rows"] == len(tested)
    assert scores["rows_left_out"] == len(rows) - len(tested)
    (line,) = [record.message for record in caplog.records]
    assert line.startswith(scores["data_changed"])
    assert f"of {len(rows)} rows that could test it, the run has seen {len(rows) - len(tested)}," in line


@pytest.mark.parametrize(
    "rewritten",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\ufeff" + text,
        lambda text: re.sub(r"\.(\d)00\b", r".\1", text).replace("0.", "00."),
        lambda text: text.replace(",red", ", red "),
        lambda text: "\n".join(",".join(reversed(line.split(","))) for line in text.splitlines()) + "\n",
    ],
    ids=["line ends", "a byte order mark", "other digits", "spaces", "columns in another order"],
)
def test_rows_are_recognised_however_they_are_written(rewritten, again):
    folder, seen = again
    path = folder / "rows.csv"
    path.write_text(rewritten(path.read_text()), newline="")
    written = evaluate(on_run(folder / "run", resamples=0, allow_changed_data=True))
    rows = read(path)
    assert json.loads((written / "metrics.json").read_text())["num_rows"] == COUNT - len(seen)
    assert not {inputs_of(rows[int(row["row"]) - 1]) for row in read(written / "predictions.csv")} & seen


@pytest.mark.parametrize(
    "change",
    [
        {"split_seed": 5},
        {"seed": 5},
        {"test_fraction": 0.5},
        {"val_fraction": 0.3},
        {"split_column": "colour"},
        {"target": "colour"},
    ],
    ids=lambda change: next(iter(change)),
)
@pytest.mark.parametrize("allowed", [False, True])
def test_what_divides_the_rows_anew_is_refused_in_one_line(change, allowed, again):
    (key,) = change
    with pytest.raises(ConfigError, match=rf"\Adata.{key}: splits the run's rows differently[^\n]+leave it out\Z"):
        evaluate(on_run(again[0] / "run", changes={"data": change}, allow_changed_data=allowed))


def test_another_file_is_tested_whole(again, caplog):
    folder, _ = again
    rows = made_rows(40, seed=5)
    (folder / "other.csv").write_text(text_of([row[:3] + row[3:4] for row in rows], header="a,b,colour,y"))
    changes = {"data": {"path": str(folder / "other.csv")}}
    written = evaluate(on_run(folder / "run", resamples=0, changes=changes))
    assert [int(row["row"]) for row in read(written / "predictions.csv")] == list(range(1, 41))
    assert json.loads((written / "metrics.json").read_text())["rows_left_out"] == 0
    assert "of 40 rows that could test it, the run has seen 0" in caplog.text


def test_another_file_with_rows_that_the_run_has_seen_is_tested_without_them(again):
    folder, seen = again
    rows = made_rows()[:30]
    (folder / "other.csv").write_text(text_of([*rows, *NEW]))
    changes = {"data": {"path": str(folder / "other.csv")}}
    written = evaluate(on_run(folder / "run", resamples=0, changes=changes))
    known = sum(inputs_of(row) in seen for row in read(folder / "other.csv"))
    scores = json.loads((written / "metrics.json").read_text())
    assert (scores["rows_left_out"], scores["num_rows"]) == (known, 39 - known)
    assert known > 15


def test_a_copy_of_the_file_elsewhere_is_divided_as_the_file_was(again, caplog):
    folder, seen = again
    shutil.copy(folder / "rows.csv", folder / "copy.csv")
    for allowed in (False, True):
        changes = {"data": {"path": str(folder / "copy.csv")}}
        written = evaluate(on_run(folder / "run", resamples=0, changes=changes, allow_changed_data=allowed))
        rows = read(folder / "rows.csv")
        tested = {inputs_of(rows[int(row["row"]) - 1]) for row in read(written / "predictions.csv")}
        assert tested == {inputs_of(row) for row in rows} - seen
    assert not caplog.records


def test_a_file_with_nothing_new_tests_nothing(again):
    folder, seen = again
    path = folder / "rows.csv"
    rows = [list(row.values()) for row in read(path) if inputs_of(row) in seen]
    path.write_text(text_of(rows))
    with pytest.raises(ConfigError, match=rf"\Adata: the run has seen all {len(rows)} rows of .* give new ones"):
        evaluate(on_run(folder / "run", resamples=0, allow_changed_data=True))
    assert not list(folder.glob("run/*evaluation*"))


@pytest.mark.parametrize("settings", [{"split": "val"}, {"split": "train"}, {"threshold": "f1"}])
def test_what_needs_other_rows_than_new_ones_is_refused(settings, again):
    folder, _ = again
    (folder / "rows.csv").write_text(text_of([*made_rows(), *NEW]))
    with pytest.raises(ConfigError, match=rf"\A{next(iter(settings))}: "):
        evaluate(on_run(folder / "run", resamples=0, allow_changed_data=True, **settings))
    assert not (folder / "run" / "threshold.json").exists()


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_bytes(b"12345")])
def test_without_the_keys_a_changed_file_is_still_refused_and_then_said(spoil, again, tmp_path, caplog):
    folder, _ = again
    shutil.copytree(folder / "run", tmp_path / "run")
    spoil(tmp_path / "run" / "rows_seen.bin")
    (folder / "rows.csv").write_text(text_of([*made_rows(), *NEW]))
    with pytest.raises(ChangedDataError):
        evaluate(on_run(tmp_path / "run", resamples=0))
    evaluate(on_run(tmp_path / "run", resamples=0, allow_changed_data=True))
    assert "rows it was trained on may be in any split" in caplog.text


def test_the_keys_take_less_than_eight_bytes_a_training_row(made):
    folder, seen = made
    size = (folder / "run" / "rows_seen.bin").stat().st_size
    assert size == 6 * len(seen) < 8 * 0.7 * COUNT
    keys = rows_seen.read(folder / "run")
    assert len(keys) == len(seen)
    assert (np.diff(keys) > 0).all()


def test_pictures_are_recognised_by_what_they_hold(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    pictures = write_pngs(tmp_path / "pictures")
    words = ["data=image_folder", f"data.path={pictures}", f"data_dir={tmp_path}", "data.image_size=8", *QUICK]
    run = trained(compose_train(*words, "trainer.max_epochs=1"), tmp_path / "run")
    identity = run.parts.datamodule.identity
    seen = {(pictures / name).read_bytes() for split in ("train", "val") for name in identity.of(split)}
    assert len(seen) == 16
    for number, path in enumerate(sorted(pictures.rglob("*.png"), reverse=True)):  # the same pictures, all renamed
        path.rename(path.with_name(f"renamed{number:02d}.png"))
    write_pngs(tmp_path / "more", each=3, seed=7)
    for path in (tmp_path / "more").rglob("*.png"):
        shutil.copy(path, pictures / path.parent.name / f"new{path.name}")
    forget()
    with pytest.raises(ChangedDataError, match="pictures 20 → 26"):
        evaluate(on_run(tmp_path / "run", resamples=0))
    written = evaluate(on_run(tmp_path / "run", resamples=0, allow_changed_data=True))
    tested = [(pictures / row["image"]).read_bytes() for row in read(written / "predictions.csv")]
    assert len(tested) == 4 + 6
    assert not set(tested) & seen
    assert "of 26 rows that could test it, the run has seen 16" in caplog.text


def test_a_picture_edited_to_the_same_size_is_a_change_and_classes_in_another_order_are_refused(tmp_path):
    pictures = write_pngs(tmp_path / "pictures")
    words = ["data=image_folder", f"data.path={pictures}", f"data_dir={tmp_path}", "data.image_size=8", *QUICK]
    trained(compose_train(*words, "trainer.max_epochs=1"), tmp_path / "run")
    with pytest.raises(ConfigError, match=r"data.classes: splits the run's rows differently"):  # in another order
        evaluate(on_run(tmp_path / "run", resamples=0, changes={"data": {"classes": ["dog", "cat"]}}))
    path = pictures / "cat" / "00.png"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1  # of the checksum, which no reader minds
    path.write_bytes(content)
    with pytest.raises(
        ChangedDataError, match="1 image is gone and 1 is new, counting edited or renamed images as both"
    ):
        evaluate(on_run(tmp_path / "run", resamples=0))
