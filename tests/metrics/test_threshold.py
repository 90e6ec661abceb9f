"""A threshold is the best that the rows allow, and survives rounding."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from src.errors import ConfigError
from src.metrics.threshold import Rule, choose_threshold, parse_rule


def rows(num_rows=120, seed=0, ties=False):
    generator = torch.Generator().manual_seed(seed)
    y = (torch.rand(num_rows, generator=generator) < 0.3).long()
    p = (torch.randn(num_rows, generator=generator) + 2 * (y - 0.5)).sigmoid()
    return ((p * 9).round() / 9 if ties else p), y


def best_of_all(score, p, y):
    """By brute force: the highest score of any cut between two probabilities."""
    return max(score(y, (p >= cut).long()) for cut in p.unique() if cut > 0)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0.3", Rule("number", 0.3)),
        (0.3, Rule("number", 0.3)),
        (" 5e-1 ", Rule("number", 0.5)),
        ("f1", Rule("f1")),
        ("youden", Rule("youden")),
        ("precision>=0.95", Rule("precision", 0.95)),
        ("recall >= 0.9", Rule("recall", 0.9)),
        ("precision >=1", Rule("precision", 1.0)),
    ],
)
def test_a_rule_is_read(text, rule):
    assert parse_rule(text) == rule
    assert parse_rule(str(rule)) == rule


@pytest.mark.parametrize(
    "text", ["abc", "", "0", "1", 1.0, -0.1, "nan", "inf", "precision>=1.5", "recall>=0", "recall>=x", "f1>=0.5",
             "precision>0.9", "precision", "recall>=nan", True, None]
)  # fmt: skip
def test_another_text_is_refused_with_the_choices(text):
    message = f"threshold: should be a number between 0 and 1, f1, youden, precision>=X or recall>=X (got {text!r})"
    with pytest.raises(ConfigError) as caught:
        parse_rule(text)
    assert str(caught.value) == message


def test_a_number_is_itself_whatever_the_rows():
    assert choose_threshold(Rule("number", 0.3), torch.tensor([0.9]), torch.tensor([1])) == 0.3


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_no_threshold_has_a_higher_f1_or_youden(seed, ties):
    p, y = rows(seed=seed, ties=ties)
    for name, score in (("f1", sk.f1_score), ("youden", lambda y, t: sk.balanced_accuracy_score(y, t, adjusted=True))):
        chosen = choose_threshold(parse_rule(name), p, y)
        assert score(y, (p >= chosen).long()) == pytest.approx(best_of_all(score, p, y), abs=1e-12)


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("wish", [("precision", "recall"), ("recall", "precision")])
def test_a_wish_is_reached_at_the_least_cost(wish, ties):
    p, y = rows(ties=ties)
    score = {"precision": sk.precision_score, "recall": sk.recall_score}
    wanted, other = (score[name] for name in wish)
    predictions = (p >= choose_threshold(parse_rule(f"{wish[0]}>=0.85"), p, y)).long()
    assert wanted(y, predictions) >= 0.85
    assert other(y, predictions) == best_of_all(lambda y, t: other(y, t) if wanted(y, t) >= 0.85 else 0, p, y)


def test_among_the_same_recall_the_higher_precision_is_taken():
    p, y = torch.tensor([0.9, 0.8, 0.6, 0.35]), torch.tensor([1, 1, 0, 0])
    assert choose_threshold(parse_rule("precision>=0.6"), p, y) == pytest.approx(0.7)  # though 0.475 is nearer to 0.5


def test_equal_thresholds_give_the_nearest_to_a_half():
    p, y = torch.tensor([0.9, 0.8, 0.7, 0.05]), torch.tensor([1, 0, 1, 0])
    assert choose_threshold(parse_rule("youden"), p, y) == pytest.approx(0.375)  # 1 − 1/2, as 1/2 − 0 at 0.85
    p, y = torch.tensor([0.95, 0.9, 0.6, 0.5, 0.1]), torch.tensor([1, 0, 0, 1, 0])
    assert choose_threshold(parse_rule("f1"), p, y) == pytest.approx(0.3)  # 2/3, as at 0.925


def test_a_threshold_lies_midway_between_two_probabilities():
    p, y = torch.tensor([0.2, 0.4, 0.8]), torch.tensor([0, 0, 1])
    assert choose_threshold(parse_rule("f1"), p, y) == pytest.approx(0.6)
    assert choose_threshold(parse_rule("f1"), p, torch.tensor([1, 1, 0])) == pytest.approx(0.1)  # all rows: below 0.2


@pytest.mark.parametrize("p", [[0.0, 1.0], [0.0, 1e-30], [1.0, 1.0], [1.0, 0.99999994], [0.5, 0.50000006]])
@pytest.mark.parametrize("labels", [[0, 1], [1, 0]])
@pytest.mark.parametrize("rule", ["f1", "youden", "recall>=0.5"])
def test_a_threshold_stays_inside_and_flips_no_row_in_float32(p, labels, rule):
    p, y = torch.tensor(p), torch.tensor(labels)
    if rule == "recall>=0.5" and p[y == 1].item() == 0:
        with pytest.raises(ConfigError, match=r"the best is 0\); lower it"):
            choose_threshold(parse_rule(rule), p, y)
        return
    chosen = choose_threshold(parse_rule(rule), p, y)
    assert 0 < chosen < 1
    in_float64 = p.double() >= chosen
    assert (p >= torch.tensor(chosen, dtype=torch.float32)).tolist() == in_float64.tolist()
    assert in_float64.any()


def test_neighbours_in_float32_are_told_apart():
    ladder = [np.float32(0.5)]
    for _ in range(6):
        ladder.append(np.nextafter(ladder[-1], np.float32(1)))
    p = torch.tensor(np.array(ladder))
    for cut in range(1, 7):
        y = (torch.arange(7) >= cut).long()
        chosen = choose_threshold(parse_rule("f1"), p, y)
        assert (p >= torch.tensor(chosen, dtype=torch.float32)).long().tolist() == y.tolist()


def test_rows_that_float32_cannot_tell_apart_stay_together():
    p = torch.tensor([0.5, 0.5 + 1e-10], dtype=torch.float64)
    chosen = choose_threshold(parse_rule("f1"), p, torch.tensor([0, 1]))
    assert chosen == pytest.approx(0.25)


def test_an_unreachable_wish_names_the_best():
    p, y = torch.tensor([0.9, 0.8, 0.7, 0.6]), torch.tensor([0, 1, 1, 0])
    with pytest.raises(ConfigError) as caught:
        choose_threshold(parse_rule("precision >= 0.99"), p, y)
    assert str(caught.value) == (
        "threshold: no threshold reaches precision>=0.99 on these rows (the best is 0.6667); lower it"
    )
    assert choose_threshold(parse_rule("precision>=0.66"), p, y) == pytest.approx(0.65)


@pytest.mark.parametrize("rule", ["f1", "youden", "precision>=0.5", "recall>=0.5"])
@pytest.mark.parametrize("label", [0, 1])
def test_rows_of_one_class_are_refused(rule, label):
    with pytest.raises(ConfigError) as caught:
        choose_threshold(parse_rule(rule), torch.tensor([0.2, 0.7]), torch.tensor([label, label]))
    assert str(caught.value) == (
        f"threshold: {rule} needs rows of both classes (got only class {label}); give a number instead"
    )
