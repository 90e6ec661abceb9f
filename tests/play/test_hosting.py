"""Pages that are not served: each has its exercises, and makes room for a newer one when it was left alone."""

import json
import queue

from src.play import visitors
from src.play.exercises import read_exercises
from src.play.hosting import Host, Ways
from tests.play.test_exercises import ALL, written

PATIENCE = 120  # seconds, on a busy machine


class Page:
    """A page of a `host`, and what happens to it: messages, replays and its end."""

    def __init__(self, host, exercises):
        self._news = queue.Queue()
        put = self._news.put
        ways = Ways(lambda text: put(json.loads(text)), lambda *kept: put({"type": "kept", "kept": kept}), self._end)
        self._guest = host.welcome(ways, exercises)
        self._guest.hear("hello")

    def _end(self):
        self._news.put({"type": "end"})

    def says(self, **message):
        self._guest.hear("message", json.dumps(message))

    def until(self, kind, fulfilled=lambda message: True):
        while True:
            message = self._news.get(timeout=PATIENCE)
            if message["type"] == "frame":
                self.says(do="seen")
            if message["type"] == kind and fulfilled(message):
                return message


def in_an_exercise(message):
    return message["state"]["exercise"] is not None


def test_pages_have_their_own_exercises_and_the_one_left_alone_makes_room_and_keeps_its_replay(tmp_path, monkeypatch):
    monkeypatch.setattr(visitors, "MOST_VISITORS", 2)
    host = Host(str(tmp_path / "runs"))
    first, second = Page(host, ALL), Page(host, read_exercises(written(tmp_path / "own")))
    second.until("scene")
    second.says(do="open", exercise="momentum")
    assert second.until("refused")["line"].startswith("exercise: there is no exercise 'momentum'; choose from and")
    second.says(do="open", exercise="and")
    assert second.until("scene", in_an_exercise)["state"]["exercise"]["name"] == "and"
    first.says(do="open", exercise="and_by_hand")
    assert first.until("scene", in_an_exercise)["state"]["exercise"]["name"] == "and_by_hand"
    second.says(do="epoch")
    second.until("frame", lambda message: message["state"]["epoch"] == 1)
    first.says(do="epoch")  # so that the second one was left alone longer
    first.until("frame", lambda message: message["state"]["epoch"] == 1)
    third = Page(host, ALL)
    page, picture = second.until("kept")["kept"]
    assert page.startswith("<!doctype html>")
    assert picture
    second.until("end")
    third.until("scene")
    first.says(do="epoch")
    first.until("frame", lambda message: message["state"]["epoch"] == 2)
    for each in (first, third):
        each._guest.leave()
        each.until("end")
