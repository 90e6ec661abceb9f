"""How tasks are handed out, by a cluster that is none: who gets what again, and what is given up."""

from types import SimpleNamespace

import pytest

from src.dispatch.dispatch import Dispatch, DispatchRules, Engine
from src.dispatch.record import read
from src.stacking.launch import SortedOut

RULES = {"max_stack": 3, "seconds_between_checkpoints": 30, "figures": False, "tensorboard": False}
NUMBERED = {number: [f"seed={number}"] for number in range(8)}


class Cluster(Engine):
    """Ends each task at once; those in `dies` that often without a word."""

    title = "a cluster"

    def __init__(self, dies=None, still_alive=()):
        self.dies, self.still_alive, self.handed = dict(dies or {}), set(still_alive), []

    def hand_out(self, tasks, sweep):
        for task in tasks:
            self.handed.append(sorted(task.numbered))
            self.dies[task.first] = self.dies.get(task.first, 0) - 1
            if self.dies[task.first] < 0:
                task.folder.mkdir(parents=True, exist_ok=True)
                (task.folder / "end.json").write_text('{"error": ""}')
        return [f"{task.first}.{len(self.handed)}" for task in tasks]

    def alive(self, names):
        return set(names) & self.still_alive

    def log_of(self, name):
        return "the log"


@pytest.fixture
def dispatch(tmp_path, monkeypatch):
    """A dispatch whose jobs 0 to 5 are alike, whose others train alone, and of which some may have finished."""
    monkeypatch.setattr("src.dispatch.dispatch.keep", lambda launch, sweep: (sweep / "tasks").mkdir(exist_ok=True))

    def made(cluster, finished=(), wait=True):
        def sorted_out(numbered, sweep, returns):
            returns.update(dict.fromkeys(finished, "finished"))
            left = [number for number in numbered if number not in finished]
            alike = [SimpleNamespace(number=number) for number in left if number < 6]
            return SortedOut([alike], {"a reason": [number for number in left if number >= 6]})

        master = SimpleNamespace(hydra=SimpleNamespace(sweeper=SimpleNamespace(_target_="x.BasicSweeper")))
        launch = SimpleNamespace(begin=lambda: tmp_path, sorted_out=sorted_out, master=master)
        return Dispatch(launch, cluster, DispatchRules(**RULES, max_alone=1, attempts=3, wait=wait), 1)

    return made


def test_stacks_are_handed_out_once_each(dispatch, tmp_path):
    cluster = Cluster()
    assert len(dispatch(cluster).run(list(NUMBERED.values()), 0)) == 8
    assert cluster.handed == [[0, 1, 2], [3, 4, 5], [6], [7]]
    assert [each.numbers for each in read(tmp_path).values()] == cluster.handed


def test_what_dies_is_handed_out_again_and_given_up_in_the_end(dispatch, tmp_path):
    cluster = Cluster(dies={3: 1, 7: 3})
    dispatch(cluster).run(list(NUMBERED.values()), 0)
    assert cluster.handed == [[0, 1, 2], [3, 4, 5], [6], [7], [3, 4, 5], [7], [7]]
    assert (tmp_path / "failures.txt").read_text() == "#7: its worker died 3 times; see the log\n"


def test_a_resumed_sweep_hands_out_what_died_as_it_was_and_nothing_that_is_alive(dispatch):
    before = Cluster()
    dispatch(before, wait=False).run(list(NUMBERED.values()), 0)
    cluster = Cluster(still_alive={"0.4"})
    dispatch(cluster, finished=(3, 6), wait=False).run(list(NUMBERED.values()), 0)
    assert cluster.handed == [[3, 4, 5], [7]]  # the first goes on, of the second its checkpoint counts, #6 has finished
