"""Each exercise is solved by its solution on the real engine, not without it; a file that does not work is named."""

import re
import subprocess
import sys

import pytest
import yaml

from src.errors import ConfigError
from src.places import EXERCISES
from src.play.controls import ENDS
from src.play.exercises import POINTS, WEIGHTS, Condition, Solution, named, read_exercises
from tests.play.script import do, kind, played, whole
from tests.sandbox import ROOT

ALL = read_exercises(EXERCISES)
CHANGED = {name: each for name, each in ALL.items() if each.solution != Solution(epochs=each.solution.epochs or 1)}
SMALL = {
    "title": "AND",
    "text": "Train.",
    "scene": {"experiment": "and_gate"},
    "change": ["optimizer.lr"],
    "solved": {"metric": "train/accuracy", "at_least": 1},
    "question": "How many?",
    "choices": ["two", "four"],
    "right": "four",
    "answer": "Four.",
    "solution": {"set": {"optimizer.lr": 1}, "epochs": 30},
}


def ended(message):
    return message["type"] == "diverged" or (message["type"] == "frame" and whole(message))


def verdict(told):
    return told[-1]["state"]["exercise"]


def written(folder, **news):
    folder.mkdir(exist_ok=True)
    (folder / "01_and.yaml").write_text(yaml.safe_dump({**SMALL, **news}))
    return folder


@pytest.fixture
def play(tmp_path):
    """Play against a worker that knows all exercises."""
    return lambda *lines, exercises=ALL: played(tmp_path, kind("scene"), *lines, exercises=exercises)


@pytest.mark.parametrize("name", ALL)
def test_its_solution_reaches_the_goal(play, name):
    told = play({"do": "open", "exercise": name, "solution": True}, kind("scene"), ended)
    exercise = verdict(told)
    assert (exercise["name"], exercise["done"], exercise["strayed"]) == (name, True, [])
    assert all(exercise["met"])
    assert told[-1]["state"]["epoch"] <= ALL[name].solution.epochs


@pytest.mark.parametrize("name", CHANGED)
def test_its_scene_is_as_written_and_does_not_reach_the_goal_by_training_alone(play, name):
    epochs = ALL[name].solution.epochs or 50
    told = play({"do": "open", "exercise": name, "epochs": epochs}, kind("scene"), ended)
    begun = [each for each in told if each["type"] == "scene"][1]
    assert begun["values"].items() >= ALL[name].scene.items()
    assert not any(begun["state"]["exercise"]["met"])
    assert begun["state"]["mode"] == "paused"
    assert told[-1]["state"]["epoch"] == epochs
    assert not verdict(told)["done"]


def test_there_are_a_dozen_and_every_setting_that_may_be_changed_is_on_the_page(play):
    assert len(ALL) >= 12
    for name, exercise in ALL.items():
        told = play({"do": "open", "exercise": name}, kind("scene"))
        assert {*exercise.change} - {*ENDS, POINTS, WEIGHTS} <= told[-1]["values"].keys(), name


def test_training_pauses_where_the_goal_is_reached_and_says_so(play, tmp_path):
    exercises = read_exercises(written(tmp_path / "own"))
    told = play({"do": "open", "exercise": "and", "solution": True}, kind("scene"), ended, exercises=exercises)
    said = told[-1]["state"]["said"]
    assert said["key"] == "done"
    right = [each["train/accuracy"] == 1 for message in told for each in message.get("rows", [])]
    assert right == [False] * (said["epoch"] - 1) + [True]
    assert told[-1]["state"]["epoch"] == said["epoch"] < 30


def test_a_goal_does_not_count_after_another_setting_was_changed_until_it_starts_again(play, tmp_path):
    exercises = read_exercises(written(tmp_path / "own"))
    begin, momentum = {"do": "open", "exercise": "and"}, {"do": "set", "values": {"optimizer.momentum": 0.9}}
    back, rate = ({"do": "set", "values": {f"optimizer.{key}": value}} for key, value in (("momentum", 0), ("lr", 1)))
    epochs = {"do": "set", "values": {"trainer.max_epochs": 40}}
    begun = begin, kind("scene"), rate, kind("scene"), epochs, kind("scene")
    cheated = [
        *do("epoch"),
        ended,
        momentum,
        kind("scene"),
        *do("epoch"),
        ended,
        back,
        kind("scene"),
        *do("fast"),
        ended,
    ]
    told = play(*begun, *cheated, exercises=exercises)
    assert verdict(told) == {"name": "and", "done": False, "met": [True], "strayed": ["optimizer.momentum"]}
    told = play(*begun, *cheated, *do("reset"), kind("scene"), *do("fast"), ended, exercises=exercises)
    assert verdict(told) == {"name": "and", "done": True, "met": [True], "strayed": []}


def test_rows_edited_by_hand_count_where_the_exercise_allows_them(play, tmp_path):
    row = {"do": "points", "edit": {"add": [0.9, 0.9, 1]}}
    for change, strayed in ((["optimizer.lr"], ["points"]), (["optimizer.lr", "points"], [])):
        exercises = read_exercises(written(tmp_path / "own", change=change))
        told = play({"do": "open", "exercise": "and"}, kind("scene"), row, kind("scene"), exercises=exercises)
        assert verdict(told)["strayed"] == strayed


def test_weights_set_by_hand_count_where_the_exercise_allows_them(play, tmp_path):
    by_hand = {"do": "weights", "edit": {"set": [[0, 1.0]]}}, *do("epoch"), ended
    for change, strayed in ((["seed"], ["weights"]), (["seed", "weights"], [])):
        exercises = read_exercises(written(tmp_path / "own", change=change, solution={"epochs": 90}))
        told = play({"do": "open", "exercise": "and"}, kind("scene"), *by_hand, exercises=exercises)
        assert verdict(told)["strayed"] == strayed


def test_a_line_set_by_hand_reaches_a_goal_without_training_and_not_after_it(play):
    by_hand = {"do": "weights", "edit": {"set": [[0, 1], [1, 1], [2, -1.5]]}}
    begun = {"do": "open", "exercise": "and_by_hand"}, kind("scene")
    told = play(*begun, by_hand, kind("frame"))
    assert told[-1]["state"]["said"] == {"key": "done.by.hand"}
    assert verdict(told) == {"name": "and_by_hand", "done": True, "met": [True, True], "strayed": []}
    assert told[-1]["frame"]["scores"]["train"]["accuracy"] == 1  # 4 of 4
    told = play(*begun, *do("epoch"), ended, by_hand, kind("frame"))
    assert verdict(told) == {"name": "and_by_hand", "done": False, "met": [True, False], "strayed": []}


def test_a_solution_with_too_few_weights_or_an_unknown_class_is_one_line_when_it_is_played(play, tmp_path):
    wrong = [
        ({"weights": [1, 1]}, "solution.weights: should be one for each of 3 (got 2); list them all"),
        ({"points": [{"add": [0, 0, 2]}], "epochs": 5}, "points: the classes are 0 to 1 (got 2.0); reload the page"),
    ]
    for solution, line in wrong:
        exercises = read_exercises(written(tmp_path / "own", change=["weights", "points"], solution=solution))
        told = play({"do": "open", "exercise": "and", "solution": True}, kind("refused"), exercises=exercises)
        assert told[-1]["line"] == line


def test_an_exercise_that_is_left_leaves_the_training_and_the_experiment_s_own_rule(play):
    opened = {"do": "open", "exercise": "momentum"}, kind("scene"), *do("epoch"), ended
    told = play(*opened, *do("leave"), kind("scene"), *do("epoch"), ended)
    assert told[-1]["state"]["exercise"] is None
    assert told[-1]["state"]["epoch"] == 2


def test_an_address_opens_an_exercise_with_the_settings_it_holds(play):
    told = play({"do": "open", "exercise": "momentum", "values": {"optimizer.momentum": 0.5}}, kind("scene"))
    assert (told[-1]["values"]["optimizer.momentum"], verdict(told)["strayed"]) == (0.5, [])


@pytest.mark.parametrize("name", ["xor_two_unit", 3, ["momentum"], {"x": 1}])
def test_an_unknown_name_from_a_page_is_one_line(play, name):
    told = play({"do": "open", "exercise": name}, kind("refused"))
    assert told[-1]["line"].startswith("exercise: there is no exercise ")
    with pytest.raises(ConfigError, match=r"did you mean xor_two_units\?"):
        named(ALL, "xor_two_unit")


def test_bounds_include_their_ends_and_a_metric_that_was_not_measured_fulfils_none():
    between = Condition(metric="val/accuracy", at_least=0.5, at_most=0.75)
    assert [between.holds({"val/accuracy": value}) for value in (0.4, 0.5, 0.75, 0.8)] == [False, True, True, False]
    assert not between.holds({"train/accuracy": 0.6})
    assert Condition(metric="train/loss", at_least=100).holds({"train/loss": float("inf")})


@pytest.mark.parametrize(
    ("news", "line"),
    [
        ({"solved": {"metric": "accuracy", "at_least": 1}}, "solved.0.metric: input should be 'train/loss', "),
        ({"solved": {"metric": "val/loss"}}, "solved.0: input should have at_least or at_most (got "),
        (
            {"solved": {"metric": "val/loss", "at_least": "much"}},
            "solved.0.at_least: input should be a number (got 'much')",
        ),
        ({"scene": {"experiment": "and"}}, "experiment: no option 'and'; did you mean and_gate? choose from xor, "),
        ({"scene": {}}, "scene: should name a dataset; add experiment: xor, for example"),
        ({"scene": {"experiment": "xor", "data.noise": -1}}, "data.noise: should be 0 to 100 on this page (got -1); "),
        ({"scene": {"experiment": "xor", "runs_dir": "/"}}, "runs_dir: cannot be set on this page; "),
        ({"change": ["optimizer.rate"]}, "change: there is no setting 'optimizer.rate'; did you mean optimizer.lr? "),
        (
            {"solution": {"set": {"seed": 1}, "epochs": 3}},
            "solution: sets seed, which may not be changed; add it to change",
        ),
        ({"solution": {"epochs": -1}}, "solution.epochs: input should be greater than or equal to 0 (got -1)"),
        ({"solution": {"epochs": 0}}, "solution: should train or set weights; add epochs: 50, for example"),
        ({"solution": {"weights": [1, 1, -1.5]}}, "solution: sets weights, which may not be changed; add it to change"),
        (
            {"solution": {"points": [{"move": [3, 0, 0]}], "epochs": 3}},
            "solution: sets points, which may not be changed; add it to change",
        ),
        ({"right": "five"}, "right: should be one of the choices (got 'five'); copy one of them"),
        ({"choices": [True, False]}, "choices.0: input should be a valid string (got True)"),
        ({"titel": "AND"}, "titel: unknown key (got 'AND')"),
        ({"title": ""}, "title: string should have at least 1 character (got '')"),
    ],
)
def test_a_file_that_does_not_work_is_named_in_one_line(tmp_path, news, line):
    folder = written(tmp_path / "own", **news)
    with pytest.raises(ConfigError, match=re.escape(line)) as told:
        read_exercises(folder)
    assert str(told.value).startswith(f"{folder / '01_and.yaml'}: ")
    assert "\n" not in str(told.value)
    assert read_exercises(written(tmp_path / "own"))["and"].title == "AND"


def test_a_folder_without_exercises_and_names_that_no_address_can_hold_are_refused(tmp_path):
    for folder, line in ((tmp_path / "none", "there is no such folder"), (tmp_path, "contains no exercise")):
        with pytest.raises(ConfigError, match=line):
            read_exercises(folder)
    own = written(tmp_path / "own")
    for name, line in (("02_and", "two files have this name"), ("Ä b", "should consist of small letters")):
        other = own / f"{name}.yaml"
        other.write_text((own / "01_and.yaml").read_text())
        with pytest.raises(ConfigError, match=line):
            read_exercises(own)
        other.unlink()
    (own / "03_broken.yaml").write_text("title: [")
    with pytest.raises(ConfigError, match=r"03_broken\.yaml: is not YAML"):
        read_exercises(own)


def test_files_say_how_to_open_them_and_lessons_do():
    for path in sorted(EXERCISES.glob("*.yaml")):
        name = re.sub(r"^\d+_", "", path.stem)
        assert re.match(rf"# [^\n]+: python -m src\.play exercise={name}\n", path.read_text()), path
    lessons = "".join(path.read_text() for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert {*re.findall(r'lab\.play\(exercise=\\"(\w+)\\"\)', lessons)} == ALL.keys()


def test_the_file_that_teachers_copy_works(tmp_path):
    (found,) = re.findall(r"```yaml\n(title:.*?)```", (ROOT / "docs" / "teaching.md").read_text(), re.DOTALL)
    (tmp_path / "xor_two_units.yaml").write_text(found)
    copied = read_exercises(tmp_path)["xor_two_units"]
    assert copied.model_copy(update={"answer": ALL["xor_two_units"].answer}) == ALL["xor_two_units"]


def test_the_command_ends_in_one_line_before_it_serves_anything(tmp_path):
    folder = written(tmp_path / "own", title=3)
    bad = f"config error: {folder / '01_and.yaml'}: title: input should be a valid string (got 3)\n"
    for words, line in (([f"exercises={folder}"], bad), (["exercise=xor_two_unit"], "did you mean xor_two_units?")):
        command = [sys.executable, "-m", "src.play", "open=false", "port=0", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
        assert line in done.stderr
