"""Each key of the composed configuration with each kind of value: refused in a line, or accepted and effective."""

import pytest
import torch

from src.errors import ConfigError, TrainingDivergedError
from tests.catalogue.attempts import Case, as_parameter, attempt, cases, composed
from tests.command.place import give

CASES = list(cases())
REFUSED = [case for case in CASES if case.domain.verdict(case.value) is False]
ON_THE_COMMAND_LINE = REFUSED[:: len(REFUSED) // 35]
DAILY = [case for case in CASES if case.daily]
MOST_IN_A_LINE = 500


def undo_determinism():
    """Take back what `trainer.deterministic` sets for the whole process."""
    if torch.are_deterministic_algorithms_enabled():
        torch.use_deterministic_algorithms(False)  # imports PyTorch's compiler


@pytest.fixture(scope="module")
def references(tmp_path_factory):
    """The unchanged run of each composition, trained on first use."""
    known = {}

    def reference(name):
        if name not in known:
            undo_determinism()
            known[name] = attempt(composed(name).copy(), tmp_path_factory.mktemp(name))
        return known[name]

    return reference


@pytest.fixture
def working_folder(tmp_path_factory, monkeypatch):
    """The target of a value that is a path."""
    monkeypatch.chdir(tmp_path_factory.mktemp("working"))


@pytest.fixture(autouse=True)
def _as_before():
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)
    undo_determinism()


@pytest.mark.usefixtures("working_folder")
@pytest.mark.parametrize("case", [as_parameter(case) for case in CASES])
def test_a_value_is_refused_in_a_line_or_has_an_effect(case: Case, references, tmp_path):
    verdict = case.domain.verdict(case.value)
    try:
        done = attempt(case.configuration(), tmp_path)
    except ConfigError as error:
        message = str(error)
        assert verdict is not True, message
        assert len(message.splitlines()) == 1
        assert len(message) < MOST_IN_A_LINE
        assert case.is_named_in(message), message
        assert case.is_shown_in(message), message
        assert not list(tmp_path.iterdir()), "refused too late"
        return
    except TrainingDivergedError:
        assert verdict is None
        return
    assert verdict is not False
    if verdict is None and (case.value is None or case.domain.is_bound or case.value in (0, False, [], 1, True)):
        return  # as good as the key's own value
    assert case.seen_in(done, references(case.composition))


@pytest.mark.parametrize("case", ON_THE_COMMAND_LINE, ids=[case.name for case in ON_THE_COMMAND_LINE])
def test_a_command_with_such_a_value_ends_in_that_line_and_leaves_nothing(case: Case, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    assert give("train", case.words) == 2
    told = capfd.readouterr()
    assert told.err.startswith("config error: ")
    assert told.err.count("\n") == 1
    assert case.is_named_in(told.err), told.err
    assert not list(tmp_path.iterdir())


def test_the_catalogue_is_large():
    assert len(CASES) > 1500
    assert len(DAILY) > 600
    assert len(REFUSED) > 900
    assert sum(case.domain.verdict(case.value) is True for case in CASES) > 100
