"""A replay within a page of the documentation's site."""

import re
import shutil
from importlib.util import module_from_spec, spec_from_file_location

import pytest

from tests.page.conftest import expect
from tests.sandbox import ROOT


def site():
    """docs/conf.py."""
    pytest.importorskip("sphinx")
    spec = spec_from_file_location("site_conf", ROOT / "docs" / "conf.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_replay_stands_between_how_it_is_made_and_what_it_shows():
    before, frame, after = site().with_replay((ROOT / "docs" / "replay.md").read_text()).partition("<iframe")
    assert frame
    assert "src.export format=replay" in before
    assert "What it shows" in after


@pytest.mark.browser
def test_it_moves_in_a_frame_that_reaches_nothing_around_it(browser, xor, tmp_path):
    (tmp_path / "replays").mkdir()
    shutil.copy(xor.folder / "export" / "replay.html", tmp_path / "replays" / "xor.html")
    html = re.search(r"html\n(.*?)```", site().REPLAY, re.DOTALL)[1]
    (tmp_path / "page.html").write_text(f"<!doctype html><title>site</title>{html}")
    context = browser.new_context(offline=True)
    page = context.new_page()
    faults = []
    page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
    page.goto((tmp_path / "page.html").as_uri())
    frame = page.frame_locator("iframe.replay")
    frame.locator("body[data-shown]").wait_for()
    frame.locator("#forward").click()
    expect(frame.locator("#timeline")).to_have_value("1")
    assert page.title() == "site"
    page.get_by_role("link").click()
    page.locator("body[data-shown]").wait_for()
    context.close()
    assert faults == []
