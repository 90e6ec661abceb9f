"""`lab.play()` in JupyterLab, below an address as hubs have it: paints, plays, saves, and stays without a kernel."""

import json
import re
import time

import pytest

from tests.page.conftest import PATIENCE, expect
from tests.page.jupyter import jupyter

pytestmark = pytest.mark.browser

LIVE, REPLAY = 'iframe[title="Train a network"]', "[data-replay-of] iframe"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with jupyter(tmp_path_factory.mktemp("jupyter")) as served:
        yield served


@pytest.fixture
def lab(browser):
    """Open an address in JupyterLab; nothing of ours on it may fail."""
    contexts, faults = [], []

    def open_page(address):
        context = browser.new_context(viewport={"width": 1366, "height": 1100})
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        with page.expect_websocket(lambda socket: "/channels" in socket.url) as kernel:
            page.goto(address)
        kernel.value.wait_for_event("framereceived", lambda frame: b"kernel_info_reply" in frame)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def run(page, cell=0):
    page.locator(".jp-CodeCell .cm-content").nth(cell).click()
    page.locator('[data-jp-item-name="run"]').click()
    expect(page.locator(".jp-InputPrompt").nth(cell)).not_to_have_text("[ ]:")
    page.locator("[data-play]").nth(cell).scroll_into_view_if_needed()


def until(condition):
    deadline = time.monotonic() + PATIENCE / 1000
    while not (found := condition()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def outputs(path):
    try:
        cell = json.loads(path.read_text())["cells"][0]
    except json.JSONDecodeError:  # the server is just writing it
        return []
    return ["".join(each["data"].get("text/html", "")) for each in cell["outputs"]]


def kernel(server, name):
    return next(each["kernel"]["id"] for each in server.ask("api/sessions") if each["path"] == name)


def test_it_paints_plays_and_is_saved_and_is_there_without_its_kernel(server, lab):
    page = lab(server.notebook("lesson.ipynb", "from src import lab\nlab.play('experiment=xor&seed=3')"))
    run(page)
    live = page.frame_locator(LIVE)
    expect(live.locator("#title")).to_have_text("XOR")
    expect(page.locator("[data-replay-of]")).to_be_hidden()
    live.locator("#fast").click()
    expect(live.locator("#news")).to_contain_text("Solved after")
    epoch = live.locator("body").get_attribute("data-epoch")
    right = live.locator('[data-score="val/accuracy"]').text_content()
    page.locator(REPLAY).wait_for(state="attached")
    page.locator('[data-jp-item-name="save"]').click()
    saved = server.folder / "lesson.ipynb"
    until(lambda: len(outputs(saved)) == 2 and "srcdoc" in outputs(saved)[1])
    assert '<img src="data:image/png;base64,' in outputs(saved)[1]
    assert len(outputs(saved)[0]) < 8000  # the live page is not saved

    server.ask(f"api/kernels/{kernel(server, 'lesson.ipynb')}", "DELETE")
    page.close()
    until(lambda: not server.workers)
    again = lab(server.address("lesson.ipynb"))
    expect(again.locator(REPLAY)).to_be_visible()
    kept = again.frame_locator(REPLAY)
    kept.locator("#timeline").press("End")
    expect(kept.locator("#epoch")).to_have_text(re.compile(rf"best epoch, {epoch} of {epoch}$"))
    expect(kept.locator('[data-score="val/accuracy"]')).to_have_text(right)
    assert again.locator(LIVE).count() == 0


def test_a_page_opens_with_its_exercise_when_it_is_seen(server, lab):
    far = "print(100 * '\\n')\nlab.play('xor', exercises='exercises', exercise='xor_two_units')"
    page = lab(server.notebook("all.ipynb", "from src import lab\nlab.play(exercise='stuck')", far))
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    places = page.locator("[data-play]")
    expect(places).to_have_count(2)
    places.first.scroll_into_view_if_needed()
    opened = [places.nth(number).frame_locator("iframe").locator("#exercises h2") for number in range(2)]
    expect(opened[0]).to_have_text("7. Find a start that gets stuck")
    assert len(server.workers) == 1
    expect(places.last.locator("iframe")).to_have_count(0)
    places.last.scroll_into_view_if_needed()
    expect(opened[1]).to_have_text("5. XOR with two hidden units")


def test_each_output_has_a_worker_that_ends_with_it_or_with_the_kernel(server, lab):
    cells = ["from src import lab\nlab.play()", "lab.play('circles')"]
    page = lab(server.notebook("two.ipynb", *cells))
    run(page, 0)
    expect(page.frame_locator(LIVE).locator("body[data-mode]")).to_be_visible()
    run(page, 1)
    expect(page.frame_locator(LIVE).nth(1).locator("#title")).to_have_text("Circles")
    both = until(lambda: len(server.workers) == 2 and server.workers)
    run(page, 1)
    expect(page.locator(LIVE)).to_have_count(2)
    until(lambda: len(server.workers) == 2 and len(server.workers & both) == 1)

    server.ask(f"api/kernels/{kernel(server, 'two.ipynb')}/restart", "POST")
    until(lambda: not server.workers)
    expect(page.locator(LIVE)).to_have_count(0)
    expect(page.locator("[data-replay-of]").first).to_have_text("Run this cell in JupyterLab to train a network here.")
