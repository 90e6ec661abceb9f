"""Where the events of a sweep's runs are: by what was swept, one folder for each run, and nobody else's removed."""

import json
import re

import pytest

from src.storage.boards import board_name, board_of, claim_board, clear_board, known_board
from src.storage.folders import RunFolder, SweepFolder
from src.storage.jobs import begin_job, clear_job
from src.storage.marks import write_mark


@pytest.fixture
def sweep(tmp_path):
    """A sweep with three jobs that have begun."""
    write_mark(SweepFolder(tmp_path).mark)
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        begin_job(tmp_path / str(number), tmp_path, number)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["optimizer.lr=0.1", "seed=3"], "lr=0.1,seed=3"),
        (["+data.noise=0.1", "network.hidden_dims=[8,8]"], "noise=0.1,hidden_dims=[8,8]"),
        (["data.seed=1", "seed=2", "network=mlp"], "data.seed=1,seed=2,network=mlp"),
    ],
)
def test_a_board_is_named_by_what_was_swept(words, name):
    assert board_name(words) == name


@pytest.mark.parametrize("value", ["a:b", "a/b", "a\\b", 'a"b', "a<b>|?*", "a.", "a ", "a\nb", "x" * 300])
def test_names_are_ones_that_windows_takes(value):
    """By Microsoft's page on naming files: reserved characters, no dot or space at the end."""
    name = board_name([f"data.path={value}"])
    assert not re.search(r'[<>:"/\\|?*\x00-\x1f]', name)
    assert not name.endswith((".", " "))
    assert len(name) <= 100
    assert name != board_name([f"data.path={value}_"])


def test_every_run_has_a_board_of_its_own(sweep):
    first, second = (claim_board(sweep / number, ["seed=1"]) for number in "01")
    assert [first, second] == [sweep / "tensorboard" / name for name in ("seed=1", "seed=1,job=1")]
    assert claim_board(sweep / "0", ["seed=1"]) == board_of(sweep / "0") == first
    assert board_of(sweep / "2") == sweep / "2" / "tensorboard"
    assert claim_board(sweep / "2", []) == sweep / "2" / "tensorboard"


def test_a_run_alone_and_one_of_an_older_version_keep_their_own(sweep, tmp_path):
    (sweep / "1" / "tensorboard").mkdir()
    assert claim_board(sweep / "1", ["seed=1"]) == sweep / "1" / "tensorboard"
    alone = tmp_path / "alone"
    alone.mkdir()
    write_mark(RunFolder(alone).mark)
    assert claim_board(alone, ["seed=1"]) == alone / "tensorboard"
    assert not (sweep / "tensorboard").exists()


@pytest.mark.parametrize("name", ["../../x", "/x", "..", "", 3, "a:b"])
def test_a_folder_that_lies_about_its_board_is_not_believed(name, sweep):
    RunFolder(sweep / "0").board.write_text(json.dumps({"name": name}))
    assert known_board(sweep / "0") is None


def test_a_board_that_is_a_link_is_not_followed(sweep, tmp_path):
    board = claim_board(sweep / "0", ["seed=0"])
    board.rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "events.out.tfevents.1").touch()
    board.symlink_to(tmp_path / "elsewhere")
    clear_board(sweep / "0")
    assert (tmp_path / "elsewhere" / "events.out.tfevents.1").exists()


def test_what_an_unfinished_job_has_left_goes_and_what_others_put_there_stays(sweep):
    boards = [claim_board(sweep / number, [f"seed={number}"]) for number in "01"]
    for board in boards:
        (board / "events.out.tfevents.1.vm").touch()
    (boards[0] / "notes.txt").touch()
    clear_job(sweep / "0", sweep)
    assert [path.name for path in boards[0].iterdir()] == ["notes.txt"]
    assert [path.name for path in boards[1].iterdir()] == ["events.out.tfevents.1.vm"]
    clear_job(sweep / "1", sweep)
    assert not boards[1].exists()
    assert claim_board(sweep / "1", ["seed=1"]) == boards[1]
