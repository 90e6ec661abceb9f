"""Figures during training: none is lost if a run is interrupted before it has drawn them."""

import pytest

from src.heads.base import Head

WORDS = ("data.num_train=300", "trainer.max_epochs=8", "callbacks.figures.every_n_epochs=2", "optimizer=adam")


class BrokenOffError(Exception):
    """What stands for a kill."""


@pytest.mark.parametrize("words", [(), ("network.batch_norm=true", "data.batch_size=30")])
def test_figures_that_waited_when_a_run_was_broken_off_are_drawn_when_it_is_resumed(
    words, train_with_figures, monkeypatch
):
    words = (*WORDS, *words)
    whole = train_with_figures(*words, folder="whole").folder / "plots"

    def begin(head):
        if head.current_epoch == 4:
            raise BrokenOffError

    with monkeypatch.context() as patch:
        patch.setattr(Head, "on_train_epoch_start", begin, raising=False)
        with pytest.raises(BrokenOffError):
            train_with_figures(*words, folder="parts")
    resumed = train_with_figures(*words, "resume=parts", folder="parts").folder / "plots"
    names = {path.name for path in whole.iterdir()}
    assert {"confusion_matrix_epoch00002.png", "confusion_matrix_epoch00004.png"} <= names
    assert {path.name for path in resumed.iterdir()} == names
    for name in names:
        assert (resumed / name).read_bytes() == (whole / name).read_bytes(), name
