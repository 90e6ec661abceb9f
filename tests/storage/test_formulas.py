"""Cells that a spreadsheet would run are written so that it shows them; all others are unchanged."""

import csv

import pytest
from omegaconf import OmegaConf

from src.errors import ConfigError
from src.runs.prediction import predict
from src.settings.composed import check_on_run
from src.storage.formulas import inert

HARMFUL = ['=HYPERLINK("http://x";"y")', "=1+1", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "--1", "-x"]
HARMLESS = ["-2.5", "+3", "-1e-5", "-inf", "red", "", "-", "+", " 1", "a=b", "2-3", "'quoted", "ü", "2026-11-25"]


@pytest.mark.parametrize("cell", HARMFUL)
def test_a_formula_gets_an_apostrophe(cell):
    assert inert(cell) == "'" + cell


@pytest.mark.parametrize("cell", [*HARMLESS, -2.5, 3, None, True])
def test_what_is_no_formula_stays(cell):
    assert inert(cell) is cell


@pytest.fixture
def asked(train, tmp_path):
    table = tmp_path / "rows.csv"
    cells = [f"{i % 2 - 0.5 + i / 100},{i},{'=1+1' if i % 2 else 'plain'}" for i in range(40)]
    table.write_text("\n".join(["size,note,answer", *cells]) + "\n")
    run = train(
        "data=csv", f"data.path={table}", "data.target=answer", "trainer.max_epochs=1", "callbacks.figures=null"
    )
    new = tmp_path / "new.csv"
    with new.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["size", "note", "=name"], ["-2.5", "1", "=HYPERLINK(1)"], ["0.5", "-7", "-2+3"], ["1", "2", "-"]]
        )

    def answer(**settings):
        keys = {"run": str(run.folder), "runs_dir": "runs", "data_dir": None, "changes": {}, "force": True}
        cfg = OmegaConf.create(keys | {"input": str(new), "output": str(tmp_path / "out.csv")} | settings)
        check_on_run(cfg)
        with predict(cfg).open(newline="") as file:
            return list(csv.reader(file))

    return answer


def test_predictions_show_formulas_instead_of_running_them(asked):
    head, *rows = asked()
    assert head[:4] == ["size", "note", "'=name", "predicted"]
    assert [row[:3] for row in rows] == [["-2.5", "1", "'=HYPERLINK(1)"], ["0.5", "-7", "'-2+3"], ["1", "2", "-"]]
    assert {row[3] for row in rows} <= {"'=1+1", "plain"}
    head, *rows = asked(formulas="keep")
    assert [row[2] for row in rows] == ["=HYPERLINK(1)", "-2+3", "-"]
    assert head[2] == "=name"


def test_another_way_is_refused(asked):
    with pytest.raises(ConfigError, match=r"formulas: input should be 'escape' or 'keep' \(got 'drop'\)"):
        asked(formulas="drop")
