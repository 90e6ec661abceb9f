"""Rows of a file are returned with the labels and probabilities of the run."""

import csv
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf
from PIL import Image
from sklearn.datasets import load_breast_cancer

from src.errors import ConfigError
from src.runs.evaluation import evaluate
from src.runs.opening import open_run
from src.runs.prediction import predict
from tests.command.place import give
from tests.data.image_files import write_pngs
from tests.runs.test_evaluation import on_run as evaluation_settings
from tests.runs.test_evaluation import read_csv

ROOT = Path(__file__).parent.parent.parent
FAST = ("callbacks.figures=null",)


def settings(folder, source, target=None, force=False):
    values = {"run": str(folder), "runs_dir": "runs", "data_dir": None, "changes": {}, "force": force}
    return OmegaConf.create(values | {"input": str(source), "output": None if target is None else str(target)})


def write_csv(path, columns):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return path


@pytest.fixture
def xor(train):
    return train("experiment=xor", "data.num_train=500", "trainer.max_epochs=20", *FAST)


def test_test_rows_written_by_hand_get_evaluations_labels_and_probabilities(train, tmp_path):
    run = train("experiment=breast_cancer", "trainer.max_epochs=20", *FAST)
    folder = evaluate(evaluation_settings(run.folder, threshold="precision>=0.98"))
    bundle = load_breast_cancer()
    scaler = run.parts.datamodule.scaler
    test_x = run.parts.datamodule.splits.test.x * scaler.scale + scaler.mean
    scaled = torch.from_numpy(bundle.data).float()
    places = [int((scaled - x).abs().div(scaled.abs() + 1e-3).sum(1).argmin()) for x in test_x]
    columns = {name: bundle.data[places, i].tolist() for i, name in reversed(list(enumerate(bundle.feature_names)))}
    predict(settings(run.folder, write_csv(tmp_path / "new.csv", {"patient": range(len(places)), **columns})))
    predicted, evaluated = read_csv(tmp_path / "new_predicted.csv"), read_csv(folder / "predictions.csv")
    assert [row["predicted"] for row in predicted] == [row["predicted"] for row in evaluated]
    assert [float(row["probability_malignant"]) for row in predicted] == pytest.approx(
        [float(row["probability_malignant"]) for row in evaluated], abs=1e-6
    )
    assert [row["patient"] for row in predicted] == [str(i) for i in range(len(places))]


def test_cells_come_back_as_they_were_written(xor, tmp_path):
    (tmp_path / "new.csv").write_text('name,x2,x1\n"Ann, B",1.50,0\nÖ,0, 1e0\n', encoding="utf-8")
    predict(settings(xor.folder, tmp_path / "new.csv", tmp_path / "out.csv"))
    first, second = read_csv(tmp_path / "out.csv")
    assert (first["name"], first["x2"], second["name"], second["x1"]) == ("Ann, B", "1.50", "Ö", " 1e0")
    opened = open_run(xor.folder)
    with torch.no_grad():
        expected = opened.head(torch.tensor([[0.0, 1.5], [1.0, 0.0]])).sigmoid()
    assert [float(row["probability_different"]) for row in (first, second)] == pytest.approx(expected.tolist())


def test_parquet_comes_and_goes_as_csv_does(xor, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    x = np.random.RandomState(0).rand(40_000, 2)
    parquet.write_table(arrow.table({"x1": x[:, 0], "x2": x[:, 1]}), tmp_path / "new.parquet")
    write_csv(tmp_path / "new.csv", {"x1": x[:, 0].tolist(), "x2": x[:, 1].tolist()})
    predict(settings(xor.folder, tmp_path / "new.parquet", tmp_path / "out.parquet"))
    predict(settings(xor.folder, tmp_path / "new.csv", tmp_path / "out.csv"))
    rows = parquet.read_table(tmp_path / "out.parquet").to_pydict()
    assert rows["predicted"] == [row["predicted"] for row in read_csv(tmp_path / "out.csv")]
    assert rows["x1"] == x[:, 0].tolist()


def test_parquet_whose_first_rows_do_not_tell_the_types_keeps_them(xor, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    arrow = pytest.importorskip("pyarrow")
    rows = 17_000
    columns = {
        "x1": arrow.array([0.1] * rows),
        "x2": arrow.array([0.9] * rows),
        "note": arrow.array([None] * (rows - 1) + ["late"]),
        "price": arrow.array([Decimal("1.50")] * (rows - 1) + [Decimal("12345.50")]),
        "part": arrow.array([1] * rows, arrow.int8()),
    }
    parquet.write_table(arrow.table(columns), tmp_path / "new.parquet")
    predict(settings(xor.folder, tmp_path / "new.parquet", tmp_path / "out.parquet"))
    kept = parquet.read_table(tmp_path / "out.parquet")
    for name, cells in columns.items():
        assert kept[name].type == cells.type
        assert kept[name].to_pylist() == cells.to_pylist(), name
    assert str(kept.schema.field("predicted").type) == "string"


def test_categories_and_missing_cells_follow_the_training_rows(train, tmp_path):
    stream = np.random.RandomState(1)
    sizes, colours = stream.randn(120), stream.choice(["red", "blue", ""], 120)
    answers = ["yes" if size > 0 else "no" for size in sizes]
    cells = [f"{size:.3f}" if i % 10 else "NA" for i, size in enumerate(sizes)]
    rows = write_csv(tmp_path / "rows.csv", {"size": cells, "colour": colours, "answer": answers})
    run = train(
        "data=csv",
        f"data.path={rows}",
        "data.target=answer",
        "optimizer=adam",
        "optimizer.lr=0.05",
        *FAST,
        "trainer.max_epochs=30",
    )
    assert run.metrics["test/accuracy"] >= 0.8
    new = write_csv(tmp_path / "new.csv", {"colour": ["red", "green", "?"], "size": ["2", "-2", ""]})
    predict(settings(run.folder, new))
    opened = open_run(run.folder)
    scaler, median = opened.datamodule.scaler, opened.datamodule.scaler.fill[0]
    raw = torch.tensor([[2.0, 0, 0, 1], [-2.0, 0, 0, 0], [median, 1, 0, 0]])
    with torch.no_grad():
        expected = opened.head((raw - scaler.mean) / scaler.scale).sigmoid()
    assert opened.spec.feature_names == ("size", "colour=(missing)", "colour=blue", "colour=red")
    found = [float(row["probability_yes"]) for row in read_csv(tmp_path / "new_predicted.csv")]
    assert found == pytest.approx(expected.tolist(), abs=1e-6)


def test_images_and_folders_of_images_are_predicted(train, tmp_path):
    pictures = write_pngs(tmp_path / "pictures", each=12)
    run = train(
        "data=image_folder",
        f"data.path={pictures}",
        f"data_dir={tmp_path}",
        "data.image_size=16",
        "optimizer=adam",
        "data.batch_size=8",
        "trainer.max_epochs=20",
        *FAST,
    )
    write_pngs(tmp_path / "new", each=3, seed=9)
    predict(settings(run.folder, tmp_path / "new", tmp_path / "out.csv"))
    rows = read_csv(tmp_path / "out.csv")
    assert (
        [Path(row["image"]).parent.name for row in rows]
        == [row["predicted"] for row in rows]
        == ["cat"] * 3 + ["dog"] * 3
    )
    Image.fromarray(np.full((40, 30), 250, np.uint8)).save(tmp_path / "one.jpg")
    predict(settings(run.folder, tmp_path / "one.jpg"))
    assert [row["predicted"] for row in read_csv(tmp_path / "one_predicted.csv")] == ["dog"]
    (tmp_path / "bad.png").write_bytes(b"x")
    with pytest.raises(ConfigError, match=r"bad.png does not decode"):
        predict(settings(run.folder, tmp_path / "bad.png"))
    asked = settings(run.folder, tmp_path / "bad.png", tmp_path / "none.csv")
    asked.changes = {"data": {"skip_broken": True}}
    with pytest.raises(ConfigError, match=r"input: no image in .*bad.png can be decoded; replace them"):
        predict(asked)
    assert not (tmp_path / "none.csv").exists()


def test_a_pipe_gets_the_rows_and_nothing_else(xor, tmp_path, capfd, monkeypatch):
    source = write_csv(tmp_path / "new.csv", {"x1": [0.1, 0.9], "x2": [0.9, 0.8]})
    predict(settings(xor.folder, source, tmp_path / "out.csv"))
    folder = xor.folder.absolute()
    monkeypatch.chdir(tmp_path)
    assert give("predict", [f"run={folder}", "input=new.csv", "output=-"]) == 0
    told = capfd.readouterr()
    assert told.out == (tmp_path / "out.csv").read_text()
    assert "wrote 2 predictions by" in told.err
    assert not (tmp_path / "-").exists()


@pytest.mark.parametrize("experiment", ["multilabel", "line"])
def test_labels_and_values_have_columns_of_their_own(train, tmp_path, experiment):
    run = train(f"experiment={experiment}", "trainer.max_epochs=2", *FAST)
    names = run.parts.head.spec.feature_names
    predict(settings(run.folder, write_csv(tmp_path / "new.csv", {name: [1, 2] for name in names})))
    (row, _) = read_csv(tmp_path / "new_predicted.csv")
    added = [name for name in row if name not in names]
    labels = [f"label {i}" for i in range(5)]
    expected = [f"{kind}_{name}" for kind in ("predicted", "probability") for name in labels]
    assert added == (["predicted"] if experiment == "line" else expected)


def test_an_original_file_that_is_gone_does_not_matter(train, tmp_path):
    rows = write_csv(tmp_path / "rows.csv", {"a": range(40), "b": [i // 20 for i in range(40)]})
    run = train("data=csv", f"data.path={rows}", "data.target=b", "trainer.max_epochs=1", *FAST)
    rows.unlink()
    predict(settings(run.folder, write_csv(tmp_path / "new.csv", {"a": [1, 39]})))
    assert {row["predicted"] for row in read_csv(tmp_path / "new_predicted.csv")} <= {"0", "1"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x1\n1\n", r"new.csv: column x2 is missing; it has x1"),
        ("x1,x2\n", "new.csv: the file has no rows"),
        ("", "new.csv: the file has no rows"),
        ("x1,x2\n1,2\n3,abc\n", r"new.csv: column x2, row 2 is not a number \(got 'abc'\)"),
        ("x1,x2\n1,2\n3\n", "new.csv: line 3 has 1 cells but the header 2"),
        ("x1,x1\n1,2\n", "new.csv: two columns are named 'x1'"),
        ("x1,x2,predicted\n1,2,3\n", "new.csv: already has a column predicted"),
    ],
)
def test_a_file_that_cannot_be_predicted_is_refused_and_nothing_is_written(xor, tmp_path, text, message):
    folder = tmp_path / "place"
    folder.mkdir()
    (folder / "new.csv").write_text(text)
    with pytest.raises(ConfigError, match=message):
        predict(settings(xor.folder, folder / "new.csv"))
    assert [path.name for path in folder.iterdir()] == ["new.csv"]


def test_outputs_are_not_overwritten_unless_forced(xor, tmp_path):
    new = write_csv(tmp_path / "new.csv", {"x1": [1], "x2": [0]})
    (tmp_path / "out.csv").write_text("precious")
    with pytest.raises(ConfigError, match=r"out.csv already exists; choose another, or set force=true"):
        predict(settings(xor.folder, new, tmp_path / "out.csv"))
    assert (tmp_path / "out.csv").read_text() == "precious"
    predict(settings(xor.folder, new, tmp_path / "out.csv", force=True))
    assert len(read_csv(tmp_path / "out.csv")) == 1


def test_an_output_that_cannot_be_written_is_refused(xor, tmp_path):
    new = write_csv(tmp_path / "new.csv", {"x1": [1], "x2": [0]})
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"output: .* cannot be written"):
        predict(settings(xor.folder, new, tmp_path / "file" / "out.csv"))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak is read from Linux's /proc")
@pytest.mark.parametrize("rows_in_all", [150_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_many_rows_stay_far_below_a_gigabyte_above_the_imports(rows_in_all, xor, tmp_path):
    rows = "".join(f"{x1:.4f},{x2:.4f}\n" for x1, x2 in np.random.RandomState(0).rand(10_000, 2))
    (tmp_path / "new.csv").write_text("x1,x2\n" + rows_in_all // 10_000 * rows)
    code = (  # the peak is read from the kernel's list: getrusage begins with the peak of the process that started us
        "import re, sys; from src.runs.prediction import predict; from omegaconf import OmegaConf\n"
        "peak = lambda: int(re.search(r'VmHWM:\\s+(\\d+) kB', open('/proc/self/status').read())[1]) * 1024\n"
        "before = peak(); predict(OmegaConf.create(eval(sys.argv[1]))); print(peak() - before)"
    )
    values = OmegaConf.to_container(settings(xor.folder, tmp_path / "new.csv", tmp_path / "out.csv"))
    done = subprocess.run([sys.executable, "-c", code, repr(values)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 0 < int(done.stdout) < 2**29, f"{int(done.stdout):,} bytes"
    with (tmp_path / "out.csv").open() as file:
        assert sum(1 for _ in file) == rows_in_all + 1


@pytest.mark.parametrize("cell", ["inf", "-inf", "1e300"])
def test_a_number_that_float32_does_not_hold_is_refused_by_its_row(cell, xor, tmp_path):
    new = write_csv(tmp_path / "new.csv", {"x1": [1, cell], "x2": [0, 1]})
    with pytest.raises(ConfigError, match=rf"column x1, row 2 is beyond ±3.4e\+38 \(got '{cell}'\)"):
        predict(settings(xor.folder, new))
    assert not (tmp_path / "new_predicted.csv").exists()
