"""Two columns of a table as a dataset of the page: bundled tables, and the one that the server's command names."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_iris

from src.command.cli import execute
from src.errors import ConfigError
from src.play import own_table
from src.play.composing import composed
from src.play.controls import BUNDLED, OWN_TABLE
from src.play.making import check_own_table
from src.play.saving import JOURNAL, is_saved, replay
from src.play.training import weights_hash
from src.runs.opening import open_run
from src.stacking import starting
from src.trust.checkpoints import read_checkpoint
from tests.play.script import at, do, kind, played

PETALS = ["petal length (cm)", "petal width (cm)"]
HOSTILE = "</script><img src=x onerror=alert(1)>"
KINDS = ["=1+1", HOSTILE]  # a formula for spreadsheets, a script for browsers
NAMES = ["it's 100 %", HOSTILE, "class"]


def to(**values):
    return {"do": "set", "values": {key.replace("__", "."): value for key, value in values.items()}}


IRIS, COLUMNS = to(experiment="iris"), to(data__columns=PETALS)


@pytest.fixture
def play(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield lambda *lines: played(tmp_path / "scratch", *lines)
    own_table.take([])


@pytest.fixture
def own(play):
    """A table with names that no page may take for markup, in the working folder, named as the command names it."""
    stream = np.random.RandomState(0)
    rows = [[i, *(stream.randn(3) * [1, 10, 1000] + i % 2).round(3), "ab"[i % 2] * 2, KINDS[i % 2]] for i in range(60)]
    head = ",".join(["id", *NAMES, "text", "kind"])
    Path("own rows.csv").write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n")
    own_table.take(["data.path='own rows.csv'", "data.target=kind", "head=binary"])
    return np.array([row[1:4] for row in rows])


def last(told, name):
    return next(each for each in reversed(told) if each["type"] == name)


def words_of(told):
    command = last(told, "frame")["state"]["command"]
    return shlex.split(command.removeprefix("python -m src.train "))


def trained(words):
    """The folder of the run that a command leaves."""
    made = []

    def work(cfg, folder):
        made.append(folder)
        starting.train(cfg, folder)

    execute("train", work, [*words, "logger=none", "callbacks.figures=null", "callbacks.progress_bar=null"])
    return made[0]


@pytest.mark.parametrize("name", BUNDLED)
def test_a_bundled_table_begins_with_its_first_two_columns(name, tmp_path):
    found = composed({"experiment": name}, tmp_path)
    assert found.words[:2] == ["data=table", f"data.name={name}"]
    assert found.values["data.columns"] == list(found.columns[:2])
    assert found.values["experiment"] == name
    assert found.values["head"] == ("binary" if name == "breast_cancer" else "multiclass")


def test_the_command_shown_trains_the_same_weights_and_the_axes_have_the_datas_units(play):
    told = play(kind("scene"), IRIS, kind("scene"), COLUMNS, kind("scene"), *do("epoch"), at(1))
    assert words_of(told) == [
        "data=table",
        "data.name=iris",
        f"data.columns=[{','.join(PETALS)}]",
        "trainer.max_epochs=1",
    ]
    opened = open_run(trained(words_of(told)))
    opened.head.load_state_dict(read_checkpoint(opened.folder / "checkpoints" / "last.ckpt")["state_dict"])
    assert weights_hash(opened.head) == last(told, "frame")["frame"]["hash"]
    scene = last(told, "scene")["scene"]
    assert [each["name"] for each in scene["inputs"]] == PETALS
    x = opened.datamodule.splits.train.x.numpy() * [each["scale"] for each in scene["inputs"]]
    x += [each["mean"] for each in scene["inputs"]]
    known = {tuple(row) for row in load_iris().data[:, 2:].round(4)}
    assert {tuple(row) for row in x.round(4)} <= known


def test_on_scaled_columns_a_rate_goes_on_and_changed_rows_begin_anew(play):
    point = {"do": "points", "edit": {"add": [5.0, 1.0, 2]}}
    begun = kind("scene"), IRIS, kind("scene"), COLUMNS, kind("scene"), *do("epoch"), at(1)
    told = play(
        *begun, to(optimizer__lr=0.1), kind("scene"), to(data__label_noise=0.1), kind("scene"), point, kind("scene")
    )
    assert [each["state"]["said"] for each in told if each["type"] == "scene"][-3:] == [
        {"key": "goes.on"},
        {"key": "goes.on"},
        {"key": "anew"},
    ]


def test_a_row_added_in_the_datas_units_is_saved_evaluated_and_trained_again_by_its_journal(play):
    point = {"do": "points", "edit": {"add": [5.0, 1.5, 2]}}
    begun = kind("scene"), IRIS, kind("scene"), COLUMNS, kind("scene"), point, kind("scene")
    told = play(*begun, *do("epoch"), at(1), *do("save"), kind("saved"))
    assert last(told, "saved")["same"]
    opened = open_run(Path(last(told, "saved")["folder"]))
    raw = opened.datamodule.load().train.x
    assert raw[-1].tolist() == [5.0, 1.5]
    assert set(map(tuple, raw[:-1].tolist())) <= set(map(tuple, load_iris().data[:, 2:].astype(np.float32).tolist()))
    assert "\n6.1,2.3,virginica,train\n" in Path(opened.cfg.data.path).read_text()
    assert opened.head.spec.feature_names == tuple(PETALS)
    opened.head.load_state_dict(read_checkpoint(opened.folder / "checkpoints" / "last.ckpt")["state_dict"])
    assert is_saved(opened.head, replay(opened.folder / JOURNAL, "again"))


def test_a_table_of_ones_own_is_named_by_the_command_alone_whatever_its_columns_are_called(play, own):
    check_own_table()
    told = play(kind("scene"), to(data__columns=[NAMES[1], NAMES[2]]), kind("scene"), *do("epoch"), at(1))
    first, scene = (each for each in told if each["type"] == "scene")
    assert first["values"]["experiment"] == OWN_TABLE
    assert [each["options"] for each in first["controls"] if each["kind"] == "pair"] == [NAMES]
    assert scene["scene"]["classes"] == KINDS[::-1]
    scales = [each["scale"] for each in scene["scene"]["inputs"]]
    assert scales == pytest.approx(own[:, 1:].astype(float).std(0), rel=0.3)
    assert words_of(told)[:4] == ["data=csv", "data.path='own rows.csv'", "data.target=kind", "head=binary"]
    opened = open_run(trained(words_of(told)))
    opened.head.load_state_dict(read_checkpoint(opened.folder / "checkpoints" / "last.ckpt")["state_dict"])
    assert weights_hash(opened.head) == last(told, "frame")["frame"]["hash"]


def test_rows_of_a_table_with_a_column_called_class_can_be_changed_and_saved(play, own):
    point = {"do": "points", "edit": {"add": [0.5, 2000.0, 1]}}
    begun = kind("scene"), to(data__columns=[NAMES[0], "class"]), kind("scene"), point, kind("scene")
    told = play(*begun, *do("epoch"), at(1), *do("save"), kind("saved"))
    assert last(told, "saved")["same"]
    opened = open_run(Path(last(told, "saved")["folder"]))
    assert opened.datamodule.load().train.x[-1].tolist() == [0.5, 2000.0]
    assert opened.head.spec.feature_names == (NAMES[0], "class")
    assert opened.head.spec.class_names == tuple(KINDS[::-1])


def test_without_such_a_command_there_is_no_table_of_ones_own(play, own):
    told = play(kind("scene"), *do("epoch"), at(1), *do("save"), kind("saved"))
    own_table.take([])
    journal = Path(last(told, "saved")["folder"]) / JOURNAL
    assert "own rows" not in journal.read_text()
    with pytest.raises(ConfigError, match=r"experiment: .* add data.path=… data.target=… to the command"):
        replay(journal, "again")
    told = play(kind("scene"), to(experiment=OWN_TABLE), kind("refused"))
    assert last(told, "refused")["key"] == "experiment"
    assert OWN_TABLE not in json.dumps(told[0])


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (
            ["petal lngth (cm)", PETALS[1]],
            "data.columns: the table has no column of numbers 'petal lngth (cm)'; did you",
        ),
        ([PETALS[0]], "data.columns: should be two different columns"),
        ([PETALS[0], PETALS[0]], "data.columns: should be two different columns"),
        ([0, 1], "data.columns: should be two different columns"),
        ({"data.path": "/etc/passwd"}, "data.columns: should be two different columns"),
    ],
)
def test_other_columns_are_refused_beside_the_field(play, columns, line):
    told = play(kind("scene"), IRIS, kind("scene"), to(data__columns=columns), kind("refused"))
    assert last(told, "refused")["line"].startswith(line)


@pytest.mark.parametrize(
    ("text", "words", "line"),
    [
        (
            "a,b,y\n" + "1,x,0\n2,z,1\n" * 20,
            ["data.target=y"],
            "data.path: the page needs two columns of numbers (got a)",
        ),
        (
            "a,b,y\n" + "".join(f"{i},2.5,{i / 7}\n" for i in range(40)),
            ["data.target=y"],
            "data.target: the page shows classes",
        ),
        ("a,b,y\n1,2,0\n", ["data.target=z"], "data.target: table.csv has no column 'z'; choose from a, b, y"),
    ],
)
def test_a_table_that_the_page_cannot_show_is_one_line(play, text, words, line):
    Path("table.csv").write_text(text)
    own_table.take(["data.path=table.csv", *words])
    with pytest.raises(ConfigError) as refused:
        check_own_table()
    assert str(refused.value).startswith(line)
