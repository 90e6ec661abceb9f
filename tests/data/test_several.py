"""Several labels in one cell of a table: which labels there are, and which rows have them."""

import numpy as np
import pytest
from PIL import Image
from sklearn.preprocessing import MultiLabelBinarizer

from src.data.image.folder import ImageFolder
from src.data.table import Table
from src.data.tabular.file import TableFile
from src.data.tabular.several import labels_in_cells
from src.errors import ConfigError
from tests.runs.test_prediction import write_csv

CELLS = ["rain; wind", "sun", "", "wind;rain;wind", " sun ;", "none", "wind", "rain;sun"] * 10
WORDS = [{part.strip() for part in cell.split(";")} - {"", "none"} for cell in CELLS]


@pytest.fixture
def path(tmp_path):
    return write_csv(tmp_path / "days.csv", {"heat": list(map(str, range(len(CELLS)))), "weather": CELLS})


def table(path, **settings):
    settings = {"target": "weather", "label_separator": ";", "types": "auto", "standardize": False, **settings}
    return TableFile(path=str(path), **settings)


def test_labels_are_those_of_scikit_learn(path):
    data = table(path, task="auto")
    assert data.choose().task == "multilabel"
    binarizer = MultiLabelBinarizer().fit(WORDS)
    assert data.class_names == tuple(binarizer.classes_) == ("rain", "sun", "wind")
    assert data.spec.task == "multilabel"
    seen = {}
    for rows in data.splits:
        seen |= {int(heat): labels for (heat,), labels in zip(rows.x.tolist(), rows.y.tolist(), strict=True)}
    assert [seen[row] for row in range(len(CELLS))] == binarizer.transform(WORDS).tolist()
    assert dict(data.doubts)["no label"].endswith("days.csv: 20 rows have no label and count as having none of the 3")


def test_pictures_may_have_several_labels_in_a_cell(tmp_path):
    names = [f"{number}.png" for number in range(20)]
    for number, name in enumerate(names):
        Image.new("L", (6, 6), 10 * number).save(tmp_path / name)
    labels = write_csv(tmp_path / "labels.csv", {"file": names, "tags": CELLS[:20]})
    settings = {"image_size": 4, "color": False, "reading": "auto", "cache": str(tmp_path / "cache")}
    data = ImageFolder(path=None, csv=str(labels), label_separator=";", **settings)
    assert data.choose().task == data.spec.task == "multilabel"
    assert data.class_names == ("rain", "sun", "wind")
    expected = MultiLabelBinarizer().fit_transform(WORDS[:20])
    for rows in data.splits:
        numbers = (rows.x.float().mean(dim=(1, 2, 3)) / 10).round().int().tolist()
        assert np.array_equal(rows.y.numpy(), expected[numbers])


def test_another_file_has_the_labels_of_the_training():
    known = "rain", "sun", "wind"
    assert labels_in_cells(Table({"weather": ["wind", ""]}, "other.csv"), "weather", ";", known).codes == ["001", "000"]
    with pytest.raises(ConfigError, match=r"weather in row 2 has a label that was not seen in training \(got 'hail'\)"):
        labels_in_cells(Table({"weather": ["wind", "sun;hail"]}, "new.csv"), "weather", ";", known)


@pytest.mark.parametrize(
    ("cells", "settings", "line"),
    [
        (["a,b", "c"], {}, r"data.label_separator: weather of .* has no cell with ';' \(got 'a,b', for example\)"),
        (["", ""], {}, r"has no cell with ';' \(got only empty cells\)"),
        ([";", "a;"], {}, r"the target is 'a' in every row"),
        ([";".join(map(str, range(1001))), "a"], {}, r"has 1002 different values \(classification needs 2 to 1000\)"),
        (["a;b", "c"], {"target": ["heat", "weather"]}, r"several targets, heat, weather, say yes or no in each cell"),
        (["a;b", "c"], {"task": "regression"}, r"labels are not numbers \(got ';'\)"),
    ],
)
def test_what_is_not_several_labels_is_refused_in_one_line(cells, settings, line, tmp_path):
    path = write_csv(tmp_path / "days.csv", {"heat": list(map(str, range(len(cells)))), "weather": cells})
    with pytest.raises(ConfigError, match=line) as refused:
        _ = table(path, **settings).splits
    assert "\n" not in str(refused.value)


def test_a_separator_without_a_table_of_pictures_has_no_effect(tmp_path):
    with pytest.raises(ConfigError, match=r"data.label_separator: has no effect without data.csv"):
        ImageFolder(path=str(tmp_path), label_separator=";")


def test_spaces_may_separate():
    found = labels_in_cells(Table({"tags": ["haze primary", "clear  primary water"]}, "tags.csv"), "tags", " ")
    assert found == (("clear", "haze", "primary", "water"), ["0110", "1011"], None)
