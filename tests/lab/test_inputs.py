"""What people hand to a run in Python: DataFrames, dicts, rows and pictures, each with the answers of the same file."""

import datetime

import numpy as np
import pytest
import torch
from PIL import Image

from src.errors import ConfigError
from src.lab.trained_run import TrainedRun
from src.runs.opening import open_run
from tests.conftest import compose_train, trained
from tests.data.image_files import write_pngs
from tests.runs.test_prediction import FAST, write_csv

N = 60
QUIET = ("logger=none", "callbacks.progress_bar=null", "trainer.max_epochs=3", *FAST)
DAYS = [datetime.date(2024, 1, 1 + row % 28) for row in range(N)]


class Column:
    """A column as pandas hands it out."""

    def __init__(self, cells):
        self.cells = cells

    def tolist(self):
        return list(self.cells)


class NAType:
    """pandas' mark of a missing cell, by its name."""


class Frame:
    """A DataFrame as pandas has it: it is not a mapping, and its columns come by name."""

    def __init__(self, columns):
        self.by_name = columns
        self.columns = list(columns)

    def __getitem__(self, name):
        return Column(self.by_name[name])

    def __len__(self):
        return N


@pytest.fixture(scope="module")
def columns():
    stream = np.random.default_rng(0)
    return {
        "size": stream.standard_normal(N).round(3).tolist(),
        "zone": stream.integers(1, 4, N).tolist(),
        "ill": stream.choice(["true", "false"], N).tolist(),
        "day": [day.isoformat() for day in DAYS],
    }


@pytest.fixture(scope="module")
def run(columns, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    answers = ["yes" if zone > 1 else "no" for zone in columns["zone"]]
    path = write_csv(folder / "rows.csv", columns | {"y": answers})
    words = ("data=csv", f"data.path={path}", "data.target=y", "data.categorical=[zone]")
    trained(compose_train(*words, *QUIET), folder / "run")
    return TrainedRun(open_run(folder / "run"))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    write_pngs(folder / "in", each=8)
    words = ("data=image_folder", f"data.path={folder / 'in'}", "data.image_size=8", f"data.cache={folder / 'cache'}")
    trained(compose_train(*words, *QUIET), folder / "run")
    return TrainedRun(open_run(folder / "run")), folder / "in" / "cat" / "00.png"


def test_columns_in_any_form_have_the_same_answers(run, columns):
    import pyarrow

    expected = run.logits(columns)
    as_pandas_has_them = {
        "size": np.array(columns["size"]),
        "zone": [float(zone) for zone in columns["zone"]],
        "ill": [ill == "true" for ill in columns["ill"]],
        "day": [datetime.datetime.combine(day, datetime.time()) for day in DAYS],
    }
    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    for x in (as_pandas_has_them, Frame(as_pandas_has_them), rows, pyarrow.table({**columns, "day": DAYS})):
        torch.testing.assert_close(run.logits(x), expected)
    for one in (rows[0], Frame({name: cells[:1] for name, cells in columns.items()})):
        torch.testing.assert_close(run.logits(one), expected[:1])
    unknown = {**columns, "size": [NAType(), None, float("nan"), *columns["size"][3:]]}
    torch.testing.assert_close(run.logits(unknown)[3:], expected[3:])
    median = run.logits({**columns, "size": [""] * N})
    torch.testing.assert_close(run.logits(unknown)[:3], median[:3])


@pytest.mark.parametrize(
    ("x", "line"),
    [
        ({"size": [1, 2], "zone": [1]}, r"x: columns should have the same length \(got size 2, zone 1\)"),
        ({"size": [1, 2], "zone": 1}, "x: zone is a single cell and size a list"),
        ([{"size": 1, "zone": 2}, {"size": 1}], "x: row 2 has no 'zone'"),
        ({"size": []}, "x: has no rows"),
        ({"size": [1.0], "zone": [1], "ill": ["true"]}, "x: column day is missing; it has size, zone, ill"),
        ("new.csv", r"x: should be rows, not a file name \(got 'new.csv'\); use predict_file"),
        ("https://a.b/c.csv", "x: should be rows, .* nothing is downloaded; save it here"),
        ([["a", "b"]], r"x: should be numbers in rows of one length, columns by name, or a DataFrame \(got a list"),
        ([[1, 2], [3]], "x: should be numbers in rows of one length"),
        (object(), "x: should be numbers in rows of one length, columns by name, or a DataFrame"),
        (0.5, r"x: rows must be of shape \[N, \d+\] \(got \[\]\); reshape them"),
    ],
)
def test_what_is_no_rows_is_said_in_a_line(run, x, line):
    with pytest.raises(ConfigError, match=line) as error:
        run.predict(x)
    assert "\n" not in str(error.value)


def test_a_single_row_of_numbers_is_a_row(run):
    width = run._opened.spec.num_inputs
    assert run.logits([0.0] * width).shape == (1,)


def test_pictures_come_as_paths_images_and_arrays(pictures):
    run, path = pictures
    expected = run.logits(str(path))
    assert expected.shape == (1,)
    with Image.open(path) as image:
        pixels = np.array(image)
        for x in (path, image, pixels, [path], [image, pixels]):
            found = run.logits(x)
            torch.testing.assert_close(found, expected.expand(len(found)))
    assert run.logits(run.datamodule.splits.train.x[:2]).shape == (2,)
    for x, line in [
        ("https://a.b/c.png", "https://a.b/c.png is a web address, and nothing is downloaded"),
        ("gone.png", "there is no image gone.png"),
        (np.zeros((4, 4, 2), np.float32), r"rows must be of shape \[N, 3, 8, 8\] \(got \[4, 4, 2\]\)"),
    ]:
        with pytest.raises(ConfigError, match=line):
            run.predict(x)


def test_a_run_of_one_input_takes_a_number(tmp_path):
    x = np.linspace(-1, 1, 40)
    path = write_csv(tmp_path / "rows.csv", {"x": x, "y": 2 * x})
    trained(compose_train("data=csv", f"data.path={path}", "data.target=y", *QUIET), tmp_path / "run")
    run = TrainedRun(open_run(tmp_path / "run"))
    for one in (0.25, [0.25], {"x": 0.25}, [{"x": 0.25}]):
        torch.testing.assert_close(run.predict(one), run.predict([[0.25]]))
