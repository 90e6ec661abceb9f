"""Tables fit a terminal of 80 characters."""

from src.reporting.columns import aligned
from src.reporting.summary import metrics_table

NAMES = ("loss", "accuracy", "precision", "recall", "f1", "subset_accuracy", "roc_auc", "log_loss")
METRICS = {f"{split}/{name}": 0.25 for split in ("train", "val", "test") for name in NAMES}


def test_columns_that_do_not_fit_follow_below_beside_what_a_row_is():
    head = ["optimizer.lr", "seed", *(f"column {letter * 20}" for letter in "abcd")]
    first, second = (block.splitlines() for block in aligned([head, ["0.1", "3", *"wxyz"]], fixed=2).split("\n\n"))
    assert [line.split()[:2] for line in (*first, *second)] == [["optimizer.lr", "seed"], ["0.1", "3"]] * 2
    assert first[1].split()[2:] + second[1].split()[2:] == [*"wxyz"]
    assert max(map(len, (*first, *second))) <= 80


def test_a_column_wider_than_all_stands_alone():
    assert aligned([["lr", "a" * 90, "b" * 90], ["1", "2", "3"]]).count("\n\n") == 1


def test_many_metrics_are_rows_of_a_table_of_splits():
    head, *lines = metrics_table(METRICS, NAMES).splitlines()
    assert head.split() == ["train", "val", "test"]
    assert [line.split()[0] for line in lines] == [*NAMES]
    assert max(map(len, (head, *lines))) <= 80


def test_long_numbers_stand_apart():
    for names in (NAMES, NAMES[:4]):
        head, *lines = metrics_table(dict.fromkeys(METRICS, -49515.8203), names).splitlines()
        assert {len(line.split()) for line in lines} == {len(head.split()) + 1}


def test_few_metrics_are_columns():
    head, *lines = metrics_table(METRICS, NAMES[:5]).splitlines()
    assert head.split() == [*NAMES[:5]]
    assert [line.split()[0] for line in lines] == ["train", "val", "test"]
