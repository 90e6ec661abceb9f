"""Comparisons claim no more than their runs show: failures, splits, validation, differences, and two modes."""

import json
import math
import random
import statistics

import numpy as np
import pytest
from scipy import stats

from src.comparing.comparison import compare
from src.comparing.reading import read_runs
from src.comparing.report import cost
from src.errors import ConfigError
from tests.commands import run
from tests.comparing.made import DRAWN, FILE, ONE_SPLIT, made, sweep
from tests.comparing.test_comparison import make_run

GOOD = [0.91, 0.94, 0.90, 0.95, 0.93]
BETTER = [0.95, 0.99, 0.94, 0.98, 0.98]


def sentences(comparison):
    """What a comparison prints, on one line."""
    return " ".join(str(comparison).split())


def by_rate(comparison):
    return {row.values[0]: row for row in comparison.settings}


def verdicts_of(comparison):
    return {row.values[0]: it for row, it in zip(comparison.settings, comparison.verdicts, strict=True)}


# failed runs


def test_a_setting_of_which_six_of_eight_failed_is_last_and_shows_two_of_eight(tmp_path):
    for number, rate in enumerate([0.1] * 8 + [10] * 8):
        fine = rate == 0.1 or number in (8, 9)
        scores = {"val/accuracy": 0.95, "test/accuracy": 0.975 if rate == 10 else 0.96, "solved": True}
        make_run(tmp_path / str(number), [f"optimizer.lr={rate}", f"seed={number % 8}"], scores if fine else None)
    reasons = [f"#{number}: training diverged: the loss is nan\n" for number in range(10, 16)]
    (tmp_path / "failures.txt").write_text("".join(reasons))
    (tmp_path / "multirun.yaml").write_text("")
    done = run(["src.compare", f"sweep={tmp_path}", "boundaries=0"])
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert [row[0] for row in rows[3:5]] == ["0.1", "10"]
    assert "optimizer.lr=10: 6 of 8 failed (training diverged: the loss is nan)" in done.stdout
    last = json.loads((tmp_path / "compare.json").read_text())["settings"][1]
    assert (last["runs"], last["failed"], last["unfinished"], last["success_rate"]) == (2, 6, 0, 0.25)
    wilson = stats.binomtest(2, 8).proportion_ci(method="wilson")
    assert (last["success_low"], last["success_high"]) == pytest.approx(tuple(wilson))
    assert "25% (2/8) [7%, 59%]" in done.stdout
    assert last["verdict"] == "worse"  # 2 of 8 against 8 of 8: Fisher's p is 0.007


def test_a_full_disk_says_nothing_of_a_setting(tmp_path):
    for number in range(3):
        make_run(tmp_path / str(number), [f"seed={number}"], {"test/accuracy": 0.9} if number else None)
    (tmp_path / "failures.txt").write_text("#0: disk error: metrics.csv: No space left on device; make room\n")
    (row,) = compare(read_runs([tmp_path])).settings
    assert (len(row.failed), row.num_unfinished) == (0, 1)


def test_a_run_that_failed_and_then_finished_has_not_failed(tmp_path):
    make_run(tmp_path / "0", ["seed=0"], {"test/accuracy": 0.9})
    (tmp_path / "failures.txt").write_text("#0: training diverged: the loss is nan\n")
    assert read_runs([tmp_path])[0].failure is None


def test_a_setting_with_a_failed_run_is_never_better_by_the_mean_of_the_others():
    comparison = compare(sweep({0.1: GOOD, 1.0: [*BETTER[:4], None]}))
    assert verdicts_of(comparison)[1.0].word == "undecided"
    assert [row.values[0] for row in comparison.settings] == [0.1, 1.0]


# splits and seeds


def test_seeds_are_averaged_within_their_split_and_splits_are_counted():
    runs = [
        made(FILE, {"data.split_seed": split, "seed": seed}, {"test/accuracy": 0.7 + split / 10 + seed / 100})
        for split in range(3)
        for seed in range(4)
    ]
    (row,) = compare(runs).settings
    means = [0.7 + split / 10 + 0.015 for split in range(3)]
    assert list(row.units.values()) == pytest.approx(means)
    corrected = stats.t.ppf(0.975, 2) * statistics.stdev(means) * math.sqrt(1 / 3 + 0.2 / 0.7)
    assert row.half_width == pytest.approx(corrected)
    assert row.ends[1] == 1  # the range of an accuracy
    assert "3 splits of one table, each the mean of 4 seeds, with Nadeau and Bengio's correction" in sentences(
        compare(runs)
    )


def of_folds(score, rates=(0.1,), repetitions=1, seeds=1, folds=5, config=FILE, given=("data.split_seed", "seed")):
    """A run for each learning rate, repetition, fold and seed; `score` takes these four."""
    return [
        made(
            config,
            {"optimizer.lr": rate, given[0]: split, "data.folds": folds, "data.fold": fold, given[1]: seed},
            {"test/accuracy": score(rate, split, fold, seed), "val/accuracy": 0.5},
        )
        for rate in rates
        for split in range(repetitions)
        for fold in range(folds)
        for seed in range(seeds)
    ]


def test_folds_repeat_a_setting_and_are_counted_with_their_repetitions_not_with_their_seeds():
    def score(rate, split, fold, seed):
        return 0.7 + split / 100 + fold / 20 + seed / 1000

    (row,) = compare(of_folds(score, repetitions=3, seeds=4)).settings
    means = [0.7 + split / 100 + fold / 20 + 0.0015 for split in range(3) for fold in range(5)]
    assert list(row.units.values()) == pytest.approx(means)
    corrected = stats.t.ppf(0.975, 14) * statistics.stdev(means) * math.sqrt(1 / 15 + 0.2 / 0.7)
    assert row.half_width == pytest.approx(corrected)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "over 5 folds of one table, with Nadeau and Bengio's correction"),
        ({"seeds": 20}, "over 5 folds of one table, each the mean of 20 seeds, with Nadeau and Bengio's correction"),
        ({"repetitions": 2}, "over 10 splits of one table, 5 folds in 2 repetitions, with"),
        (
            {"repetitions": 2, "config": DRAWN, "given": ("data.seed", "seed")},
            "over 10 splits of 2 generated data sets, 5 folds each, with",
        ),
    ],
)
def test_the_table_says_how_many_folds_and_repetitions_it_counts(settings, words):
    assert words in sentences(
        compare(of_folds(lambda rate, split, fold, seed: 0.7 + fold / 20 + split / 100, **settings))
    )


def test_a_sweep_that_has_not_seen_every_fold_says_so():
    runs = of_folds(lambda rate, split, fold, seed: 0.7 + fold / 20)
    assert "over 3 of 5 folds of one table" in sentences(compare(runs[:3]))


def test_differences_are_paired_by_fold_with_seeds_averaged_first():
    stream = random.Random(0)
    noise = {fold: stream.gauss(0, 0.1) for fold in range(5)}
    gain = {fold: 0.03 + stream.gauss(0, 0.005) for fold in range(5)}
    runs = of_folds(
        lambda rate, split, fold, seed: 0.6 + noise[fold] + (rate == 0.3) * gain[fold] + seed / 1000,
        rates=(0.1, 0.3),
        seeds=3,
    )
    comparison = compare(runs)
    verdict = verdicts_of(comparison)[0.3]
    gains = list(gain.values())
    half = stats.t.ppf(0.975, 4) * statistics.stdev(gains) * math.sqrt(1 / 5 + 0.2 / 0.7)
    assert verdict.value == pytest.approx(statistics.fmean(gains))
    assert verdict.ends == pytest.approx((statistics.fmean(gains) - half, statistics.fmean(gains) + half))
    assert comparison.keys == ["optimizer.lr"]


def test_numbers_of_folds_are_settings_and_share_no_fold():
    runs = of_folds(lambda *_: 0.7) + of_folds(lambda *_: 0.8, folds=10)
    comparison = compare(runs)
    assert comparison.keys == ["data.folds"]
    assert {len(row.units) for row in comparison.settings} == {5, 10}
    assert not set(comparison.settings[0].units) & set(comparison.settings[1].units)


def test_more_seeds_of_the_same_splits_do_not_narrow_the_interval():
    def width(num_seeds):
        runs = [
            made(FILE, {"data.split_seed": split, "seed": seed}, {"test/accuracy": 0.7 + split / 20})
            for split in range(3)
            for seed in range(num_seeds)
        ]
        return compare(runs).settings[0].half_width

    assert width(20) == pytest.approx(width(1))


def test_the_correction_counts_the_rows_that_were_tested():
    counts = {"test/confusion_matrix": [[10, 0], [5, 15]], "train/confusion_matrix": [[40, 0], [20, 0]]}
    runs = [made(FILE, {"seed": seed}, {"test/accuracy": number, **counts}) for seed, number in enumerate(GOOD)]
    (row,) = compare(runs).settings
    half = stats.t.ppf(0.975, 4) * statistics.stdev(GOOD) * math.sqrt(1 / 5 + 30 / 60)
    assert row.half_width == pytest.approx(half)


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (DRAWN, "5 independently generated data sets, Student's t"),
        (ONE_SPLIT, "5 seeds of one split, Student's t; says nothing about other rows"),
        (FILE, "5 splits of one table, with Nadeau and Bengio's correction"),
        ({"data": {**FILE["data"], "split_column": "part"}}, "5 seeds of one split"),
        ({"data": {**FILE["data"], "split": "time"}}, "5 seeds of one split"),
        ({"data": {"_target_": "mypkg.Rows", "split_seed": "${seed}"}}, "5 splits of one table"),
    ],
)
def test_the_table_says_which_interval_it_is(config, words):
    comparison = compare(sweep({0.1: GOOD}, config))
    assert words in sentences(comparison)
    if "Student" in words:
        low, high = stats.t.interval(0.95, 4, loc=statistics.fmean(GOOD), scale=stats.sem(GOOD))
        assert comparison.settings[0].ends == pytest.approx((low, high))


def test_two_runs_are_points_and_equal_runs_no_certainty():
    rows = by_rate(compare(sweep({0.1: [0.9, 0.8], 0.2: [1.0, 1.0, 1.0], 0.3: [0.7]})))
    assert [rows[rate].ends for rate in (0.1, 0.2, 0.3)] == [None] * 3
    text = sentences(compare(sweep({0.1: [0.9, 0.8], 0.2: [1.0, 1.0, 1.0], 0.3: [0.7]})))
    assert "0.8500 (0.9000 and 0.8000)" in text
    assert "1.0000 (all 3 alike)" in text


def test_losses_stay_above_nothing():
    (row,) = compare(sweep({0.1: [0.001, 0.002, 0.1]}, metric="test/loss"), "test/loss").settings
    assert row.ends[0] == 0


def test_solved_or_stuck_is_recognised():
    stuck = [0.99, 0.98, 0.75, 0.99, 1.0, 0.5, 0.99, 0.98]
    text = sentences(compare(sweep({0.1: stuck}, solved=0.95)))
    assert f"{statistics.fmean(stuck):.4f} (two modes: read the share)" in text
    wilson = stats.binomtest(6, 8).proportion_ci(method="wilson")
    assert f"75% (6/8) [{wilson.low:.0%}, {wilson.high:.0%}]" in text
    assert not compare(sweep({0.1: GOOD}, solved=0.925)).settings[0].two_modes


# the choice of a setting


def test_validation_chooses_and_test_reports():
    scores = {0.1: [(0.90, 0.95), (0.91, 0.96), (0.90, 0.97)], 1.0: [(0.95, 0.90), (0.96, 0.91), (0.94, 0.90)]}
    comparison = compare(sweep(scores))
    assert str(comparison).startswith("ranked by mean val/accuracy, reported on test/accuracy\n")
    assert [row.values[0] for row in comparison.settings] == [1.0, 0.1]
    assert comparison.settings[0].mean == pytest.approx(statistics.fmean([0.90, 0.91, 0.90]))
    by_test = compare(sweep(scores), rank_by="test")
    assert str(by_test).startswith("ranked by mean test/accuracy itself, so the first row is optimistic\n")
    assert [row.values[0] for row in by_test.settings] == [0.1, 1.0]


def test_runs_without_a_validation_score_are_ranked_by_test_which_the_heading_says():
    runs = [made(DRAWN, {"seed": seed}, {"test/accuracy": number}) for seed, number in enumerate(GOOD)]
    assert "ranked by mean test/accuracy itself" in sentences(compare(runs))


def test_a_loss_ranks_from_below():
    scores = {0.1: [(0.5, 0.3)] * 3, 1.0: [(0.2, 0.4)] * 3}
    comparison = compare(sweep(scores, metric="test/loss"), "test/loss")
    assert [row.values[0] for row in comparison.settings] == [1.0, 0.1]


# differences


def test_a_difference_is_paired_by_seed_and_corrected_by_holm():
    scores = {0.1: GOOD, 0.5: BETTER, 1.0: [0.90, 0.95, 0.91, 0.94, 0.92]}
    found = verdicts_of(compare(sweep(scores)))
    paired = stats.ttest_rel(BETTER, GOOD)
    other = stats.ttest_rel(scores[1.0], GOOD)
    ends = paired.confidence_interval()
    assert found[0.1].word == "reference"
    assert (found[0.5].word, found[1.0].word) == ("better", "undecided")
    assert found[0.5].ends == pytest.approx((ends.low, ends.high))
    assert found[0.5].p == pytest.approx(2 * min(paired.pvalue, other.pvalue))
    assert found[1.0].p == pytest.approx(max(2 * paired.pvalue, other.pvalue))


def test_a_difference_of_splits_of_one_table_is_corrected():
    found = verdicts_of(compare(sweep({0.1: GOOD, 0.5: BETTER}, FILE)))[0.5]
    differences = [b - a for a, b in zip(GOOD, BETTER, strict=True)]
    half = stats.t.ppf(0.975, 4) * statistics.stdev(differences) * math.sqrt(1 / 5 + 0.2 / 0.7)
    assert found.ends[1] - found.value == pytest.approx(half)


def test_settings_without_a_shared_seed_are_compared_all_the_same():
    runs = sweep({0.1: GOOD}) + [
        made(DRAWN, {"optimizer.lr": 0.5, "seed": 100 + i}, {"val/accuracy": x, "test/accuracy": x})
        for i, x in enumerate(BETTER)
    ]
    welch = stats.ttest_ind(BETTER, GOOD, equal_var=False)
    assert verdicts_of(compare(runs))[0.5].p == pytest.approx(welch.pvalue)


def test_equal_needs_the_whole_interval():
    near = [number + 0.001 * (-1) ** place for place, number in enumerate(GOOD)]
    assert verdicts_of(compare(sweep({0.1: GOOD, 0.5: near})))[0.5].word == "equal"
    assert verdicts_of(compare(sweep({0.1: GOOD, 0.5: near}), rope=0.001))[0.5].word == "undecided"
    assert verdicts_of(compare(sweep({0.1: GOOD, 0.5: near[:2]})))[0.5].word == "undecided"  # two pairs


def test_a_smaller_loss_is_better():
    losses = {rate: [1 - x for x in numbers] for rate, numbers in {0.1: GOOD, 0.5: BETTER}.items()}
    found = verdicts_of(compare(sweep(losses, metric="test/loss"), "test/loss"))[0.5]
    assert (found.word, found.value < 0) == ("better", True)


def test_the_reference_can_be_named_and_the_sentence_about_the_chosen_one_says_what_it_is():
    runs = sweep({0.1: GOOD, 0.5: BETTER})
    assert "optimizer.lr=0.5, which validation chose, is better than the reference: +0.0420 [" in sentences(
        compare(runs)
    )
    other = compare(runs, reference="optimizer.lr=0.5")
    assert "optimizer.lr=0.5, which validation chose, is the reference; of the others: 1 worse" in sentences(other)
    with pytest.raises(ConfigError, match=r"reference: no setting has optimizer.lr=3; name one of optimizer.lr=0.5; "):
        compare(runs, reference="optimizer.lr=3")


def test_solved_or_stuck_settings_are_compared_by_their_shares():
    stuck, solved = [0.75] * 7 + [0.99], [0.98, 0.99] * 4
    found = verdicts_of(compare(sweep({0.1: stuck, 0.5: solved}, solved=0.95)))[0.5]
    assert (found.word, found.shares) == ("better", True)
    assert found.p == pytest.approx(stats.fisher_exact([[8, 0], [1, 7]]).pvalue)


def test_a_single_setting_has_no_differences():
    comparison = compare(sweep({0.1: GOOD}))
    assert comparison.verdicts == []
    assert "reference" not in sentences(comparison)


def test_the_cost_of_a_sweep_is_that_of_all_its_runs():
    assert cost(compare(sweep({0.1: GOOD, 0.5: BETTER})).settings) == "cost: 10 runs, 10.00 s of training"
    with_failed = compare(sweep({0.1: [*GOOD, None]})).settings
    assert (
        cost(with_failed)
        == "cost: 6 runs, 5.00 s of training; the time of 1 others, which have no scores, is not known"
    )


@pytest.mark.parametrize("config", [DRAWN, FILE])
def test_sweeps_without_a_difference_are_seldom_said_to_have_one(config):
    generator = np.random.default_rng(0)
    said = 0
    for _ in range(60):
        scores = generator.normal(0.8, 0.02, size=(4, 6))
        comparison = compare(sweep(dict(enumerate(scores.tolist())), config))
        said += any(each.word in ("better", "worse") for each in comparison.verdicts)
    assert said <= 8  # 5 % of 60 are 3, and three Monte Carlo errors 5
