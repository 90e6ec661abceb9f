"""Checks say what is wrong with an answer, and give nothing away."""

import pytest
import torch

from src import lab
from src.errors import ConfigError
from src.lab.exercises.hints import difference


@pytest.mark.parametrize(
    ("answer", "right", "hint"),
    [
        (2.0, 2.0, None),
        (4.0, 2.0, "too large by a factor of 2"),
        (0.02, 2.0, "too small by a factor of 100"),
        (-20.0, 2.0, "too large by a factor of 10, and the sign is wrong"),
        (5.0, 2.0, "too large"),  # by a factor that would tell the answer
        (1.3, 2.0, "too small"),
        (0.3, 0.7, "that is the share of all the others"),
        (16, 17, "off by one"),
        (float("nan"), 2.0, "is not finite: somewhere it became infinite or NaN"),
        ("two", 2.0, "should be a number, not a str"),
        ([1.0, 2.0, 3.0], [2.0, 4.0, 6.0], "too small by a factor of 2"),
        ([1.0, 2.0, 4.0], [4.0, 1.0, 2.0], "these are the right numbers in a different order"),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 3.0], [2.0, 4.0]], "these are the right numbers in a different order"),
        ([1.0, 2.0, 5.0], [1.0, 2.0, 3.0], "1 of 3 numbers are wrong, the first at 2"),
        ([1.0, 2.0], [1.0, 2.0, 3.0], "has the shape [2], but should have [3]"),
    ],
)
def test_a_difference_is_named_by_what_explains_it(answer, right, hint):
    assert difference(answer, right, 0.005) == hint


def test_a_factor_is_named_whole_for_what_code_returns():
    assert difference(160.0, 2.0, 0.005) == "too large"
    assert difference(160.0, 2.0, 0.005, of_code=True) == "too large by a factor of 80"


def test_an_answer_that_is_not_there_yet_is_neither_right_nor_wrong():
    verdict = lab.check("1.4", ...)
    assert (verdict.right, bool(verdict)) == (None, False)
    assert repr(verdict) == "… 1.4: no answer yet; replace the ... above"
    assert repr(lab.check("1.4", 0.6931)) == "✓ 1.4: right"
    assert repr(lab.check("1.4", 0.5)) == "✗ 1.4: not yet; that is the probability, not its cost"


def test_code_that_fails_says_how():
    def unfinished(x, weights, bias):
        return ...

    def broken(x, weights, bias):
        return x @ weigths  # noqa: F821

    def in_place(x, weights, bias):
        return torch.sigmoid(x.mul_(2) @ weights + bias)

    def forgotten(x, weights, bias):
        torch.sigmoid(x @ weights + bias)

    assert repr(lab.check("1.2", unfinished)) == "… 1.2: no answer yet; replace the ... above"
    assert lab.check("1.2", forgotten).hint == "returns nothing; end it with return …"
    assert lab.check("1.2", broken).hint == "raises NameError: name 'weigths' is not defined"
    assert lab.check("1.2", 3).hint == "should be a function, not a int"
    assert not lab.check("1.2", in_place)
    assert lab.check("1.2", lambda x, weights, bias: torch.sigmoid((x * weights).sum(dim=1) + bias))


def test_an_exercise_that_there_is_not_is_refused_by_the_nearest_name():
    with pytest.raises(
        ConfigError, match=r"^exercise: there is no exercise 'quiz1'; did you mean quiz.1\? choose from 1.1, "
    ):
        lab.check("quiz1", "a")
