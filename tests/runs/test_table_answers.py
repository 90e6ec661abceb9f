"""A table's run predicts rows of other files: in another format, with new categories, or exported."""

import csv
import json

import numpy as np
import pytest

from src.errors import ConfigError
from src.runs.doubts import say_doubts
from src.runs.evaluation import evaluate
from src.runs.prediction import predict
from tests.runs.test_evaluation import on_run as evaluation_settings
from tests.runs.test_prediction import FAST, read_csv, settings, write_csv

N = 120


@pytest.fixture
def columns():
    stream = np.random.default_rng(0)
    zones = stream.integers(1, 5, N)
    return {
        "zone": zones.tolist(),
        "ill": [("true", "false")[zone % 2] for zone in zones],
        "east": [f"{40_000_000 + x:.2f}" for x in stream.standard_normal(N)],
        "note": [f"note {i}" for i in range(N)],
        "y": [("no", "yes")[zone % 2] for zone in zones],
    }


@pytest.fixture
def run(train, tmp_path, columns):
    path = write_csv(tmp_path / "rows.csv", columns)
    learned = "optimizer=adam", "optimizer.lr=0.1", "trainer.max_epochs=20"
    return train("data=csv", f"data.path={path}", "data.target=y", "data.categorical=[zone]", *learned, *FAST)


def same_rows_written_otherwise(path, columns):
    with path.open("w", newline="", encoding="utf-16") as file:
        writer = csv.writer(file, delimiter=";")
        writer.writerow(["ill", "zone", "east", "id"])
        for i, (zone, ill, east) in enumerate(zip(columns["zone"], columns["ill"], columns["east"], strict=True)):
            writer.writerow([ill.upper(), float(zone), east, i])
    return path


def test_the_same_rows_written_otherwise_get_the_same_answers(run, tmp_path, columns):
    assert run.metrics["test/accuracy"] == 1
    predict(settings(run.folder, tmp_path / "rows.csv", tmp_path / "mine.csv"))
    other = same_rows_written_otherwise(tmp_path / "other.csv", columns)
    predict(settings(run.folder, other, tmp_path / "theirs.csv"))
    mine, theirs = read_csv(tmp_path / "mine.csv"), read_csv(tmp_path / "theirs.csv")
    assert [row["probability_yes"] for row in mine] == [row["probability_yes"] for row in theirs]
    assert [row["predicted"] for row in mine] == columns["y"]


def test_the_folder_tells_in_counts_what_the_columns_were_taken_for(run, columns):
    facts = json.loads((run.folder / "data.json").read_text())
    assert facts["columns"] == {
        "zone": {"kind": "category", "missing": 0, "inputs": 4},
        "ill": {"kind": "category", "missing": 0, "inputs": 2},
        "east": {"kind": "number", "missing": 0, "inputs": 1},
        "note": {"kind": "left out", "missing": 0, "why": "text that hardly ever repeats"},
    }
    assert (facts["rows"], facts["inputs"]) == (N, 7)
    assert sum(facts["classes"].values()) == 84
    assert "note 7" not in (run.folder / "data.json").read_text()


def test_a_strict_run_makes_errors_of_warnings(train, tmp_path, columns):
    path = write_csv(tmp_path / "rows.csv", columns)
    words = ("data=csv", f"data.path={path}", "data.target=y", "data.strict=true", "trainer.max_epochs=1", *FAST)
    doubtful = train(*words, "data.ignore=[ill]")
    with pytest.raises(ConfigError, match=r"data.strict: .*note is left out \(text that hardly ever repeats\)"):
        say_doubts(doubtful.cfg, doubtful.parts.datamodule)
    run = train(*words, "data.ignore=[ill,note]")
    say_doubts(run.cfg, run.parts.datamodule)
    few = write_csv(tmp_path / "few.csv", {"zone": ["1", "2"], "east": ["1", "2"]})
    predict(settings(run.folder, few))


def test_strange_categories_are_said_and_refused_where_no_cell_is_known(run, tmp_path, columns, caplog):
    strange = {**columns, "zone": [f"north {zone}" for zone in columns["zone"]]}
    del strange["y"]
    new = write_csv(tmp_path / "new.csv", strange)
    with pytest.raises(ConfigError, match=r"zone: 120 of 120 cells are categories not seen in training \(north 1, "):
        predict(settings(run.folder, new))
    assert not (tmp_path / "new_predicted.csv").exists()
    few = write_csv(tmp_path / "few.csv", {**strange, "zone": ["north", *columns["zone"][1:]]})
    predict(settings(run.folder, few))
    assert "few.csv: zone: 1 of 120 cells is a category not seen in training (north)" in caplog.text


def test_evaluation_says_what_it_does_not_know_of_another_file(run, tmp_path, columns):
    strange = {**columns, "ill": ["perhaps"] * N}
    new = write_csv(tmp_path / "new.csv", strange)
    with pytest.raises(ConfigError, match=r"ill: 120 of 120 cells are .* \(perhaps\), so none is known"):
        evaluate(evaluation_settings(run.folder, changes={"data": {"path": str(new)}}))


def test_an_exported_table_keeps_large_numbers_apart(run, tmp_path):
    pytest.importorskip("onnxruntime")
    from src.runs.exporting import export
    from tests.runs.test_exporting import settings as export_settings

    path = export(export_settings(run.folder, format="onnx"))
    assert json.loads(path.with_suffix(".json").read_text())["input"]["dtype"] == "float64"
