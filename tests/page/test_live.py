"""The live page in a browser: first use, by mouse and by keyboard, and the processes behind it."""

import asyncio
import json
import re
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest

from src.page.document import live_document
from tests.page.conftest import drawn
from tests.page.live_server import live_server
from tests.page.test_replay import score

pytestmark = pytest.mark.browser

SEEN = """() => {
    const seen = (window.seen = { hashes: new Set(), from: null, to: null });
    new MutationObserver(() => {
        seen.from ??= performance.now();
        seen.hashes.add(document.body.dataset.hash);
        if (document.body.dataset.mode === "paused") seen.to = performance.now();
    }).observe(document.body, { attributes: true, attributeFilter: ["data-hash", "data-mode"] });
}"""


def expect(shown):
    """Wait until a part of the page is as it should be, for as long as a busy machine needs."""
    from playwright.sync_api import expect as expected

    expected.set_options(timeout=30_000)
    return expected(shown)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def server(runs):
    with live_server(runs) as served:
        yield served


@pytest.fixture
def live(browser, server):
    """Open the page; nothing on it may fail, and it may ask its own server alone."""
    contexts, faults = [], []

    def open_page(width=1366, height=900, address=None, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        host = server.address.split("?")[0]
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
        page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(host) else None)
        page.goto(address or server.address)
        page.locator("body[data-mode]").wait_for(timeout=60_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


def news(page):
    return expect(page.locator("#news"))


def solved(page, timeout=60_000):
    news(page).to_have_text(re.compile("Solved after 54 epochs"), timeout=timeout)


def set_to(page, key, value):
    field = page.locator(f'[data-key="{key}"] input').first
    field.fill(str(value))
    field.press("Enter")


def test_the_largest_button_alone_solves_xor_while_one_watches(live):
    page = live()
    assert "token" not in page.url
    buttons = page.locator("button:visible").all()
    largest = max(buttons, key=lambda each: each.bounding_box()["width"] * each.bounding_box()["height"])
    assert largest.get_attribute("id") == "play"
    page.evaluate(SEEN)
    largest.click()
    solved(page)
    hashes, seconds = page.evaluate("[window.seen.hashes.size, (window.seen.to - window.seen.from) / 1000]")
    assert hashes > 54  # each epoch is seen, and steps between them
    assert seconds >= 8  # one can watch; how much longer it takes is the machine's
    expect(page.locator("#command")).to_have_text("python -m src.train experiment=xor trainer.max_epochs=54")
    assert float(score(page, "val/accuracy")) >= 0.99


def test_keys_alone_solve_it_and_lead_back_to_the_same_start(live):
    page = live()
    start = page.evaluate("document.body.dataset.hash")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 200")
    first = page.evaluate("document.body.dataset.hash")
    page.keyboard.press("r")
    expect(page.locator("#epoch")).to_have_text("epoch 0 of 200")
    assert page.evaluate("document.body.dataset.hash") == start
    page.keyboard.press("ArrowRight")
    expect(page.locator(f'body[data-hash="{first}"]')).to_have_count(1)
    page.keyboard.press("f")
    solved(page)
    expect(page.locator("#heard")).to_have_text(re.compile(r"^epoch 54, loss \S+, 99\.\d % right"))
    page.keyboard.press("Space")
    expect(page.locator("#play-text")).to_have_text("Pause")
    page.keyboard.press("Space")
    expect(page.locator("#play-text")).to_have_text("Continue")


def test_settings_are_taken_up_or_refused_beside_them(live):
    page = live()
    page.get_by_label("One hidden layer more").click()
    expect(page.locator("#facts")).to_have_text("37 parameters")
    page.get_by_label("One unit fewer in hidden layer 2").click()
    expect(page.locator("#facts")).to_have_text("31 parameters")
    page.locator("#step-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 0 of 200, step 1 of 40")
    set_to(page, "optimizer.lr", 0.1)
    news(page).to_have_text(re.compile("continues"))
    set_to(page, "optimizer.momentum", 1)
    beside = page.locator('[data-key="optimizer.momentum"] .refused')
    expect(beside).to_have_text("optimizer.momentum: input should be less than 1 (got 1)")
    expect(page.locator('[data-key="optimizer.momentum"] input')).to_have_value("0")
    for value in ("1000000", "<b>1</b>"):
        set_to(page, "data.num_train", value)
        expect(page.locator('[data-key="data.num_train"] .refused')).to_contain_text(f"{value:.3}"[0])
        assert page.locator(".refused b").count() == 0
    page.get_by_label("Dataset").select_option("spirals")
    expect(page.locator("#title")).to_have_text("Spirals")
    expect(page.locator("#legend span.entry")).to_have_count(3)
    page.locator("#usual").click()
    expect(page.locator("#facts")).to_have_text("4,547 parameters")


def test_one_looks_back_through_the_epochs(live):
    page = live()
    for epoch in (1, 2, 3):
        page.locator("#epoch-on").click()
        expect(page.locator("#epoch")).to_have_text(f"epoch {epoch} of 200")
    page.locator("#timeline").focus()
    page.keyboard.press("Home")
    expect(page.locator("#epoch")).to_have_text("epoch 0 of 200")
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 4 of 200")


def test_a_page_that_is_closed_takes_its_process_along(live, server):
    pages = [live() for _ in range(3)]
    for page in pages:
        page.locator("#fast").click()
    assert len(server.workers) >= 3
    before = server.workers
    for page in pages[:2]:
        page.close(run_before_unload=True)
        page.context.close()
    deadline = time.monotonic() + 10
    while len(before & server.workers) > len(before) - 2 and time.monotonic() < deadline:
        pages[2].evaluate("1")
    assert len(before - server.workers) >= 2
    expect(pages[2].locator("body")).to_have_attribute("data-mode", re.compile("paused|fast"))


def test_test_scores_are_shown_when_asked_for_and_looks_are_counted_and_saved(live, runs):
    page = live()
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 200")
    assert page.locator('[data-score="test/accuracy"]').count() == 0
    page.locator("#test-show").click()
    expect(page.locator("#test-count")).to_have_text("looked at once")
    shown = score(page, "test/accuracy")
    page.locator("#epoch-on").click()
    expect(page.locator('[data-score="test/accuracy"]')).to_have_count(0)
    expect(page.locator("#epoch")).to_have_text("epoch 2 of 200")
    page.locator("#reset").click()
    expect(page.locator("#epoch")).to_have_text("epoch 0 of 200")
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 200")
    page.locator("#save").click()
    news(page).to_have_text(re.compile("with the same weights bit for bit"))
    (folder,) = (runs / "xor").iterdir()
    assert f"{json.loads((folder / 'metrics.json').read_text())['test/accuracy']:.4f}" == shown
    assert json.loads((folder / "play.jsonl").read_text().splitlines()[-1]) == {"test_scores_shown": 1}


def test_an_address_opened_elsewhere_trains_as_far_and_says_how_near_it_came(live, server):
    page = live()
    page.locator("#epoch-on").click()
    expect(page).to_have_url(re.compile("epoch=1&hash="))
    address = page.url.split("#")[1]
    other = live(address=f"{server.address}#{address}")
    news(other).to_have_text("Epoch 1 of the opened scene: the weights are identical.")
    close = re.sub("hash=[^&]*", "hash=elsewhere", address)
    news(live(address=f"{server.address}#{close}")).to_have_text(re.compile("equal to four digits"))
    far = re.sub("weights=[^,]*", "weights=9", close)
    news(live(address=f"{server.address}#{far}")).to_have_text(re.compile("different here"))
    wrong = "experiment=%22xor%22&data.num_train=1000000&%3Cb%3E=1"
    news(live(address=f"{server.address}#{wrong}")).to_contain_text("<b>: cannot be set on this page")


def test_rows_of_ones_own_turn_a_pocket_and_are_undone(live):
    page = live()
    for key, value in (("data.num_train", 200), ("data.batch_size", 20), ("optimizer.lr", 0.5)):
        set_to(page, key, value)
    page.locator("#fast").click()
    news(page).to_have_text(re.compile("Solved after"))
    start = page.evaluate("document.body.dataset.rows")
    box = page.locator("#probe").bounding_box()
    pocket = {"x": box["width"] * 0.55, "y": box["height"] * 0.45}
    page.locator("#probe").hover(position=pocket)
    before = different(page)
    page.get_by_role("button", name="Add same" if before > 0.5 else "Add different").click()
    for place in range(20):
        where = {"x": pocket["x"] + 2 * (place % 5), "y": pocket["y"] + 2 * (place // 5)}
        page.locator("#probe").click(position=where)
        expect(page.locator("#tools")).to_have_attribute("data-own", re.compile(f"^{place + 1} row"))
    page.get_by_role("button", name="Look").click()
    page.locator("#fast").click()
    expect(page.locator("#epoch")).to_have_text("epoch 200 of 200")
    page.locator("#probe").hover(position={**pocket, "x": pocket["x"] + 1})
    assert (before > 0.5) != (different(page) > 0.5)
    expect(page.locator("#no-command")).to_contain_text("no single command")
    dragged = page.evaluate("document.body.dataset.rows")
    page.get_by_role("button", name="Drag").click()
    page.locator("#probe").hover(position=pocket)
    page.mouse.down()
    page.locator("#probe").hover(position={"x": box["width"] * 0.5, "y": box["height"] * 0.6})
    page.mouse.up()
    expect(page.locator(f'body[data-rows="{dragged}"]')).to_have_count(0)
    page.keyboard.press("z")
    expect(page.locator(f'body[data-rows="{dragged}"]')).to_have_count(1)
    for _ in range(20):
        page.locator("#undo").click()
    expect(page.locator(f'body[data-rows="{start}"]')).to_have_count(1)
    expect(page.locator("#undo")).to_be_disabled()
    expect(page.locator("#redo")).to_be_enabled()


def different(page):
    drawn(page)
    return float(page.locator("#readout .entry", has_text="different").locator("b").inner_text())


def test_a_cell_of_the_confusion_matrix_shows_its_rows(live):
    page = live()
    cell = page.locator("#confusion button").first
    cell.click()
    expect(cell).to_have_attribute("aria-pressed", "true")
    cell.click()
    expect(cell).to_have_attribute("aria-pressed", "false")


def test_a_lost_connection_pauses_training_and_leads_back_to_it(server):
    host = server.address.split("/?")[0]

    async def told(opened, kind):
        while (message := json.loads((await opened.receive()).data))["type"] != kind:
            pass
        return message

    async def lose_and_come_back():
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            await session.get(server.address)
            opened = await session.ws_connect(f"{host}/live", headers={"Origin": host}, max_msg_size=0)
            visitor = (await told(opened, "hello"))["visitor"]
            await told(opened, "scene")
            await opened.send_str('{"do": "play"}')
            before = await told(opened, "frame")
            opened._response.connection.transport.abort()
            again = f"{host}/live?visitor={visitor}"
            async with session.ws_connect(again, headers={"Origin": host}, max_msg_size=0) as back:
                assert (await told(back, "hello"))["visitor"] == visitor
                return before, await told(back, "scene")

    with ThreadPoolExecutor() as apart:  # from the loop of the browser's driver
        before, after = apart.submit(asyncio.run, lose_and_come_back()).result()
    assert before["state"]["mode"] == "playing"
    assert after["state"]["mode"] == "paused"
    assert after["number"] == before["number"]


def test_two_servers_know_their_own_visitors_only(server, live, runs):
    with live_server(runs) as other:
        page = live()
        context = page.context
        second = context.new_page()
        second.goto(other.address)
        second.locator("body[data-mode]").wait_for(timeout=60_000)
        page.reload()
        page.locator("body[data-mode]").wait_for(timeout=60_000)
        names = {cookie["name"] for cookie in context.cookies()}
        assert len({name for name in names if name.startswith("play_")}) == 2
        refused = context.request.get(server.address.split("?")[0], headers={"Origin": other.address.split("/?")[0]})
        assert refused.status == 403


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (768, "light"), (1920, "light")])
def test_nothing_is_wider_than_the_screen_and_all_can_be_touched(live, width, scheme):
    page = live(width, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#play").bounding_box()["height"] >= 44
    unnamed = "button:visible, input:visible, select:visible"
    assert all(
        each.evaluate("(it) => it.ariaLabel || it.labels?.length || it.textContent.trim()")
        for each in page.locator(unnamed).all()
    )


def test_it_is_small():
    _, page = live_document([])
    assert len(page.encode()) < 200_000
