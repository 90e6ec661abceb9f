"""What `src.describe` prints and draws of a dataset."""

import json
import re

import numpy as np
import pytest

from src.plots.distributions import Shown, Target, distributions_figure
from tests.command.place import give
from tests.data.image_files import write_pngs
from tests.runs.test_prediction import write_csv

N = 60


@pytest.fixture
def rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stream = np.random.default_rng(0)
    size = stream.standard_normal(N).round(2).astype(str)
    size[:6] = ""
    columns = {
        **{"name": [f"secret {number}" for number in range(N)], "size": size},
        **{"colour": stream.choice(["red", "blue"], N), "day": [f"2024-01-{1 + row % 28:02d}" for row in range(N)]},
        **{"sick": ["yes"] * 15 + ["no"] * 45, "price": stream.standard_normal(N).round(3)},
    }
    return write_csv(tmp_path / "rows.csv", columns)


def said(capsys, *words):
    assert give("describe", list(words)) == 0
    return capsys.readouterr().out


def unfolded(text):
    """Lines as they are before those wider than a terminal are continued on further ones."""
    assert max(map(len, text.splitlines())) <= 80
    return re.sub(r"\n {2,4}(?!\w+: |data\.)", " ", text).splitlines()


def test_a_table_is_told_in_lines_and_shown(rows, tmp_path, capsys):
    text = said(capsys, "data.path=rows.csv", "data.target=sick", "data.ignore=[price]")
    assert unfolded(text) == [
        "rows.csv: 42 training, 6 validation and 12 test rows; head=binary, since sick is one of 2 classes",
        "  classes: no 31, yes 11 of the training rows; the largest is 74 % of them",
        "  columns: 1 number; 1 date; 1 category; 1 left out: name (text that hardly ever repeats)",
        "  missing: 6 cells of size, 10 % of it",
        "written to described/rows",
    ]
    folder = tmp_path / "described" / "rows"
    assert (folder / "distributions.png").read_bytes()[1:4] == b"PNG"
    facts = json.loads((folder / "data.json").read_text())
    assert (facts["rows"], facts["task"], facts["classes"]) == (60, "binary", {"no": 31, "yes": 11})
    assert "secret" not in (folder / "data.json").read_text()
    assert "head=regression" in said(capsys, "data.path=rows.csv", "data.target=price")  # over what it wrote itself


def test_a_table_without_a_target_is_told_too(rows, capsys):
    assert unfolded(said(capsys, "data.path=rows.csv", "output=out")) == [
        "rows.csv: 60 rows, 6 columns",
        "  columns: 2 numbers; 1 date; 2 categories; 1 left out: name (text that hardly ever repeats)",
        "  missing: 6 cells of size, 10 % of it",
        "  data.target=COLUMN shows them by target",
        "written to out",
    ]


def test_training_begins_with_the_same_lines(rows, capsys):
    quick = ["logger=none", "callbacks.figures=null", "callbacks.progress_bar=null", "trainer.max_epochs=1"]
    words = ["data.path=rows.csv", "data.target=sick", "data.ignore=[price]"]
    assert give("train", ["data=csv", *words, *quick]) == 0
    trained = unfolded(capsys.readouterr().out)
    assert unfolded(said(capsys, *words))[1:4] == trained[1:4]


def test_rows_that_are_drawn_and_pictures_are_told(rows, tmp_path, capsys):
    text = said(capsys, "data=blobs", "data.num_samples=40", "data.centers=3", "output=blobs")
    assert "28 training, 4 validation and 8 test rows; head=multiclass" in text
    assert "head=regression" in said(capsys, "data=line", "output=line")
    write_pngs(tmp_path / "pictures", each=10)
    words = ["data=image_folder", "data.path=pictures", "data.image_size=8", "data.cache=cache"]
    assert "classes: cat 7, dog 7 of the training rows" in said(capsys, *words)
    assert (tmp_path / "described" / "pictures" / "distributions.png").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "data.path: needs a CSV or Parquet file (got null)"),
        (["data.path=gone.csv"], "gone.csv: there is no such file"),
        (["data.path=."], ".: is a folder; name a file in it: rows.csv"),
        (["data.path=rows.csv", "data.target=nothing"], "data.target: rows.csv has no column 'nothing'"),
        (["data.path=rows.csv", "target=sick"], "target: unknown key; did you mean data.target?"),
        (["data.path=rows.csv", "data.strict=true"], "data.strict: rows.csv: name is left out"),
        (["data.path=rows.csv", "output=rows.csv"], "output: rows.csv is a file"),
        (["data.path=rows.csv", "output=mine"], "output: "),
        (["data=moons", "seed=-1"], "seed: input should be greater than or equal to 0 (got -1)"),
        (["-m", "data=moons,xor"], "--multirun: only src.train sweeps"),
    ],
)
def test_what_cannot_be_described_is_said_in_a_line(rows, tmp_path, capsys, words, line):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "data.json").write_text("mine")
    assert give("describe", words) == 2
    assert line in capsys.readouterr().err
    assert (tmp_path / "mine" / "data.json").read_text() == "mine"
    assert not (tmp_path / "described").exists()


def test_of_many_columns_those_are_shown_that_tell_most():
    stream = np.random.default_rng(0)
    sick = np.arange(200) % 2 == 0
    numbers = [stream.standard_normal(200) + (place in (3, 40)) * sick for place in range(60)]
    columns = [Shown(f"c{place}", each, {}) for place, each in enumerate(numbers)]
    columns.append(Shown("kind", None, {"a": sick, "b": ~sick}))
    figure = distributions_figure(columns, Target("sick", None, {"no": ~sick, "yes": sick}), "rows")
    titles = [axis.get_title() for axis in figure.axes]
    assert len(titles) == 20
    by_hand = {each.name: abs(np.corrcoef(each.numbers, sick)[0, 1]) for each in columns[:-1]}
    most = sorted(by_hand, key=lambda name: -by_hand[name])[:18]
    assert titles == ["sick (predicted)", *(name for name in by_hand if name in most), "kind"]
    assert figure.get_suptitle() == "rows\nthe 19 of 61 columns most related to it"
