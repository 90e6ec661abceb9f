"""The live page in a browser: first use, by mouse and by keyboard, settings, rows, and what is kept."""

import json
import re

import pytest

from src.page.document import live_document
from tests.page.conftest import drawn, expect
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


def news(page):
    return expect(page.locator("#news"))


def solved(page):
    news(page).to_have_text(re.compile("Solved after 54 epochs"))


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


def test_reset_three_times_the_same_weights_are_there_at_epoch_50(live, server):
    page = live(address=f"{server.address}#experiment=%22xor%22&trainer.max_epochs=50")
    expect(page.locator("#epoch")).to_have_text("epoch 0 of 50")
    hashes = []
    for _ in range(3):
        page.keyboard.press("f")
        expect(page.locator("#epoch")).to_have_text("epoch 50 of 50")
        hashes.append(page.evaluate("document.body.dataset.hash"))
        page.keyboard.press("r")
        expect(page.locator("#epoch")).to_have_text("epoch 0 of 50")
        hashes.append(page.evaluate("document.body.dataset.hash"))
    starts, ends = set(hashes[1::2]), set(hashes[::2])
    assert (len(starts), len(ends), len(starts | ends)) == (1, 1, 2)


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


class Line:
    """The connection of a page, which can be made to keep back what the process answers."""

    def __init__(self):
        self._held = None

    def lay(self, page):
        page.route_web_socket(re.compile("/live"), self._route)

    def _route(self, ours):
        self._deliver = ours.send
        ours.connect_to_server().on_message(self._receive)

    def _receive(self, message):
        (self._deliver if self._held is None else self._held.append)(message)

    def hold(self):
        self._held = []

    def release(self, page, answers):
        """Deliver what has been kept back, once it is this many scenes and refusals."""
        while sum('"heard"' in message for message in self._held) < answers:
            page.wait_for_timeout(20)
        held, self._held = self._held, None
        for message in held:
            self._deliver(message)


def test_late_answers_replace_nothing_that_was_typed_or_chosen_meanwhile(live):
    line = Line()
    page = live(first=line.lay)
    line.hold()
    set_to(page, "data.num_train", 200)
    set_to(page, "optimizer.lr", 0.4)
    for name in ("x1 squared", "x2 squared"):
        page.get_by_label(name, exact=True).click()
    for _ in range(2):
        page.get_by_label("Batch size: more").click()
    page.get_by_label("One hidden layer more").click()
    page.get_by_label("One unit more in hidden layer 2").click()
    set_to(page, "optimizer.momentum", 2)
    page.get_by_label("Optimizer").select_option("adam")
    page.get_by_label("Schedule").select_option("cosine")
    page.get_by_label("Schedule").select_option("none")
    patience = page.get_by_label("Early stopping", exact=True)
    patience.fill("1")
    line.release(page, 12)
    expect(page.locator("#facts")).to_have_text("51 parameters")
    expect(patience).to_be_focused()
    page.keyboard.type("2")
    page.keyboard.press("Enter")
    page.locator("#epoch-on").click()
    said = (
        "python -m src.train experiment=xor optimizer=adam data.num_train=200 data.batch_size=500 trainer.max_epochs=1"
    )
    words = "network.hidden_dims=[4,5]", "network.inputs=[x1,x2,x1_squared,x2_squared]", "optimizer.lr=0.4"
    for word in (*said.split(), *words, "callbacks.early_stopping.patience=12"):
        expect(page.locator("#command")).to_contain_text(word)
    expect(page.locator(".refused:visible")).to_have_count(0)


def test_it_stops_early_and_goes_on_with_more_patience(live, server):
    blurred = "experiment=%22xor%22&data.num_train=640&data.noise=0.4&optimizer.lr=1"
    page = live(address=f"{server.address}#{blurred}&callbacks.early_stopping.patience=2")
    patience = page.get_by_label("Early stopping", exact=True)
    expect(patience).to_have_value("2")
    page.locator("#fast").click()
    news(page).to_have_text(re.compile("^Stopped early after .* the last 2 "))
    expect(page.locator("#play")).to_be_disabled()
    expect(page.locator("#command")).to_contain_text("callbacks.early_stopping.patience=2 trainer.max_epochs=")
    stopped = page.locator("#epoch").inner_text()
    patience.fill("")
    patience.press("Enter")
    expect(patience).to_have_value("")
    expect(page.locator("#command")).not_to_contain_text("patience")
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).not_to_have_text(stopped)
    patience.fill("2")  # which has stopped it before
    patience.press("Enter")
    news(page).to_have_text(re.compile("continues"))
    expect(page.locator("#no-command")).to_contain_text("no single command")


def test_inputs_are_chosen_by_their_names_and_are_in_the_command_and_the_address(live, server):
    page = live()
    inputs = page.get_by_role("group", name="Inputs")
    pressed = inputs.locator("[aria-pressed=true]")
    expect(pressed).to_have_text(["x₁", "x₂"])
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 200")
    inputs.get_by_role("button", name="x1 times x2").press("Enter")
    news(page).to_have_text(re.compile("starts again"))
    expect(page.locator("#facts")).to_have_text("21 parameters")
    expect(pressed).to_have_text(["x₁", "x₂", "x₁x₂"])
    expect(page.locator("#diagram .node:not(.unit)")).to_have_count(4)  # three inputs and the output
    page.locator("#epoch-on").click()
    expect(page.locator("#command")).to_contain_text("'network.inputs=[x1,x2,x1_times_x2]'")
    expect(page).to_have_url(re.compile("network.inputs=%5B%22x1%22%2C%22x2%22%2C%22x1_times_x2%22%5D.*epoch=1"))
    other = live(address=f"{server.address}#{page.url.split('#')[1]}")
    news(other).to_have_text("Epoch 1 of the opened scene: the weights are identical.")
    for name, inputs_left in (("x2", 2), ("x1", 1), ("x1 times x2", 1)):
        inputs.get_by_role("button", name=name, exact=True).click()
        expect(page.locator("#diagram .node:not(.unit)")).to_have_count(inputs_left + 1)
    beside = page.locator('[data-key="network.inputs"] .refused')
    expect(beside).to_contain_text("network.inputs: input should be a list, such as")
    expect(pressed).to_have_text(["x₁x₂"])


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


def test_nothing_is_wider_than_the_screen_and_all_can_be_touched(live):
    page = live(360, color_scheme="dark", reduced_motion="reduce")
    for width, scheme in ((360, "dark"), (768, "light"), (1920, "light")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.locator("#play").bounding_box()["height"] >= 44


def test_it_is_small():
    _, page = live_document([])
    assert len(page.encode()) < 200_000
