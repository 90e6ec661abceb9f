"""Pictures that a table names, with their labels."""

import numpy as np
import pytest
from PIL import Image

from src.data.image.folder import ImageFolder
from src.errors import ConfigError
from tests.command.place import give
from tests.runs.test_prediction import write_csv

N = 20


@pytest.fixture
def root(tmp_path):
    """Pictures 00.png to 19.png, each of its own brightness, and one outside of their folder."""
    folder = tmp_path / "pictures" / "deep"
    folder.mkdir(parents=True)
    for number in range(N):
        Image.new("L", (6, 6), 10 * number).save(folder / f"{number:02d}.png")
    Image.new("L", (6, 6), 255).save(tmp_path / "outside.png")
    return tmp_path / "pictures"


def names(suffix=".png"):
    return [f"deep/{number:02d}{suffix}" for number in range(N)]


def listed(root, columns, **settings):
    path = write_csv(root.parent / "labels.csv", columns)
    settings = {"path": str(root), "reading": "auto", "cache": str(root.parent / "cache"), **settings}
    return ImageFolder(csv=str(path), image_size=4, color=False, **settings)


def brightness(rows):
    """The number of each picture."""
    return (rows.x.float().mean(dim=(1, 2, 3)) / 10).round().int().tolist()


def test_labels_go_with_the_pictures_that_are_named(root):
    kinds = ["cat" if number % 3 else "dog" for number in range(N)]
    data = listed(root, {"name": names()[::-1], "kind": kinds[::-1]})
    assert data.choose().task == data.spec.task == "binary"
    assert set(data.class_names) == {"cat", "dog"}
    found = [
        (number, data.class_names[label])
        for rows in data.splits
        for number, label in zip(brightness(rows), rows.y.tolist(), strict=True)
    ]
    assert sorted(found) == list(enumerate(kinds))


def test_several_columns_are_labels_and_a_column_divides(root):
    parts = ["train"] * 12 + ["valid"] * 4 + ["TEST"] * 4
    columns = {"part": parts, "id": names(""), "cat": ["yes", "no"] * 10, "dog": ["1", "1", "0", "0.0"] * 5}
    data = listed(root, columns, file_column="id", target=["cat", "dog"], split_column="part")
    assert (data.choose().task, data.spec.task, data.class_names) == ("multilabel", "multilabel", ("cat", "dog"))
    assert [brightness(rows) for rows in data.splits] == [[*range(12)], [*range(12, 16)], [*range(16, 20)]]
    expected = [[int(number % 2 == 0), int(number % 4 < 2)] for number in range(N)]
    assert [label for rows in data.splits for label in rows.y.tolist()] == expected


def test_rows_without_a_label_are_left_out_and_counted(root):
    data = listed(root, {"name": names(), "kind": ["", "a", "b", "c"] * 5})
    assert data.spec.task == "multiclass"
    assert sum(len(rows.y) for rows in data.splits) == 15
    assert dict(data.doubts)["no label"].endswith("labels.csv: 5 rows have no label and are left out")


def test_names_start_from_the_tables_own_folder(root):
    path = write_csv(
        root / "deep" / "labels.csv", {"name": [f"{n:02d}.png" for n in range(N)], "kind": ["a", "b"] * 10}
    )
    data = ImageFolder(csv=str(path), path=None, image_size=4, cache=str(root.parent / "cache"))
    assert sum(len(rows.y) for rows in data.splits) == N


@pytest.mark.parametrize(
    ("columns", "settings", "line"),
    [
        (
            {"name": ["deep/00.png", "gone.png"]},
            {},
            r"labels.csv: row 2: there is no image gone.png in .*pictures; add",
        ),
        ({"name": ["deep/00.png", "../outside.png"]}, {}, r"row 2 names a file outside of .* \(got '../outside.png'\)"),
        ({"name": ["deep/00.png", "/etc/hostname"]}, {}, r"row 2 names a file outside of .* \(got '/etc/hostname'\)"),
        ({"name": ["deep/00.png", ""]}, {}, "row 2 names no file in name"),
        ({"name": ["deep/00.png", "deep/00.png"]}, {}, "rows 1 and 2 both name deep/00.png"),
        (
            {"name": ["deep/00.png", "deep/01.png"], "more": ["1", "2"]},
            {},
            r"data.target: .* has 2 columns .*\(more, kind\)",
        ),
        ({"name": ["deep/00.png", "deep/01.png"]}, {"target": "colour"}, "data.target: .* has no column 'colour'"),
        ({"name": ["deep/00.png", "deep/01.png"]}, {"target": ["kind", "name"]}, "data.target: kind .* should say yes"),
        (
            {"name": ["deep/00.png", "deep/01.png"], "part": ["train", "x"]},
            {"split_column": "part"},
            "row 2 should be train",
        ),
    ],
)
def test_what_a_table_of_pictures_cannot_say_is_said_in_a_line(root, columns, settings, line):
    with pytest.raises(ConfigError, match=line):
        _ = listed(root, columns | {"kind": ["a", "b"]}, **settings).splits


def test_keys_of_a_table_need_one(root):
    with pytest.raises(ConfigError, match=r"data.target: has no effect without data.csv \(got kind\); set that too"):
        ImageFolder(path=str(root), target="kind")


def test_a_run_is_trained_measured_and_asked_and_notices_other_labels(root, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    columns = {"name": names(), "cat": ["yes", "no"] * 10, "dog": ["no"] * 10 + ["yes"] * 10}
    write_csv(tmp_path / "labels.csv", columns)
    words = ["data=image_folder", "data.csv=labels.csv", "data.path=pictures", "data.target=[cat,dog]"]
    quick = ["data.image_size=8", "trainer.max_epochs=1", "logger=none", "callbacks.figures=null", "hydra.run.dir=run"]
    assert give("train", [*words, *quick, "callbacks.progress_bar=null"]) == 0
    assert "head=multilabel, since there are 2 target columns" in capsys.readouterr().out
    assert give("evaluate", ["run=run", "resamples=0"]) == 0
    assert give("predict", ["run=run", "input=pictures", "output=out.csv"]) == 0
    assert (tmp_path / "out.csv").read_text().startswith("image,predicted_cat,predicted_dog,probability_cat,")
    write_csv(tmp_path / "labels.csv", columns | {"cat": ["no", "yes"] * 10})
    assert give("evaluate", ["run=run"]) == 2
    assert "is not what the run was trained on" in capsys.readouterr().err
    assert np.all(np.array([path.name for path in root.iterdir()]) == ["deep"])
