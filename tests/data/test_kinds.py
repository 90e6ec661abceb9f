"""How columns of a table are read, and that nothing a colleague would notice is lost on the way to numbers."""

import numpy as np
import pytest
import torch

from src.data.table import Table
from src.data.tabular.file import TableFile
from src.data.tabular.kinds import kinds_of
from src.data.tabular.typed import MOST_CATEGORIES
from src.errors import ConfigError

N = 120


def made(path, columns):
    lines = [",".join(columns), *(",".join(map(str, row)) for row in zip(*columns.values(), strict=True))]
    path.write_text("\n".join(lines) + "\n")
    return path


def table(path, **settings):
    return TableFile(path=str(path), target=settings.pop("target", "y"), types="auto", positive="auto", **settings)


def told(data):
    _ = data.splits
    return [text for _, text in data.doubts]


@pytest.fixture
def noise():
    return np.random.default_rng(0).standard_normal(N).round(3)


@pytest.fixture
def answers(noise):
    return ["yes" if x > 0 else "no" for x in noise]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("name", ["", "Unnamed: 0", "nr"])
def test_row_numbers_are_left_out_and_told(tmp_path, noise, first, name):
    y = sorted("ab" * (N // 2))
    data = table(made(tmp_path / "rows.csv", {name: range(first, N + first), "x": noise, "y": y}))
    assert data.spec.feature_names == ("x",)
    assert any(f"{name or chr(39) * 2} is left out (it counts the rows); data.keep=[" in line for line in told(data))
    kept = table(tmp_path / "rows.csv", keep=[name])
    assert kept.spec.feature_names == (name, "x")


def test_ids_and_texts_are_left_out_and_told_and_rarer_categories_share_one(tmp_path, noise, answers):
    stream = np.random.default_rng(1)
    columns = {
        "patient": [f"P{i:04}" for i in range(N)],
        "patient_id": stream.permutation(10 * N)[:N],
        "comment": [f"word {i % 90}" for i in range(N)],
        "street": [f"s{i % 50 if i < 100 else i}" for i in range(N)],
        "x": noise,
        "y": answers,
    }
    data = table(made(tmp_path / "rows.csv", columns))
    names = data.spec.feature_names
    assert not any(name.startswith(("patient", "comment", "street")) for name in names)
    lines = "\n".join(told(data))
    assert "patient, comment, street are left out (text that hardly ever repeats)" in lines
    assert "patient_id is left out (a different number in each row, like an id)" in lines
    kept = table(tmp_path / "rows.csv", keep=["street"])
    streets = [name for name in kept.spec.feature_names if name.startswith("street=")]
    assert len(streets) <= MOST_CATEGORIES
    assert kept.splits.train.x.shape[1] == 1 + len(streets)


def test_more_categories_than_the_most_share_the_last_one(tmp_path, noise, answers):
    streets = [f"s{i % 70:02}" for i in range(10 * N)]
    data = table(made(tmp_path / "rows.csv", {"street": streets, "x": [*noise] * 10, "y": answers * 10}))
    names = [name for name in data.spec.feature_names if name.startswith("street=")]
    assert (len(names), names[-1]) == (64, "street=(other)")
    x = data.encode(Table({"street": ["s00", "nowhere"], "x": [0, 0]}, "new"), data.spec)
    assert x[1].nonzero().flatten().tolist() == [data.spec.feature_names.index("street=(other)")]
    assert x[0].sum() == 1


@pytest.mark.parametrize(
    ("cells", "numbers", "words"),
    [
        (["0,163", "-0,296", "1,014", "12,5"], [0.163, -0.296, 1.014, 12.5], "decimal commas"),
        (["1,234", "50,000", "7", "1,234,567.5"], [1234, 50000, 7, 1234567.5], "1,234.5"),
        (["1.234,5", "2", "0,5", "-3,25"], [1234.5, 2, 0.5, -3.25], "1.234,5"),
        (["$50,000", "$1", "($2)", "-$3"], [50000, 1, -2, -3], "1,234.5"),
        (["45%", "3.5 %", "100%", "0%"], [45, 3.5, 100, 0], None),
        (["12 €", "EUR 3.5", "1 234 €", "-1€"], [12, 3.5, 1234, -1], None),
    ],
)
def test_numbers_are_read_however_they_are_written(cells, numbers, words):
    found = kinds_of(Table({"x": cells * 10, "z": ["a", "b"] * 20}, "rows.csv"), [], [])
    assert [found.numbers["x"].parse(cell) for cell in cells] == numbers
    assert found.categories == ["z"]
    assert (words is None) or any(words in text for _, text in found.said)


def test_one_thousand_is_a_decimal_where_the_file_says_so_or_the_user():
    both = {"a": ["1,234", "5,678"], "b": ["0,5", "1,5"]}
    assert kinds_of(Table(both, "t"), [], []).numbers["a"].parse("1,234") == 1.234
    alone = Table({"a": ["1,234", "5,678"]}, "t")
    assert kinds_of(alone, [], []).numbers["a"].parse("1,234") == 1234
    assert kinds_of(alone, [], [], decimal=",").numbers["a"].parse("1,234") == 1.234


def test_dates_become_numbers_that_differ(tmp_path, noise, answers):
    days = [f"{1 + i % 28:02}.{1 + i % 12:02}.2024" for i in range(N)]
    data = table(made(tmp_path / "rows.csv", {"when": days, "x": noise, "y": answers}))
    assert data.spec.feature_names == ("x", "when.days", "when.month", "when.day", "when.weekday")
    x = data.encode(Table({"when": ["08.01.1970", ""], "x": [0, 0]}, "new"), data.spec)
    assert x[0, 1:].tolist() == [7, 1, 8, 3]  # a Thursday
    assert x[1, 1:].isnan().all()
    with pytest.raises(ConfigError, match=r"new: column when, row 1 is not a date \(got 'soon'\)"):
        data.encode(Table({"when": ["soon"], "x": [0]}, "new"), data.spec)


@pytest.mark.parametrize("cell", ["1.0", " 1", "1e0", 1, 1.0, np.float64(1)])
def test_categories_that_are_numbers_are_compared_by_value(tmp_path, noise, answers, cell):
    path = made(tmp_path / "rows.csv", {"zone": [1 + i % 4 for i in range(N)], "x": noise, "y": answers})
    data = table(path, categorical=["zone"])
    assert data.spec.feature_names == ("x", "zone=1", "zone=2", "zone=3", "zone=4")
    x = data.encode(Table({"zone": [cell], "x": [0]}, "new"), data.spec)
    assert x.tolist() == [[0, 1, 0, 0, 0]]
    assert data.settle("new") == []


@pytest.mark.parametrize("cell", ["TRUE", "True", True, np.True_, 1, "1.0", "yes", "t"])
def test_truths_are_compared_by_what_they_say(tmp_path, noise, answers, cell):
    data = table(made(tmp_path / "rows.csv", {"ill": ["true", "false"] * (N // 2), "x": noise, "y": answers}))
    assert data.spec.feature_names == ("x", "ill=false", "ill=true")
    assert data.encode(Table({"ill": [cell], "x": [0]}, "new"), data.spec).tolist() == [[0, 0, 1]]


def test_categories_that_training_had_not_are_counted_and_refused_where_none_is_known(tmp_path, noise, answers):
    path = made(tmp_path / "rows.csv", {"colour": ["red", "blue"] * (N // 2), "x": noise, "y": answers})
    data = table(path)
    _ = data.splits
    data.settle("rows")
    data.encode(Table({"colour": ["red", "pink", "pink", None], "x": [0] * 4}, "new"), data.spec)
    ((_, text),) = data.settle("new.csv")
    assert text == "new.csv: colour: 2 of 3 cells are categories not seen in training (pink)"
    data.encode(Table({"colour": ["pink", "RED"], "x": [0, 0]}, "new"), data.spec)
    with pytest.raises(ConfigError, match=r"2 of 2 cells are .* \(RED, pink\), so none is known; write them as"):
        data.settle("new.csv")
    data.encode(Table({"colour": [None], "x": [0]}, "new"), data.spec)
    assert data.settle("new.csv") == []


def test_large_numbers_keep_what_tells_them_apart(tmp_path, answers, noise):
    east = [f"{40_000_000 + x:.3f}" for x in noise]
    data = table(made(tmp_path / "rows.csv", {"east": east, "y": answers}))
    x, y = data.splits.train
    assert x.dtype == torch.float32
    assert torch.equal(x[:, 0] > x[y == 0].max(), y == 1)
    rows = np.array([float(cell) for cell in east])
    place = data.identity.places["train"]
    expected = (rows[place] - rows[place].mean()) / rows[place].std()
    assert x[:, 0].numpy() == pytest.approx(expected, abs=1e-4)


def test_a_missing_number_is_an_input_where_it_is_frequent_or_tells(tmp_path, noise, answers):
    columns = {
        "flag": [1 if each == "yes" else "" for each in answers],
        "rare": ["" if i in (3, 40) else x for i, x in enumerate(noise)],
        "telling": [
            "" if each == "yes" and i % 3 == 0 else x for i, (x, each) in enumerate(zip(noise, answers, strict=True))
        ],
        "y": answers,
    }
    names = table(made(tmp_path / "rows.csv", columns)).spec.feature_names
    assert names == ("flag", "rare", "telling", "flag=(missing)", "telling=(missing)")


def test_cells_that_are_no_numbers_are_told_with_what_to_do(tmp_path, noise, answers):
    cells = [x if i % 10 else "-" for i, x in enumerate(noise)]
    path = made(tmp_path / "rows.csv", {"x": cells, "y": answers})
    with pytest.raises(ConfigError, match=r"column x, row 1 is not a number \(got '-'\).*data.missing=\['-'\]"):
        _ = table(path).splits
    data = table(path, missing=["-"])
    assert data.spec.feature_names == ("x",)
    mostly = made(tmp_path / "mostly.csv", {"x": [x if i % 3 == 0 else "-" for i, x in enumerate(noise)], "y": answers})
    with pytest.raises(ConfigError, match=r"data.missing=\['-'\] if it is not known"):
        _ = table(mostly).splits
    assert table(mostly, missing=["-"]).spec.feature_names == ("x", "x=(missing)")
    tickets = [f"A/{i} {i}" if i % 3 == 0 else 1000 + i for i in range(N)]
    data = table(made(tmp_path / "tickets.csv", {"ticket": tickets, "x": noise, "y": answers}))
    assert data.spec.feature_names == ("x",)


@pytest.mark.parametrize("cell", ["inf", "1e300"])
def test_an_infinite_cell_is_named(tmp_path, noise, answers, cell):
    path = made(tmp_path / "rows.csv", {"x": [*noise[:-1], cell], "y": answers})
    with pytest.raises(ConfigError, match=r"column x, row 120 is beyond ±3.4e\+38 \(got (inf|1e\+300)\)"):
        _ = table(path).splits


def test_spellings_of_one_number_are_one_class_and_of_one_text_are_asked_about(tmp_path, noise):
    numbers = ["1.0" if x > 1 else "1" if x > 0 else "0" for x in noise]
    data = table(made(tmp_path / "rows.csv", {"x": noise, "y": numbers}))
    assert data.class_names == ("0", "1")
    texts = ["Yes" if x > 1 else "yes" if x > 0 else "no" for x in noise]
    path = made(tmp_path / "texts.csv", {"x": noise, "y": texts})
    with pytest.raises(ConfigError, match=r"differ only in case or spaces \('Yes', 'yes'\); data.merge_classes=true"):
        _ = table(path).splits
    assert table(path, merge_classes=True).class_names == ("no", "yes")


def test_rows_without_a_target_are_left_out_and_counted_and_the_others_keep_their_numbers(tmp_path, noise, answers):
    some = ["NA" if i in (0, 5, 6) else each for i, each in enumerate(answers)]
    data = table(made(tmp_path / "rows.csv", {"x": noise, "y": some}))
    assert (
        "3 rows have no target and are left out (NA counts as missing; data.missing=[''] makes it a class)"
        in "\n".join(told(data))
    )
    assert [data.identity.names[i] for i in range(4)] == [2, 3, 4, 5]
    assert len(data.identity.names) == N - 3
    none = ["None" if each == "no" else "Insomnia" for each in answers]
    path = made(tmp_path / "none.csv", {"x": noise, "y": none})
    with pytest.raises(ConfigError, match=r"'Insomnia' in every row that has one .*None counts as missing"):
        _ = table(path).splits
    assert table(path, missing=[""]).class_names == ("Insomnia", "None")


def test_columns_are_named_by_their_places_where_there_is_no_header(tmp_path, noise, answers):
    path = tmp_path / "rows.csv"
    path.write_text("".join(f"{x},{i},{y}\n" for i, (x, y) in enumerate(zip(noise, answers, strict=True))))
    data = table(path, target=-1, ignore=[1])
    assert data.spec.feature_names == ("c0",)
    assert "read with no header" in "\n".join(told(data))
    assert table(path, target="c2", header=False).class_names == ("no", "yes")
    with pytest.raises(ConfigError, match=r"has no column 'sick', in a file that seems to have no header"):
        _ = table(path, target="sick").splits


def test_a_table_of_ids_alone_is_refused(tmp_path, answers):
    path = made(tmp_path / "rows.csv", {"id": range(N), "name": [f"n{i}" for i in range(N)], "y": answers})
    with pytest.raises(ConfigError, match=r"nothing is left to predict from: id, name are left out"):
        _ = table(path).splits


def test_names_with_dots_are_all_offered(tmp_path, noise, answers):
    path = made(tmp_path / "rows.csv", {"sepal.length": noise, "sepal.width": noise, "variety": answers})
    with pytest.raises(ConfigError, match=r"choose from sepal.length, sepal.width, variety"):
        _ = table(path, target="colour").splits


def test_a_checkpoint_keeps_what_was_found(tmp_path, noise, answers):
    path = tmp_path / "rows.csv"
    rows = [
        f"{str(x).replace('.', ',')};{i % 28 + 1}.12.2023;{y}"
        for i, (x, y) in enumerate(zip(noise, answers, strict=True))
    ]
    path.write_text("\n".join(["x;when;y", *rows]))
    first = table(path)
    _ = first.splits
    second = table(path)
    second.load_state_dict(first.state_dict())
    assert second.encoder == first.encoder
    assert second.reading.separator == ";"
    new = Table({"x": ["0,5"], "when": ["1.2.2024"]}, "new")
    assert torch.equal(second.scaled(second.encode(new, first.spec)), first.scaled(first.encode(new, first.spec)))
    assert torch.equal(second.splits.test.x, first.splits.test.x)


def test_a_run_without_types_reads_as_it_did(tmp_path, noise, answers):
    path = made(tmp_path / "rows.csv", {"": range(N), "x": noise, "y": answers})
    old = TableFile(path=str(path), target="y")
    assert old.spec.feature_names == ("", "x")
    assert "spellings" not in old.state_dict()
    assert old.scaler.mean.dtype == torch.float32
