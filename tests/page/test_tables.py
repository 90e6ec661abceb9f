"""Two columns of a table on the live page: chosen there, with names that are texts whatever they contain."""

import random
import re

import pytest

from tests.page.conftest import expect
from tests.page.live_server import live_server

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=alert(1)>"


def axes(page):
    return page.get_by_label("Column on the horizontal axis"), page.get_by_label("Column on the vertical axis")


def test_columns_of_a_bundled_table_are_chosen_and_swapped(live):
    page = live()
    page.get_by_label("Dataset").select_option("iris")
    across, up = axes(page)
    expect(page.locator("#title")).to_have_text("Iris")
    expect(page.get_by_label("Dataset").locator("option[value=own_table]")).to_have_count(0)
    across.select_option("petal length (cm)")
    up.select_option("petal width (cm)")
    page.locator("#epoch-on").click()
    command = expect(page.locator("#command"))
    start = "python -m src.train data=table data.name=iris 'data.columns="
    command.to_have_text(f"{start}[petal length (cm),petal width (cm)]' trainer.max_epochs=1")
    up.select_option("petal length (cm)")
    expect(across).to_have_value("petal width (cm)")
    page.locator("#epoch-on").click()
    command.to_have_text(f"{start}[petal width (cm),petal length (cm)]' trainer.max_epochs=1")
    page.reload()
    expect(axes(page)[0]).to_have_value("petal width (cm)")
    page.get_by_label("Dataset").select_option("xor")
    expect(page.locator('[data-key="data.columns"]')).to_have_count(0)


def test_a_table_of_ones_own_is_shown_at_once_and_its_names_run_nothing(live, tmp_path):
    path, draw = tmp_path / "own.csv", random.Random(0)
    rows = [f"{place},{draw.gauss(place % 2, 0.2)},{draw.gauss(100, 5)},{HOSTILE[place % 2 :]}" for place in range(60)]
    path.write_text("\n".join([f"size,{HOSTILE},weight,kind", *rows]) + "\n")
    with live_server(tmp_path / "runs", f"data.path={path}", "data.target=kind", "data.ignore=[size]") as served:
        page = live(address=served.address)
        expect(page.locator("#title")).to_have_text("own.csv")
        expect(page.get_by_label("Dataset")).to_have_value("own_table")
        expect(axes(page)[0]).to_have_value(HOSTILE)
        assert page.locator("img").count() == 0
        page.get_by_role("button", name=f"Add {HOSTILE}", exact=True).click()
        page.locator("#probe").click(position={"x": 200, "y": 150})
        expect(page.locator("#tools")).to_have_attribute("data-own", "1 row added")
        page.locator("#epoch-on").click()
        page.locator("#save").click()
        expect(page.locator("#news")).to_have_text(re.compile("with the same weights bit for bit"))
        assert page.locator("img").count() == 0
        page.close()
    (table,) = (tmp_path / "runs" / "points").iterdir()
    last = [line for line in table.read_text().splitlines() if line.endswith(",train")][-1].split(",")
    assert 80 < float(last[1]) < 120  # in the table's own units
