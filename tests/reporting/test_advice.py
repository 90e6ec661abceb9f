"""What a run that missed its target suggests to try."""

import pytest

from src.reporting.advice import advice

RULE = {"metric": "test/accuracy", "at_least": 0.9, "at_most": None}
FALLING, FLAT = [1.0, 0.8, 0.6, 0.4, 0.2], [1.0, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("train", "losses", "is_linear", "tries"),
    [
        (0.5, FALLING, False, "trainer.max_epochs=10, "),
        (0.5, FALLING, True, "trainer.max_epochs=10, "),  # a line, too, wants the time to find its place
        (0.95, FLAT, False, "more rows or optimizer.weight_decay=0.01, "),
        (0.5, FLAT, True, "network=mlp network.activation=tanh, "),
        (0.5, FLAT, False, "another optimizer.lr or seed, "),
        (0.5, [], False, "another optimizer.lr or seed, "),
    ],
)
def test_it_follows_from_the_curves_and_the_scores(train, losses, is_linear, tries):
    assert advice({"epochs": 5, "train/accuracy": train}, RULE, losses, is_linear).startswith(tries)


@pytest.mark.parametrize(
    ("epochs", "tries"), [(1, "trainer.max_epochs=10, since 1 epoch is few"), (4, "trainer.max_epochs=40, ")]
)
def test_few_epochs_are_too_few_to_tell(epochs, tries):
    assert advice({"epochs": epochs}, RULE, FLAT[:epochs], is_linear=True).startswith(tries)


def test_an_error_that_should_be_small_is_reached_from_above():
    rule = {"metric": "test/rmse", "at_least": None, "at_most": 0.1}
    assert advice({"epochs": 5, "train/rmse": 0.05}, rule, FLAT, is_linear=False).startswith("more rows")
    assert advice({"epochs": 5, "train/rmse": 0.2}, rule, FLAT, is_linear=False).startswith("another")


def test_a_score_that_training_rows_do_not_have_gives_no_reason():
    assert advice({"epochs": 5}, RULE, FLAT, is_linear=False).startswith("another")
