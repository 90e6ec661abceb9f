"""The table of a sweep's runs: what is written is read again, whatever a killed process has left."""

import json

import pytest

from src.errors import ConfigError
from src.storage.runs_table import Row, RunsTable, again, read, without_folder

METRICS = {"val/loss": 0.1 + 0.2, "test/confusion_matrix": [[1, 2], [3, 4]], "solved": True, "best_epoch": 3}
ODD = ["experiment=xor", "seed=-1", "network.hidden_dims=[8,8]", "~data.positive", "+note='a, \"b\"'", "solved=null"]


def files():
    return {"config.yaml": "seed: 1\n", "hydra.yaml": "hydra: {}\n", "overrides.yaml": "[]\n"}


def test_rows_come_back_as_they_were(tmp_path):
    table = RunsTable(tmp_path)
    first = Row(0, ODD, METRICS | {"test/roc_auc": None}, config=table.config_of("shape", files))
    failed = Row(1, ["seed=2"], {}, "training diverged: the loss is nan", config=table.config_of("shape", files))
    table.append([first])
    table.append([failed])  # its columns exist already; those of the next row do not
    table.append(
        [Row(2, ["seed=3", "data.noise=0.1"], {"test/mae": 1e-9, "solved": None}, config=0)]
    )  # and with new ones
    found = read(tmp_path)
    assert [row._replace(words=[]) for row in found[:2]] == [first._replace(words=[]), failed._replace(words=[])]
    assert [word.replace("='''", "=") for word in found[0].words] == [
        "experiment=xor", "seed=-1", "network.hidden_dims=[8,8]", "~data.positive=''", ODD[4], "solved=null",
    ]  # fmt: skip
    assert found[2].metrics == {"test/mae": 1e-9, "solved": None}
    assert json.loads((tmp_path / "configs.json").read_text()) == {
        "configs": [{name: files()[name] for name in ("config.yaml", "hydra.yaml")}]
    }


@pytest.mark.parametrize("left", [1, 5, 40, 100])
def test_a_row_that_was_cut_off_is_not_read_and_is_removed(tmp_path, left):
    table = RunsTable(tmp_path)
    table.append([Row(0, ["seed=0"], METRICS, config=0)])
    whole = table.path.read_bytes()
    table.append([Row(1, ["seed=1"], METRICS, config=0), Row(2, ["seed=2"], METRICS, config=0)])
    longer = table.path.read_bytes()
    table.path.write_bytes(longer[: len(whole) + left])
    complete = (len(whole) + left - len(whole)) // ((len(longer) - len(whole)) // 2)
    assert [row.number for row in read(tmp_path)] == list(range(1 + complete))
    again_opened = RunsTable(tmp_path)
    assert again_opened.finished == set(range(1 + complete))
    again_opened.append([Row(number, [f"seed={number}"], METRICS, config=0) for number in range(1 + complete, 3)])
    assert table.path.read_bytes() == longer


def test_runs_that_are_trained_again_lose_their_row(tmp_path):
    table = RunsTable(tmp_path)
    rows = [
        Row(0, ["seed=0"], METRICS, folder="0"),
        Row(1, ["seed=1"], METRICS, folder="1"),
        Row(2, ["seed=2"], METRICS),
    ]
    table.append([*rows, Row(3, ["seed=3"], {}, "training diverged: the loss is nan")])
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "metrics.json").write_text("{}")
    assert RunsTable(tmp_path).known == {0, 2}
    assert [row.number for row in without_folder(tmp_path)] == [2]


def test_another_file_is_refused_and_left_alone(tmp_path):
    for text in ("name,age\nEve,3\n", "", "number,status,folder,failure,config\n0,finished,../../x,,\n"):
        (tmp_path / "runs.csv").write_text(text)
        with pytest.raises(ConfigError, match=r"runs.csv: is not a table of runs \(.*\); restore it, or move it away"):
            RunsTable(tmp_path)
        assert (tmp_path / "runs.csv").read_text() == text


def test_the_command_that_repeats_a_run_is_quoted_for_a_shell():
    words = ["seed=3", "network.hidden_dims=[8,8]"]
    command = "python -m src.train -m seed=3 'network.hidden_dims=[8,8]' hydra/launcher=vectorized"
    assert again(Row(3, words, {})) == f"repeat it with: {command}"
