"""Tables as strangers bring them, from file to score: spellings of one table come to the same, meaning is kept."""

import numpy as np
import pytest

from tests.runs.test_prediction import FAST, write_csv

N = 120
WORDS = ("data=csv", "data.target=y", "optimizer=adam", "optimizer.lr=0.1", "trainer.max_epochs=20", *FAST)


@pytest.fixture
def columns():
    x = np.random.default_rng(0).standard_normal(N).round(3)
    return {"x": x.tolist(), "y": ["yes" if each > 0.2 else "no" for each in x]}


@pytest.fixture
def train_on(train):
    def train_on_file(path, *words):
        return train(*WORDS, f"data.path={path}", *words, folder=path.stem)

    return train_on_file


def test_decimal_commas_and_semicolons_change_nothing(train_on, columns, tmp_path):
    plain = train_on(write_csv(tmp_path / "plain.csv", columns))
    commas = [f"{x:.3f}".replace(".", ",") for x in columns["x"]]
    quoted = train_on(write_csv(tmp_path / "quoted.csv", columns | {"x": commas}))
    lines = ["x;y", *(f"{x};{y}" for x, y in zip(commas, columns["y"], strict=True)), ""]
    (tmp_path / "semicolons.csv").write_text("\n".join(lines) + "\n")  # with a blank line at the end
    semicolons = train_on(tmp_path / "semicolons.csv")
    assert plain.metrics["test/accuracy"] > 0.9
    for run in (quoted, semicolons):
        assert run.parts.head.spec.input_shape == (1,)
        assert {key: run.metrics[key] for key in ("val/loss", "test/loss", "test/accuracy")} == pytest.approx(
            {key: plain.metrics[key] for key in ("val/loss", "test/loss", "test/accuracy")}
        )


@pytest.mark.parametrize("column", ["a one or a blank", "digits far behind"])
def test_what_tells_the_classes_apart_survives_reading(train_on, columns, tmp_path, column):
    cells = {
        "a one or a blank": [1 if each == "yes" else "" for each in columns["y"]],
        "digits far behind": [
            f"{40_000_000.2 + x:.2f}" if y == "yes" else f"{39_999_999.8 - abs(x):.2f}"
            for x, y in zip(columns["x"], columns["y"], strict=True)
        ],
    }[column]
    run = train_on(write_csv(tmp_path / "rows.csv", {"flag": cells, "noise": columns["x"][::-1], "y": columns["y"]}))
    assert run.metrics["test/accuracy"] == 1.0
