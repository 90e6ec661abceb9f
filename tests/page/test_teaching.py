"""What teachers can change by the address of the live page, and what one can take from it."""

import csv
import io

import pytest

from src.page.document import STATIC
from src.page.modules import as_one_script
from src.storage.formulas import inert
from tests.page.conftest import expect
from tests.play.script import do, kind, played

pytestmark = pytest.mark.browser

TINY = "experiment=xor&data.num_train=640&trainer.max_epochs=5"


@pytest.fixture
def opened_at(live, server):
    """Open the page with a fragment."""
    return lambda fragment, **settings: live(address=f"{server.address}#{fragment}", **settings)


def test_parts_are_hidden_and_the_address_keeps_saying_so(opened_at):
    page = opened_at("hide=settings,network,curves,test&experiment=xor&seed=4")
    expect(page.locator("#set-seed")).to_have_value("4")
    for part in (".settings", ".network", ".history", "#test-asking"):
        expect(page.locator(part)).to_be_hidden()
    for part in (".plot", "#scores", "#play", "#confusion"):
        expect(page.locator(part)).to_be_visible()
    page.locator("#epoch-on").click()
    expect(page.locator("body")).to_have_attribute("data-epoch", "1")
    page.wait_for_function("document.location.hash.includes('hide=settings')")
    assert "experiment=%22xor%22" in page.url
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_only_plot_and_player_are_left_and_letters_grow(opened_at):
    page = opened_at("embed&large", width=800, height=700)
    expect(page.locator("#play")).to_be_visible()
    shown = page.evaluate(
        "[...document.querySelectorAll('.card')].filter((e) => e.checkVisibility()).map((e) => e.classList[1])"
    )
    assert shown == ["plot"]
    expect(page.locator("header")).to_be_hidden()
    assert page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") >= 18
    page.locator("#epoch-on").click()
    expect(page.locator("body")).to_have_attribute("data-epoch", "1")


def test_what_is_locked_cannot_be_changed(opened_at):
    page = opened_at("experiment=xor&lock=data,optimizer.lr,seed")
    expect(page.locator("#set-optimizer-lr")).to_be_disabled()
    for control in ("#set-experiment", "#set-data-noise", "#set-seed", "#usual", "#seed-new"):
        expect(page.locator(control)).to_be_disabled()
    expect(page.locator("#tools")).to_be_hidden()
    expect(page.locator("#set-network-activation")).to_be_enabled()
    page.locator("#set-network-activation").select_option("relu")
    expect(page.locator("#set-optimizer-lr")).to_be_disabled()


@pytest.mark.parametrize(
    ("fragment", "line"),
    [
        ("hide=settings,nothing", "This page has no part “nothing” to hide. It has title, settings,"),
        ("lock=nosie", "lock: this page has no setting 'nosie'"),
        ("hid=settings", "This page does not know “hid” in its address."),
        ("experiment=xor&hid=settings", "hid: cannot be set on this page"),
    ],
)
def test_a_switch_that_does_not_exist_is_one_line(opened_at, fragment, line):
    expect(opened_at(fragment).locator("#news")).to_contain_text(line)


def taken(page, button):
    with page.expect_download() as found:
        page.locator(button).click()
    return found.value.suggested_filename, found.value.path().read_bytes()


def test_the_plot_its_rows_and_the_curves_can_be_saved(opened_at):
    page = opened_at(TINY)
    expect(page.locator("#set-data-num_train")).to_have_value("640")
    page.locator("#fast").click()
    expect(page.locator("body")).to_have_attribute("data-epoch", "5")
    name, picture = taken(page, "#save-picture")
    assert (name, picture[:4]) == ("XOR_epoch_5.png", b"\x89PNG")
    name, text = taken(page, "#save-curves")
    curves = list(csv.DictReader(io.StringIO(text.decode())))
    assert [row["epoch"] for row in curves] == ["0", "1", "2", "3", "4", "5"]
    assert float(curves[-1]["val/loss"]) == pytest.approx(
        float(page.locator('[data-score="val/loss"]').text_content()), abs=6e-4
    )
    name, text = taken(page, "#save-rows")
    rows = list(csv.DictReader(io.StringIO(text.decode())))
    right = sum(row["class"] == row["predicted"] for row in rows) / len(rows)
    assert f"{right:.4f}" == page.locator('[data-score="val/accuracy"]').text_content()
    for row in rows:
        chances = float(row["probability of same"]), float(row["probability of different"])
        assert sum(chances) == pytest.approx(1, abs=1e-6)
        assert row["predicted"] == ("different" if chances[1] >= 0.5 else "same")


def test_names_in_a_table_are_never_formulas(browser):
    cells = ["=1+1", "-2+3", "-2.5", "-", "+1e3", "@x", "red", 'a "b", c', "\t=1", "\n", "1e-9", ""]
    page = browser.new_page()
    script = as_one_script(STATIC, "csv")
    text = page.evaluate(f"(rows) => {{ {script}; return module_csv.asCsv(rows); }}", [["name", *cells], [1.5, *cells]])
    page.close()
    assert list(csv.reader(io.StringIO(text, newline=""))) == [[head, *map(inert, cells)] for head in ("name", "1.5")]


def test_the_process_refuses_what_is_locked_whoever_asks(tmp_path):
    noise = {"do": "set", "values": {"data.noise": 0.3}}
    told = played(
        tmp_path, kind("scene"), {"do": "lock", "names": ["data"]}, kind("scene"), noise, kind("refused"), *do("seed")
    )
    assert next(each for each in told if each["type"] == "refused")["line"] == (
        "data.noise: is locked on this page; open it without lock= to change it"
    )
