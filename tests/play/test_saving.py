"""What was played is kept as a run's folder, on which the other commands work, and which a journal makes again."""

import json
from pathlib import Path

import pytest

from src.command.cli import execute
from src.errors import ConfigError
from src.play.saving import JOURNAL, is_saved, read_journal, replay
from src.runs.evaluation import evaluate
from src.runs.opening import open_run
from src.runs.training import Run
from src.stacking import starting
from src.trust.checkpoints import read_checkpoint
from tests.play.script import TEN, at, do, kind, played

RATE, NOISE = ({"do": "set", "values": values} for values in ({"optimizer.lr": 0.1}, {"data.noise": 0.2}))


@pytest.fixture
def play(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return lambda *lines: played(tmp_path / "scratch", *lines)


def saved(told):
    return next(each for each in told if each["type"] == "saved")


def test_an_untouched_training_is_saved_as_its_command_would(play):
    told = play(kind("scene"), TEN, *do("epoch"), at(1), *do("test"), kind("scene"), *do("save"), kind("saved"))
    folder = read(saved(told))
    assert saved(told)["same"]
    assert not saved(told)["touched"]
    overrides = (folder / ".hydra" / "overrides.yaml").read_text()
    assert overrides.split("\n")[:3] == ["- experiment=xor", "- data.num_train=640", "- trainer.max_epochs=1"]
    *_, last = (folder / JOURNAL).read_text().splitlines()
    assert json.loads(last) == {"test_scores_shown": 1}
    shown = next(each["scene"] for each in reversed(told) if each["type"] == "scene")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert shown["frames"][0]["scores"]["test"]["accuracy"] == pytest.approx(metrics["test/accuracy"])


def read(message):
    return Path(message["folder"])


def test_after_changes_a_journal_makes_the_same_run_which_resumes(play, monkeypatch):
    changes = [RATE, kind("scene"), *do("step"), at(1, 1), NOISE, kind("scene"), *do("epoch"), at(2)]
    told = play(kind("scene"), TEN, *do("epoch"), at(1), *changes, *do("save"), kind("saved"))
    folder = read(saved(told))
    assert saved(told)["same"]
    assert saved(told)["touched"]
    opened = open_run(folder)
    assert opened.cfg.optimizer.lr == 0.1
    metrics = json.loads((folder / "metrics.json").read_text())
    assert (metrics["epochs"], metrics["best_epoch"]) == (2, 2)
    found = opened.head.evaluate(opened.datamodule.whole("test"))
    assert found["loss"] == pytest.approx(metrics["test/loss"], rel=1e-5)
    again = replay(folder / JOURNAL, "runs")
    opened.head.load_state_dict(read_checkpoint(folder / "checkpoints" / "last.ckpt")["state_dict"])
    assert is_saved(opened.head, again)
    trained = []
    monkeypatch.setattr(Run, "write", lambda run: trained.append(run))
    execute("train", starting.train, [f"resume={folder}", "trainer.max_epochs=3"])
    assert trained[0].metrics["epochs"] == 3


def test_there_must_be_an_epoch_to_save(play):
    told = play(kind("scene"), TEN, *do("save"), kind("refused"), *do("epoch"), at(1), RATE, *do("save"))
    assert [each["line"].partition(";")[0] for each in told if each["type"] == "refused"] == [
        "save: needs a complete epoch with the current settings and weights"
    ] * 2


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "is not a journal (0 lines)"),
        ("[]\n", "is not a journal"),
        ('{"settings": {"experiment": "xor"}, "epochs": -1, "steps": 3}', "is not a journal (-1 is not a count)"),
        ('{"settings": {}, "epochs": 1, "steps": 3}', "names no experiment"),
        ('{"settings": {"trust": "mine"}, "epochs": 1, "steps": 3}', "trust: cannot be set"),
        ('{"settings": {"experiment": "../x"}, "epochs": 1, "steps": 3}', "experiment: no option '../x'"),
        ("x" * 2**21, "is too large"),
    ],
)
def test_a_journal_is_data(tmp_path, text, line):
    path = tmp_path / JOURNAL
    path.write_text(text)
    with pytest.raises(ConfigError) as refused:
        read_journal(path)
    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_changed_rows_train_on_and_are_saved_as_a_table(play):
    few = {"do": "set", "values": {"data.num_train": 60, "data.batch_size": 20}}
    edits = [
        {"do": "points", "edit": edit} for edit in ({"add": [0.5, 0.5, 1]}, {"move": [0, 0.4, 0.4]}, {"erase": [1]})
    ]
    changes = [edits[0], kind("scene"), edits[1], kind("scene"), edits[2], kind("scene"), *do("epoch"), at(2)]
    told = play(kind("scene"), few, kind("scene"), *do("epoch"), at(1), *changes, *do("save"), kind("saved"))
    scenes = [each["scene"] for each in told if each["type"] == "scene"]
    assert [each["splits"]["train"]["rows"] for each in scenes] == [5000, 60, 61, 61, 60]
    assert scenes[-1]["numbers"] == [0, *range(2, 60), -1]
    assert {scene["frames"][0]["hash"] for scene in scenes[2:]} == {
        scenes[2]["frames"][0]["hash"]
    }  # one epoch's weights
    assert saved(told)["same"]
    assert saved(told)["touched"]
    folder = read(saved(told))
    opened = open_run(folder)
    x, y = opened.datamodule.splits.train
    assert (x[0].tolist(), x[-1].tolist(), y[-1].item()) == (pytest.approx([0.4, 0.4]), [0.5, 0.5], 1)
    assert opened.head.spec.class_names == ("same", "different")
    again = replay(folder / JOURNAL, "runs")
    opened.head.load_state_dict(read_checkpoint(folder / "checkpoints" / "last.ckpt")["state_dict"])
    assert is_saved(opened.head, again)


def test_a_folder_of_runs_that_was_moved_repeats_its_changed_rows_and_is_evaluated_and_resumed(play, monkeypatch):
    few = {"do": "set", "values": {"data.num_train": 60, "data.batch_size": 20}}
    row = {"do": "points", "edit": {"add": [0.5, 0.5, 1]}}
    told = play(kind("scene"), few, kind("scene"), row, kind("scene"), *do("epoch"), at(1), *do("save"), kind("saved"))
    before = read(saved(told))
    moved = before.parents[1].rename("elsewhere") / before.relative_to(before.parents[1])
    opened = open_run(moved)
    (table,) = moved.parents[1].joinpath("points").iterdir()
    opened.head.load_state_dict(read_checkpoint(moved / "checkpoints" / "last.ckpt")["state_dict"])
    again = replay(moved / JOURNAL, "new")
    assert is_saved(opened.head, again)
    assert Path("new", "points", table.name).read_bytes() == table.read_bytes()
    scores = [evaluated(run, f"data.path={table}") for run in (again, moved)]
    assert scores[0] == scores[1] == json.loads((moved / "metrics.json").read_text())["test/loss"]
    trained = []
    monkeypatch.setattr(Run, "write", lambda run: trained.append(run))
    execute("train", starting.train, [f"resume={moved}", f"data.path={table}", "trainer.max_epochs=2"])
    assert trained[0].metrics["epochs"] == 2


def evaluated(run, *words):
    """The test loss that evaluating a run finds."""
    execute("evaluate", lambda cfg, _: evaluate(cfg), [f"run={run}", *words], begins_runs=False)
    (path,) = run.glob("evaluation*/metrics.json")
    return json.loads(path.read_text())["loss"]
