"""Those who use the live page: tabs that are closed, hidden or lost, and what becomes of the processes behind them."""

import asyncio
import json
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest

from tests.page.conftest import PATIENCE, expect
from tests.page.live_server import live_server
from tests.page.tabs import tabbed_browser

pytestmark = pytest.mark.browser


def next_to(page, server):
    """Another tab of the same window."""
    other = page.context.new_page()
    other.goto(server.address)
    other.locator("body[data-mode]").wait_for()
    return other


def test_tabs_that_are_closed_take_their_processes_along_and_others_train_on(live, server):
    first = live()
    tabs = [first, next_to(first, server), next_to(first, server)]
    for tab in tabs:
        tab.locator("#epoch-on").click()
        expect(tab.locator("#epoch")).to_have_text("epoch 1 of 200")
    before = server.workers
    for tab in tabs[:2]:
        tab.close()
    deadline = time.monotonic() + PATIENCE / 1000
    while len(before - server.workers) < 2 and time.monotonic() < deadline:
        tabs[2].evaluate("1")
    assert len(before - server.workers) == 2
    tabs[2].locator("#epoch-on").click()
    expect(tabs[2].locator("#epoch")).to_have_text("epoch 2 of 200")


def test_a_tab_behind_another_one_pauses(chromium, server, tmp_path):
    async def hide():
        async with tabbed_browser(chromium, tmp_path) as browser:
            page = await browser.open(f"{server.address}#open=starts")
            await page.until("document.body.dataset.mode === 'paused'")
            await page.evaluate("document.getElementById('starts-go').click()")
            await page.until("document.getElementById('starts-go').textContent === 'Pause'")
            await page.evaluate("document.getElementById('play').click()")
            await page.until("document.body.dataset.mode === 'playing' && document.body.dataset.epoch > 0")
            await browser.open("about:blank")
            await page.until("document.visibilityState === 'hidden'")
            await page.to_front()
            await page.until("document.visibilityState === 'visible' && document.body.dataset.mode === 'paused'")
            await page.until("document.getElementById('starts-go').textContent === 'Continue'")
            return await page.evaluate("[document.body.dataset.epoch, document.getElementById('news').textContent]")

    epoch, news = apart(hide())
    assert int(epoch) < 54  # after which it would pause anyway
    assert news == ""


def apart(work):
    """What comes of `work` outside the loop of the browser's driver."""
    with ThreadPoolExecutor() as pool:
        return pool.submit(asyncio.run, work).result()


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

    before, after = apart(lose_and_come_back())
    assert before["state"]["mode"] == "playing"
    assert after["state"]["mode"] == "paused"
    assert after["number"] == before["number"]


def test_two_servers_know_their_own_visitors_only(server, live, runs):
    with live_server(runs) as other:
        page = live()
        context = page.context
        second = context.new_page()
        second.goto(other.address)
        second.locator("body[data-mode]").wait_for()
        page.reload()
        page.locator("body[data-mode]").wait_for()
        names = {cookie["name"] for cookie in context.cookies()}
        assert len({name for name in names if name.startswith("play_")}) == 2
        refused = context.request.get(server.address.split("?")[0], headers={"Origin": other.address.split("/?")[0]})
        assert refused.status == 403
