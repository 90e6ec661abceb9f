"""Which of two classes is the positive one, by its name, its number of rows, or a word of the user's."""

import pytest
import torch

from src.data.image.folder import ImageFolder
from src.data.positive import positive_last
from src.data.tabular.file import TableFile
from src.errors import ConfigError

from .image_files import write_pngs


def chosen(first, second, wanted="auto", counts=None):
    names, doubt = positive_last((first, second), wanted, counts)
    assert set(names) == {first, second}
    return names[1], doubt


@pytest.mark.parametrize(
    ("positive", "other"),
    [
        *(("sick", "well"), ("case", "control"), ("fraud", "legit"), ("churned", "stayed"), ("malignant", "benign")),
        *(("1", "0"), ("1", "-1"), ("1.0", "0.0"), ("true", "false"), ("True", "False"), ("yes", "no")),
        *(("present", "absent"), ("disease", "no disease"), ("Fraud", "not_fraud"), ("spam", "ham")),
        *(("heart failure", "zzz"), ("default", "non-default"), ("yes", "aaa sick")),
    ],
)
def test_a_name_tells_the_positive_class_in_either_order_whatever_the_counts(positive, other):
    for names in ((positive, other), (other, positive)):
        assert chosen(*names) == (positive, None)
        assert chosen(*names, counts=[90, 10]) == chosen(*names, counts=[10, 90]) == (positive, None)


@pytest.mark.parametrize(("first", "second"), [("3", "2"), ("cat", "dog"), ("sick", "dead"), ("no fraud", "not sick")])
def test_without_a_name_that_tells_the_rarer_of_a_file_is_positive_and_else_the_second(first, second):
    for counts, expected, why in (
        ([39, 61], first, "the rarer (39% of the rows)"),
        ([61, 39], second, "the rarer (39% of the rows)"),
        ([40, 60], second, "the second"),
        (None, second, "the second"),
    ):
        name, said = chosen(first, second, counts=counts)
        other = second if name == first else first
        assert name == expected
        assert said.startswith(f"data.positive: {name}, {why}, is taken")
        assert said.endswith(f"data.positive={other} chooses the other")


@pytest.mark.parametrize(
    ("positive", "other"), [("1", "2"), ("1", "5"), ("1.0", "2.0"), ("1", "none"), ("1", "sick"), ("1", "good")]
)
def test_1_is_positive_beside_any_name_and_said_where_it_may_be_but_the_first_number(positive, other):
    for names in ((positive, other), (other, positive)):
        for counts in (None, [90, 10], [10, 90]):
            name, said = chosen(*names, counts=counts)
            assert name == positive
            assert said == (
                f"data.positive: {positive}, which usually means yes, is taken as the positive class, to which "
                f"precision, recall, F1 and the threshold refer; data.positive={other} chooses the other"
            )


def test_two_names_for_the_same_yes_tell_nothing():
    assert chosen("1", "true")[0] == "true"
    assert chosen("1", "1.0", counts=[1, 9])[0] == "1"


@pytest.mark.parametrize(
    ("names", "wanted", "expected"),
    [
        (("sick", "well"), "well", "well"),
        (("sick", "well"), "WELL", "well"),
        (("0", "1"), 0, "0"),
        (("0.0", "1.0"), 1, "1.0"),
        (("false", "true"), False, "false"),
        (("no", "yes"), False, "no"),
        (("A", "a"), "A", "A"),
    ],
)
def test_the_users_word_goes_before_all(names, wanted, expected):
    assert chosen(*names, wanted=wanted, counts=[1, 99]) == (expected, None)


def test_no_key_keeps_the_order_of_runs_that_had_none():
    assert positive_last(("sick", "well"), None, [1, 99]) == (("sick", "well"), None)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (("sick", "well"), r"data.positive: should be sick or well \(got 'ill'\); name one of them, or use auto"),
        (("a", "b", "c"), r"data.positive: is for two classes, but this data has 3 classes \(got 'ill'\); use auto"),
        ((), r"data.positive: is for two classes, but this data has numeric targets \(got 'ill'\); use auto"),
    ],
)
def test_a_class_that_is_none_of_two_is_refused(names, message):
    with pytest.raises(ConfigError, match=message):
        positive_last(names, "ill")
    assert positive_last(names, "auto")[0] == tuple(sorted(names, key=lambda name: name == "sick"))


def rows_of(path, names, num_first, count=60):
    lines = [f"{i},{(i * 7) % 11},{names[i >= num_first]}" for i in range(count)]
    path.write_text("\n".join(["a,b,answer", *lines]) + "\n")
    return path


def table(path, **settings):
    return TableFile(path=str(path), target="answer", standardize=False, **settings)


def test_a_table_has_its_positive_class_as_label_1_and_the_same_rows_in_each_split_whichever_it_is(tmp_path):
    path = rows_of(tmp_path / "rows.csv", ("sick", "well"), 6)
    before, ours, swapped = table(path), table(path, positive="auto"), table(path, positive="well")
    assert [data.class_names for data in (before, ours, swapped)] == [
        ("sick", "well"),
        ("well", "sick"),
        ("sick", "well"),
    ]
    for first, second, third in zip(before.splits, ours.splits, swapped.splits, strict=True):
        assert torch.equal(first.x, second.x)
        assert torch.equal(first.x, third.x)
        assert torch.equal(first.y, 1 - second.y)
        assert torch.equal(first.y, third.y)
        assert second.y.tolist() == [int(a < 6) for a in second.x[:, 0].tolist()]
    assert "positive" not in dict(ours.doubts)


def test_rarity_is_that_of_all_rows_of_the_file_whatever_the_seed(tmp_path):
    path = rows_of(tmp_path / "rows.csv", ("cat", "dog"), 20)
    for seed in range(3):
        data = table(path, positive="auto", seed=seed)
        assert data.class_names == ("dog", "cat")
        assert [text for kind, text in data.doubts if kind == "positive"] == [
            "data.positive: cat, the rarer (33% of the rows), is taken as the positive class, to which precision, "
            "recall, F1 and the threshold refer; data.positive=dog chooses the other"
        ]


def test_a_checkpoint_keeps_its_classes_when_the_file_changes_and_refuses_the_other(tmp_path):
    path = rows_of(tmp_path / "rows.csv", ("cat", "dog"), 20)
    data = table(path, positive="auto")
    _ = data.splits
    state = data.state_dict()
    rows_of(path, ("cat", "dog"), 50)  # now dogs are rarer
    assert table(path, positive="auto").class_names == ("cat", "dog")
    later = table(path, positive="auto")
    later.load_state_dict(state)
    assert later.spec.class_names == ("dog", "cat")
    other = table(path, positive="dog")
    other.load_state_dict(state)
    with pytest.raises(
        ConfigError, match=r"data.positive: the run was trained with cat as its positive class \(got 'd"
    ):
        _ = other.splits


def pictures(path, **settings):
    return ImageFolder(path=str(path), image_size=8, remember=False, **settings)


def test_a_folder_of_pictures_has_its_positive_class_too_and_keeps_it(tmp_path):
    path = write_pngs(tmp_path / "pictures", classes=("defect", "good"), each=10)
    before, ours, swapped = pictures(path), pictures(path, positive="auto"), pictures(path, positive="good")
    assert [data.class_names for data in (before, ours, swapped)] == [
        ("defect", "good"),
        ("good", "defect"),
        ("defect", "good"),
    ]
    for first, second in zip(before.splits, ours.splits, strict=True):
        assert torch.equal(first.x, second.x)
        assert torch.equal(first.y, 1 - second.y)
    again = pictures(path)
    again.load_state_dict(ours.state_dict())
    assert again.class_names == ("good", "defect")


def test_two_classes_that_are_named_keep_their_order_unless_a_name_tells(tmp_path):
    path = write_pngs(tmp_path / "pictures", classes=("bat", "cat", "sick"), each=12)
    assert pictures(path, classes=["cat", "bat"], positive="auto").class_names == ("cat", "bat")
    assert pictures(path, classes=["sick", "bat"], positive="auto").class_names == ("bat", "sick")
    assert pictures(path, classes=["cat", "bat"], positive="cat").class_names == ("bat", "cat")
    assert pictures(path, positive="auto").class_names == ("bat", "cat", "sick")
    numbers = write_pngs(tmp_path / "numbers", classes=("1", "2", "3"), each=12)
    assert pictures(numbers, classes=["3", "2"], positive="auto").class_names == ("3", "2")
    for classes, num_said in ((["2", "1"], 0), (["1", "2"], 1)):
        data = pictures(numbers, classes=classes, positive="auto")
        assert data.class_names == ("2", "1")
        assert len([text for kind, text in data.doubts if kind == "positive"]) == num_said
