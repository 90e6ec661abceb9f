"""Members of an ensemble: which rows each validates on, and what each learns only from its own training rows."""

import numpy as np
import pytest
import torch

from src.data.members import held_out
from src.data.tabular.bundled import BundledTable
from src.data.tabular.file import TableFile
from src.errors import ConfigError

ROWS = 80


@pytest.fixture
def plants(tmp_path):
    """A table with missing numbers, and a colour that only one row has."""
    stream = np.random.default_rng(0)
    lines = ["size,weight,colour,kind"]
    for row in range(ROWS):
        colour = "pink" if row == 17 else ("red", "blue", "green")[row % 3]
        weight = "" if row % 9 == 0 else f"{stream.normal(3e7, 5):.1f}"
        lines.append(f"{stream.normal(5, 2):.3f},{weight},{colour},{('oak', 'elm')[stream.integers(2)]}")
    path = tmp_path / "plants.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def shared(path, members, **settings):
    data = TableFile(path=str(path), target="kind", types="auto", **settings)
    data.divide_among(members)
    _ = data.splits
    return data


@pytest.mark.parametrize(("members", "folds"), [(2, 2), (5, 5), (8, 8), (16, 8), (11, 8)])
def test_each_row_is_held_out_from_one_member_of_each_repetition(members, folds):
    labels = torch.arange(90) % 3
    held = held_out(members, seed=1, num_rows=90, labels=labels, groups=None)
    assert held.shape == (90, members)
    for start in range(0, members, folds):
        whole = held[:, start : start + folds]
        if whole.shape[1] == folds:
            assert (whole.sum(dim=1) == 1).all()
    sizes = [torch.bincount(labels[column], minlength=3) for column in held.T]
    assert max((each.max() - each.min()).item() for each in sizes) <= 1  # classes in equal shares
    assert all((one != other).any() for one, other in zip(held.T, held.T[folds:], strict=False))


def test_groups_stay_whole_and_few_of_them_make_few_folds():
    groups = torch.arange(60) // 15
    held = held_out(16, seed=0, num_rows=60, labels=None, groups=groups)
    assert all(len(groups[column].unique()) == 1 for column in held.T)
    assert all((held[groups == group].all(dim=0) | ~held[groups == group].any(dim=0)).all() for group in range(4))
    with pytest.raises(ConfigError, match="one group outside the test split cannot be divided"):
        held_out(4, seed=0, num_rows=9, labels=None, groups=torch.zeros(9, dtype=torch.long))


def test_members_share_all_rows_that_are_not_tested(plants):
    data, plain = shared(plants, 8), TableFile(path=str(plants), target="kind", types="auto")
    _ = plain.splits
    own, usual = data.identity.places, plain.identity.places
    assert own["test"].tolist() == usual["test"].tolist()
    assert own["train"].tolist() == own["val"].tolist() == sorted([*usual["train"], *usual["val"]])
    assert not data.validates_on_training
    assert data.splits.train.x is data.splits.val.x


def test_each_member_scales_and_fills_by_its_own_training_rows(plants):
    data = shared(plants, 8)
    raw, trained = data.splits.train.x, data.voices("train")
    seen = data.seen("train", slice(None))
    assert seen.shape == (len(raw), 8, raw.shape[1])
    weight = data.feature_names.index("weight")
    for member in range(8):
        cells = raw[trained[:, member], weight].double().numpy()
        filled = np.where(np.isnan(cells), np.nanmedian(cells), cells)
        everyone = raw[:, weight].double().numpy()
        everyone = np.where(np.isnan(everyone), np.nanmedian(cells), everyone)
        expected = (everyone - filled.mean()) / filled.std()
        np.testing.assert_allclose(seen[:, member, weight], expected, atol=1e-5)


def test_a_category_is_an_input_of_those_members_alone_whose_training_rows_have_it(plants):
    data = shared(plants, 8, test_fraction=0.1, split_seed=4)
    assert 17 in data.identity.places["train"]
    place = data.feature_names.index("colour=pink")
    (row,) = data.splits.train.x[:, place].nonzero().flatten().tolist()
    sees = data.seen("train", slice(None))[row, :, place]
    assert sees.tolist() == data.voices("train")[row].float().tolist()
    assert sees.sum() == 7


def test_what_members_learnt_comes_back_from_a_checkpoint(plants):
    data = shared(plants, 5)
    again = TableFile(path=str(plants), target="kind", types="auto")
    again.load_state_dict(data.state_dict())
    assert again.members == 5
    for split in ("train", "val", "test"):
        assert torch.equal(again.seen(split, slice(None)), data.seen(split, slice(None)))
        voices = data.voices(split)
        assert voices is None if split == "test" else torch.equal(again.voices(split), voices)


def test_pooled_categories_are_told_apart(tmp_path):
    """With more than 64 categories the rarer ones share an input, and which these are differs between members."""
    path = tmp_path / "many.csv"
    lines = [f"{number % 97 if number % 3 else 'common'},{number % 2}" for number in range(600)]
    path.write_text("\n".join(["town,kind", *(f"t{line}" for line in lines)]) + "\n")
    data = shared(path, 4)
    assert len(set(data.feature_names)) == len(data.feature_names)
    assert (data.seen("train", slice(None)).sum(dim=2) <= 1).all()
    trained = data.voices("train")
    assert (data.seen("train", slice(None)).sum(dim=2)[trained] == 1).all()  # a row is one of its member's categories


def test_a_single_network_would_see_something_in_the_middle():
    data = BundledTable(name="iris")
    data.divide_among(4)
    x = data.plain("train", slice(None))
    assert x.shape == (120, 4)
    torch.testing.assert_close(x.mean(dim=0), torch.zeros(4), atol=1e-5, rtol=0)
    torch.testing.assert_close(x.std(dim=0), torch.ones(4), atol=0.01, rtol=0)
