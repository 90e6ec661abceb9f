"""The page of a finished run on images in a browser: drawn by pointer and by keyboard, with its mistakes by cell."""

import base64
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from src.storage.values import known_json
from tests.conftest import compose_train, trained
from tests.page.conftest import expect
from tests.page.live_server import live_server
from tests.page.test_accessible import check
from tests.play.test_pictures import predicted
from tests.sandbox import REAL_DATA

pytestmark = pytest.mark.browser

QUICK = "logger=none", "callbacks.progress_bar=null", "callbacks.figures=null"
THREE = [(0.3, 0.25), (0.5, 0.15), (0.68, 0.3), (0.5, 0.47), (0.7, 0.65), (0.5, 0.85), (0.3, 0.75)]

_KEEPS_SOCKETS = """window.sockets = [];
    window.WebSocket = class extends WebSocket {
        constructor(address) {
            super(address);
            window.sockets.push(this);
        }
    };"""


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """The folder of a run with a temperature."""
    words = "experiment=digits", "head.calibration=temperature", "trainer.max_epochs=8", *QUICK
    return trained(compose_train(*words), tmp_path_factory.mktemp("digits")).folder


@pytest.fixture(scope="module")
def of_digits(digits, runs):
    """Its server."""
    with live_server(runs, f"run={digits}") as served:
        yield served


@pytest.fixture
def page(live, of_digits):
    """Its page, with the confusion matrix."""
    page = live(address=of_digits.address)
    expect(page.locator("#confusion button")).to_have_count(100)
    return page


def draw(page, points=THREE):
    box = page.locator("#drawing").bounding_box()
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=3)
    page.mouse.up()


def heard(page):
    expect(page.locator("#heard")).to_contain_text("Most likely")
    return page.locator("#heard").inner_text()


def shown(page):
    """The pixels of the picture that the network sees."""
    address = page.evaluate("() => document.getElementById('picture').toDataURL()")
    return np.array(Image.open(BytesIO(base64.b64decode(address.partition(",")[2]))).convert("L"))


def bars(page):
    return [float(text) for text in page.locator("#bars td:last-child").all_inner_texts()]


def test_a_drawing_has_the_bars_that_predict_has_for_what_the_network_sees(page, digits, tmp_path):
    expect(page.locator("#facts")).to_contain_text("temperature")
    draw(page)
    line = heard(page)
    expect(page.locator("#made")).to_contain_text("stretched to 20 × 32")
    name, probabilities = predicted(digits, shown(page), tmp_path)
    assert bars(page) == pytest.approx(probabilities, abs=6e-5)
    assert line == f"Most likely {name}, {100 * max(probabilities):.1f} %."
    expect(page.locator("#bars tr[data-most=true] th")).to_have_text(name)
    page.get_by_label("scale and centre the drawing").uncheck()
    expect(page.locator("#made")).to_have_text("The drawing as it is, in 8 × 8 pixels.")
    _, probabilities = predicted(digits, shown(page), tmp_path)
    assert bars(page) == pytest.approx(probabilities, abs=6e-5)


def test_cells_count_as_the_run_does_and_their_pictures_can_be_put_onto_the_canvas(page, digits):
    counts = np.array(known_json(digits / "metrics.json")["test/confusion_matrix"])
    assert [int(text) for text in page.locator("#confusion button").all_inner_texts()] == counts.ravel().tolist()
    wrong = counts - np.diag(counts.diagonal())
    most = wrong.max()
    truth, guess = divmod(int(wrong.argmax()), 10)
    expect(page.locator("#cell-title")).to_have_text(
        f"True class {truth}, predicted as {guess}: {most} of {counts[truth].sum()} test pictures"
    )
    expect(page.locator(".thumb")).to_have_count(int(most))
    page.locator("#confusion button").nth(11 * 4).press("Enter")
    expect(page.locator("#cell-title")).to_contain_text("True class 4, predicted as such")
    thumb = page.locator(".thumb").nth(1)
    expect(page.locator(".thumb")).to_have_count(int(min(48, counts[4, 4])))
    said = thumb.locator("b").inner_text()
    thumb.press("Enter")
    expect(page.locator("#made")).to_contain_text("Its true class is 4.")
    expect(thumb).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#bars tr[data-most=true] td:last-child")).to_have_text(said)
    assert shown(page).max() > 0
    before = bars(page)
    page.get_by_label("scale and centre the drawing").check()
    expect(page.locator("#made")).to_contain_text("Cropped")
    page.get_by_label("scale and centre the drawing").uncheck()
    expect(page.locator("#made")).to_contain_text("as it is")
    assert bars(page) == before  # its pixels have come back from the canvas as they were
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#made")).to_contain_text("Draw something")


def test_the_keyboard_draws_undoes_and_clears_and_is_heard(page):
    page.locator("#drawing").focus()
    for key in [*["ArrowUp"] * 9, " ", *["ArrowDown"] * 18, " "]:
        page.keyboard.press(key)
    expect(page.locator("#draw-note")).to_have_text("Pen up at column 15, row 24 of 28.")
    settle(page)
    line = heard(page)
    for key in ["ArrowLeft", "Shift+ArrowUp", "Space", *["ArrowLeft"] * 5, "Escape"]:
        page.keyboard.press(key)
    expect(page.locator("#heard")).not_to_have_text(line)
    page.keyboard.press("z")
    expect(page.locator("#heard")).to_have_text(line)
    page.keyboard.press("Delete")
    expect(page.locator("#made")).to_contain_text("Draw something")
    page.keyboard.press("z")
    expect(page.locator("#bars tr[data-most=true]")).to_have_count(1)


def settle(page):
    """Wait until the bars, which follow the pen, have been the same for half a second."""
    page.evaluate(
        """() => new Promise((done) => {
            let shown, since;
            const look = () => {
                const now = document.getElementById("bars").textContent;
                if (now !== shown) [shown, since] = [now, performance.now()];
                if (performance.now() - since > 500) done(); else requestAnimationFrame(look);
            };
            look();
        })"""
    )


def scribble(page):
    """Draw two lines at once: a message that comes or goes would move the canvas away under a mouse."""
    page.evaluate(
        """() => {
            const canvas = document.getElementById("drawing");
            const box = canvas.getBoundingClientRect();
            canvas.setPointerCapture = () => {};
            canvas.hasPointerCapture = () => true;
            for (const [kind, x, y] of [["down", 60, 40], ["move", 160, 120], ["move", 80, 220], ["up", 80, 220]])
                canvas.dispatchEvent(new PointerEvent(`pointer${kind}`,
                    { pointerId: 1, clientX: box.left + x, clientY: box.top + y }));
        }"""
    )


def test_a_lost_connection_comes_back_and_the_last_question_is_asked_again(live, of_digits):
    page = live(address=of_digits.address, first=lambda page: page.add_init_script(_KEEPS_SOCKETS))
    scribble(page)
    settle(page)
    before = (heard(page), bars(page))
    page.evaluate("() => window.sockets.at(-1).close()")
    expect(page.locator("#news")).to_have_text("The connection was lost. The page is trying to reconnect.")
    page.locator("#clear").click()
    scribble(page)
    expect(page.locator("#news")).to_be_hidden()
    expect(page.locator("#bars tr[data-most=true]")).to_have_count(1)
    settle(page)
    assert (heard(page), bars(page)) == before


def test_bars_follow_the_pen_and_at_rest_no_processor_works(page, of_digits):
    draw(page)
    heard(page)
    taken = page.evaluate(
        """async () => {
            const canvas = document.getElementById("drawing");
            const box = canvas.getBoundingClientRect();
            const at = (x, y) => ({ pointerId: 1, clientX: box.left + x, clientY: box.top + y });
            const made = (kind, x, y) => new PointerEvent(kind, at(x, y));
            canvas.setPointerCapture = () => {};
            canvas.hasPointerCapture = () => true;
            const taken = [];
            for (let i = 0; i < 10; i++) {
                const before = document.getElementById("bars").textContent;
                canvas.dispatchEvent(made("pointerdown", 20 + 20 * i, 20));
                canvas.dispatchEvent(made("pointermove", 40 + 15 * i, 250));
                const start = performance.now();
                canvas.dispatchEvent(made("pointerup", 40 + 15 * i, 250));
                while (document.getElementById("bars").textContent === before && performance.now() - start < 2000)
                    await new Promise(requestAnimationFrame);
                taken.push(performance.now() - start);
            }
            return taken;
        }"""
    )
    assert min(taken) < 100
    settle(page)
    before, start = _spent(of_digits.workers), time.monotonic()
    page.evaluate("() => new Promise((done) => setTimeout(done, 1000))")
    assert _spent(of_digits.workers) - before <= 0.02 * (time.monotonic() - start) + 0.02


def _spent(pids):
    """Seconds of processor time that some processes have used."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(each[11]) + int(each[12]) for each in fields) / 100


def test_every_part_of_the_page_is_named_and_each_text_can_be_read(page):
    draw(page)
    heard(page)
    page.locator(".thumb").first.click()
    expect(page.locator("#made")).to_contain_text("Its true class is")
    page.locator("#moves").hover()
    roles = {node.role for node in check(page)}
    assert roles >= {"application", "button", "checkbox", "slider"}


def test_nothing_is_wider_than_a_telephone(live, of_digits):
    page = live(width=360, height=740, address=of_digits.address)
    expect(page.locator("#confusion button")).to_have_count(100)
    assert page.evaluate("() => document.documentElement.scrollWidth") == 360


@pytest.mark.skipif(REAL_DATA is None, reason="Fashion-MNIST is neither in data/ nor in ../shared/data/")
def test_a_garment_is_drawn_in_grey_and_gets_what_predict_says(live, runs, tmp_path):
    words = "experiment=fashion_mlp", f"data_dir={REAL_DATA}", "trainer.max_epochs=1", *QUICK
    folder = trained(compose_train(*words), tmp_path / "run").folder
    with live_server(runs, f"run={folder}") as served:
        page = live(address=served.address)
        page.get_by_label("Thickness").fill("90")
        draw(page, [(0.3, 0.2), (0.7, 0.2), (0.7, 0.8), (0.35, 0.8), (0.35, 0.3), (0.6, 0.3), (0.6, 0.7)])
        heard(page)
        expect(page.locator("#made")).to_contain_text("as for Fashion-MNIST")
        picture = shown(page)
        assert 150 < picture.max() < 255
        assert picture.any(1).all()
        name, probabilities = predicted(folder, picture, tmp_path)
        assert bars(page) == pytest.approx(probabilities, abs=6e-5)
        expect(page.locator("#bars tr[data-most=true] th")).to_have_text(name)
        expect(page.locator("#confusion button")).to_have_count(100)
        counts = np.array(known_json(folder / "metrics.json")["test/confusion_matrix"])
        told = [int(text.replace(",", "")) for text in page.locator("#confusion button").all_inner_texts()]
        assert told == counts.ravel().tolist()
