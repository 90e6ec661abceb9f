"""Each key of a command on runs with each kind of value: refused in a line, or accepted and effective."""

import shutil

import pytest

from src.errors import ConfigError
from src.plots import style
from src.runs import answers, describing
from src.settings.pictures import PNG
from tests.catalogue.attempts import as_parameter
from tests.catalogue.commands import Case, attempt, cases, composed, make_place, tree

CASES = list(cases())
MOST_IN_A_LINE = 500


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_place(folder)
    return folder


@pytest.fixture
def place(filled, tmp_path, monkeypatch):
    folder = shutil.copytree(filled, tmp_path / "place")
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture(autouse=True)
def _undrawn(monkeypatch):
    """Numbers show what a value does; drawing them takes most of the time."""
    monkeypatch.setattr(style, "to_png", lambda figure: (b"", (0, 0)))
    for room in (answers, describing):
        monkeypatch.setattr(room, "save", _save_empty)


def _save_empty(drawings, folder, loggers, pictures=PNG):
    """Write an empty file in place of each figure."""
    for drawing in drawings:
        folder.mkdir(exist_ok=True)
        (folder / f"{drawing.file_stem}{pictures.suffix}").touch()


@pytest.fixture(scope="module")
def references(filled, tmp_path_factory):
    """What each command leaves and prints with its defaults."""
    known = {}

    def reference(command, capsys):
        if command not in known:
            folder = shutil.copytree(filled, tmp_path_factory.mktemp(command) / "place")
            with pytest.MonkeyPatch.context() as patch:
                patch.chdir(folder)
                attempt(command, composed(command).copy())
            known[command] = tree(folder), capsys.readouterr().out
        return known[command]

    return reference


@pytest.mark.parametrize("case", [as_parameter(case) for case in CASES])
def test_a_value_of_a_command_is_refused_in_a_line_or_has_an_effect(case: Case, place, references, capsys):
    reference = references(case.command, capsys)
    before, verdict = tree(place), case.domain.verdict(case.value)
    try:
        attempt(case.command, case.configuration())
    except ConfigError as error:
        message = str(error)
        assert verdict is not True, message
        assert len(message.splitlines()) == 1
        assert len(message) < MOST_IN_A_LINE
        assert case.key in message or "folder" in message or "file" in message, message
        assert tree(place) == before, "refused too late"
        return
    assert verdict is not False
    if verdict is None and (case.domain.is_bound or case.value in (0, False, [], 1, True)):
        return
    assert (tree(place), capsys.readouterr().out) != reference
