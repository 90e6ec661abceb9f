"""Many starts in a browser: they train together, are told solved or not, and one that is clicked is opened."""

import re
import time

import pytest

from tests.page.conftest import PATIENCE, expect

pytestmark = pytest.mark.browser

SHORT = "experiment=%22xor%22&network.hidden_dims=%5B2%5D&data.num_train=640&optimizer.lr=0.5"


def starting(live, server, epochs, count):
    """A page whose drawer is open, and whose starts have begun."""
    page = live(address=f"{server.address}#{SHORT}&trainer.max_epochs={epochs}&open=starts")
    expect(page.locator("#epoch")).to_have_text(f"epoch 0 of {epochs:,}")
    page.get_by_label("Starts", exact=True).select_option(count)
    page.get_by_role("button", name=f"Train {count} starts").click()
    expect(page.locator(".start")).to_have_count(int(count))
    return page


def test_the_share_is_counted_and_a_start_that_is_opened_shows_its_number(live, server):
    page = starting(live, server, 100, "64")
    expect(page.get_by_role("button", name="Train 64 starts")).to_be_enabled()
    expect(page.locator("#starts-epoch")).to_have_text("epoch 100 of 100")
    share = page.locator("#starts-share").inner_text()
    solved = int(re.fullmatch(r"(\d+) of 64 solved: \d+ % \(95 % interval: \d+ % to \d+ %\)\.", share)[1])
    assert 0 < solved < 64
    expect(page.locator(".start", has_text="\u2713 solved")).to_have_count(solved)
    expect(page.locator(".start", has_text="not solved")).to_have_count(64 - solved)
    expect(page.locator("#starts-heard")).to_contain_text(f"{solved} of 64 solved")
    page.locator(".start").nth(17).press("Enter")
    expect(page.locator("#start-shown")).to_have_text("seed 17, one of the 64 starts")
    expect(page.locator("#epoch")).to_have_text("epoch 100 of 100")
    expect(page.get_by_label("Seed", exact=True)).to_have_value("17")
    expect(page.locator(".start[aria-pressed=true] b")).to_have_text("17")
    expect(page).to_have_url(re.compile("epoch=100&.*open=starts"))
    page.get_by_label("One hidden layer more").click()
    expect(page.locator("#starts-share")).to_contain_text("\u201cStart again\u201d trains the new one")
    expect(page.locator("#start-shown")).to_be_hidden()


def test_starts_pause_with_their_drawer_and_end_with_their_page(live, server):
    page = starting(live, server, 5000, "16")
    page.locator("#starts > summary").click()
    expect(page.locator("#starts-go")).to_have_text("Continue")
    expect(page).not_to_have_url(re.compile("open=starts"))
    page.locator("#starts > summary").click()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Start again")).to_be_visible()
    page.get_by_role("button", name="Add same").click()
    page.locator("#probe").click()
    expect(page.locator("#tools")).to_have_attribute("data-own", "1 row added")
    page.get_by_role("button", name="Start again").click()
    expect(page.locator("#starts-refused")).to_contain_text("undo the changes first")
    expect(page.locator("#starts-go")).to_have_text("Pause")
    before = server.workers
    page.close()
    deadline = time.monotonic() + PATIENCE / 1000
    while len(before - server.workers) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(before - server.workers) == 2
