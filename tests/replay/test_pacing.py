"""Pacing: which epochs are recorded, which are shown, and for how long."""

from itertools import pairwise

import pytest
import torch

from src.replay.pacing import durations, paced, spread


@pytest.mark.parametrize(
    ("first", "last", "count"), [(0, 200, 60), (0, 1000, 240), (20, 40, 10), (0, 3, 10), (5, 6, 2)]
)
def test_spread_has_both_ends_and_grows_sparser(first, last, count):
    epochs = spread(first, last, count)
    assert (epochs[0], epochs[-1]) == (first, last)
    assert len(epochs) == min(count, last - first + 1)
    gaps = [later - earlier for earlier, later in pairwise(epochs)]
    assert gaps[0] == 1
    assert all(later >= earlier - 1 for earlier, later in pairwise(gaps))  # but for rounding


def test_one_picture_is_the_last():
    assert spread(0, 200, 1) == [200]
    assert paced(torch.tensor([0.0, 1.0, 1.0]), 1) == [2]
    assert durations(torch.tensor([0.0])) == [2.0]


def test_moments_of_even_change_are_taken_evenly():
    assert paced(torch.tensor([0.0] + [1.0] * 100), 11) == list(range(0, 101, 10))


def test_moments_gather_where_much_happens():
    changes = torch.zeros(101)
    changes[40:60] = 1.0
    chosen = paced(changes, 20)
    assert (chosen[0], chosen[-1]) == (0, 100)
    assert sum(40 <= place < 60 for place in chosen) > 10


@pytest.mark.parametrize("changes", [[0.0, 5.0, 0.0, 0.0], [0.0] * 4, [0.0, 0.0, 0.0, 1e9]])
def test_every_moment_is_shown_once_where_there_are_few(changes):
    assert paced(torch.tensor(changes), 10) == [0, 1, 2, 3]


def test_movie_lasts_about_six_seconds_and_its_end_is_held():
    seconds = durations(torch.tensor([0.0] + [1.0] * 59))
    assert sum(seconds[:-1]) == pytest.approx(6, rel=0.1)
    assert seconds[-1] == 2.0


def test_great_changes_are_shown_longer_than_small_ones():
    seconds = durations(torch.tensor([0.0, 10.0, 10.0] + [0.1] * 40))
    assert seconds[1] == seconds[2] == 0.5
    assert seconds[10] < 0.1
