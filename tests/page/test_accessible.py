"""Both pages by axe-core, by Chromium's accessibility tree and by their colours."""

import pytest

from tests.page.conftest import drawn, expect, without_browser
from tests.page.seen import LEAST_CONTRAST, contrasts, told

pytestmark = pytest.mark.browser

CONTROLS = {"button", "checkbox", "combobox", "radio", "slider", "textbox"}
OTHERS = {"application", "columnheader", "DisclosureTriangle", "option", "region"}
"""The plot, words with help, drawers, what is chosen, what scrolls."""


@pytest.fixture
def trained_page(live):
    """The live page after an epoch, with a refused value, a tool, a cell, help and open drawers."""
    page = live()
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 200")
    page.locator("#test-show").click()
    expect(page.locator("#test-count")).to_have_text("looked at once")
    page.get_by_label("Momentum", exact=True).fill("1")
    page.get_by_label("Momentum", exact=True).press("Enter")
    expect(page.locator(".refused:visible")).to_have_count(1)
    page.get_by_role("button", name="Add same").click()
    page.locator("#confusion button").first.click()
    page.locator("#starts > summary").click()
    page.get_by_label("Starts", exact=True).select_option("16")
    page.locator("#starts-go").click()
    expect(page.locator(".start")).to_have_count(16)
    page.locator("#starts-go").click()
    expect(page.locator("#starts-go")).to_have_text("Continue")
    page.locator("#fast").hover()
    return page


def axe():
    """The class that runs axe-core in a page."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        without_browser("axe-playwright-python is not installed: make setup EXTRAS=all")
    return Axe


def check(page):
    """The parts that can be focused, once they are found to be named; in light and dark colours all can be read.

    Of axe-core, everything that it counts as a fault is one, serious or not.
    """
    checker = axe()
    focusable = [node for node in told(page) if node.focusable and node.role != "RootWebArea"]
    assert {node.role for node in focusable} - CONTROLS - OTHERS == {"term"}  # words with help, which are read out
    assert [node for node in focusable if not node.name and node.role != "term"] == []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # colours change at once
        drawn(page)
        found = checker().run(page).response
        assert len(found["passes"]) > 40
        assert [(scheme, each["id"], [node["html"] for node in each["nodes"]]) for each in found["violations"]] == []
        seen = contrasts(page)
        assert len(seen) > 40
        assert [(scheme, words, round(each, 2)) for words, each in seen if each < LEAST_CONTRAST] == []
    return focusable


def test_each_control_of_the_live_page_is_named_and_each_text_can_be_read(trained_page):
    focusable = check(trained_page)
    assert {node.role for node in focusable} >= CONTROLS
    assert trained_page.locator("#hint").is_visible()


def test_each_control_of_a_replay_is_named_and_each_text_can_be_read(opened, xor):
    page = opened(xor.folder / "export" / "replay.html")
    page.locator("#play").click()
    page.locator("#play").click()
    page.locator("#threshold").hover()
    check(page)
