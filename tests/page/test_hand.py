"""Weights in the hand in a browser: set, dragged and frozen; the next step, the landscape, and a kept training."""

import re

import pytest
import torch
import torch.nn.functional as F

from src.plots.plane import plane_around
from tests.page.conftest import drawn, expect
from tests.page.test_accessible import check
from tests.page.test_live import news, set_to
from tests.page.test_replay import score

pytestmark = pytest.mark.browser

X = torch.tensor([[0.0, 0], [0, 1], [1, 0], [1, 1]])
AND = "experiment=%22and_gate%22"


@pytest.fixture
def opened_at(live, server):
    def open_at(fragment, **settings):
        return live(address=f"{server.address}#{fragment}", **settings)

    return open_at


def put(page, place, value):
    field = page.locator(f"#weight-{place}")
    field.fill(str(value))
    field.press("Enter")


def and_by_hand(page):
    for place, value in enumerate((1, 1, -1.5)):
        put(page, place, value)
        expect(page.locator(f"#weight-{place}")).to_have_value(str(value).replace("-", "\u2212"))
    expect(page.locator('[data-score="train/accuracy"]')).to_have_text("1.0000")


def at(page, x, y):
    """Where a point of AND's plane is on the page, from the middle of the plot's canvas."""
    left, right, bottom, top = plane_around(X, 2).extent
    box = page.locator("#probe").bounding_box()
    em = page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)") / 15
    width, height = box["width"] - 56 * em, box["height"] - 48 * em
    return (
        box["x"] + 46 * em + width * (x - left) / (right - left),
        box["y"] + 10 * em + height * (1 - (y - bottom) / (top - bottom)),
    )


def numbers(page, column):
    """A column of the weights in the next step: 1 now, 2 gradient, 3 after it."""
    cells = page.locator(f"#next-weights tbody td:nth-child({column + 1})").all()
    return [float(cell.get_attribute("data-value")) for cell in cells]


def test_and_by_hand_its_logit_under_the_pointer_and_one_step_of_it(opened_at):
    page = opened_at(f"{AND}&open=hand,next-step")
    and_by_hand(page)
    assert page.locator("#confusion button").all_inner_texts() == ["3", "0", "0", "1"]
    page.mouse.move(*at(page, 1, 0))
    expect(page.locator("#readout .sum b")).to_have_text(
        re.compile(r"^1 · (0\.99\d+|1\.?\d*) \+ 1 · \S+ − 1.5 = −0\.(49|5)\d*$")
    )
    shown = page.locator("#readout .entry", has_text=re.compile("^1")).locator("b").inner_text()
    assert float(shown) == pytest.approx(0.3775, abs=1e-3)  # a pixel is not exactly (1, 0); the table below is
    expect(page.locator("#next-weights tbody tr")).to_have_count(3)
    expect(page.locator("#next-rows tbody tr").nth(2)).to_have_text(
        re.compile(r"1\s*0\s*0\s*−0.5\s*0.37754\s*0\s*0.37754")
    )
    weights = torch.tensor([1, 1, -1.5], requires_grad=True)
    F.binary_cross_entropy_with_logits(X @ weights[:2] + weights[2], torch.tensor([0.0, 0, 0, 1])).backward()
    assert numbers(page, 1) == [1, 1, -1.5]
    assert numbers(page, 2) == pytest.approx(weights.grad.tolist(), abs=1e-6)
    after = numbers(page, 3)
    assert after == pytest.approx((weights.detach() - 0.2 * weights.grad).tolist(), abs=1e-6)
    page.locator("#step-on").click()
    bias = page.locator("#next-weights tbody tr").last.locator("td").first  # the others' gradients are almost 0 here
    expect(bias).not_to_have_attribute("data-value", "-1.5")
    assert numbers(page, 1) == after
    expect(page.locator("#no-command")).to_contain_text("no single command")


def test_the_line_is_dragged_by_pointer_and_by_keyboard(opened_at):
    page = opened_at(f"{AND}&open=hand")
    and_by_hand(page)
    fields = [page.locator(f"#weight-{place}") for place in range(3)]
    x, y = at(page, 0.75, 0.75)  # where the line is held: its point next to the middle
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(*at(page, 0.5, 0.5), steps=4)
    page.mouse.up()
    expect(fields[2]).to_have_value("−1")
    assert [field.input_value() for field in fields[:2]] == ["1", "1"]
    expect(page.locator('[data-score="train/accuracy"]')).to_have_text("0.5000")  # on the line means yes
    page.get_by_role("button", name="Line: drag it").press("ArrowRight")
    expect(fields[2]).not_to_have_value("−1")
    expect(page.locator('[data-score="train/accuracy"]')).to_have_text("1.0000")
    tip = page.get_by_role("button", name="Weights: drag the tip")
    tip.press("ArrowUp")
    expect(fields[1]).not_to_have_value("1")
    box = tip.bounding_box()
    page.mouse.move(box["x"] + 16, box["y"] + 16)
    page.mouse.down()
    page.mouse.move(*at(page, 0.1, 0.5), steps=4)
    page.mouse.up()
    expect(fields[0]).to_have_value(re.compile("^−"))


def test_a_connection_is_clicked_and_frozen_for_twenty_steps(opened_at):
    page = opened_at("experiment=%22xor%22&data.num_train=3200&optimizer.momentum=0.9&open=next-step")
    expect(page.locator("#next-weights tbody tr")).to_have_count(17)
    drawn(page)  # the diagram has its size by then
    wire = """() => {
        const path = document.querySelector('#diagram path[data-at="2"]');
        const { left, top } = path.ownerSVGElement.getBoundingClientRect();
        const { x, y } = path.getPointAtLength(path.getTotalLength() * 0.1);
        return [x + left, y + top];
    }"""
    page.mouse.click(*page.evaluate(wire))
    expect(page.locator("#hand")).to_have_attribute("open", "")
    row = page.locator("#hand-rows .weight")
    chosen = int(row.get_attribute("data-weight"))
    page.locator("#hand-choice select").select_option("2")
    assert chosen in (0, 2, 4, 6)  # they all begin at x1
    put(page, 2, "0.7")
    page.locator("#weight-2-frozen").check()
    expect(page.locator('path[data-at="2"].frozen')).to_have_count(1)
    expect(page.locator("#next-weights th", has_text="frozen")).to_have_text("x1 → unit 2 (frozen)")
    before = numbers(page, 1)
    for step in range(1, 21):
        page.locator("#step-on").click()
        expect(page.locator("#epoch")).to_have_text(re.compile(f"step {step} of" if step < 25 else "epoch 1"))
    expect(page.locator("#next-weights tbody td").first).not_to_have_attribute("data-value", str(before[0]))
    after = numbers(page, 1)
    assert [place for place in range(17) if before[place] == after[place]] == [2]
    assert after[2] == torch.tensor(0.7).item()


def test_wrong_weights_are_refused_in_one_line(opened_at):
    page = opened_at(f"{AND}&open=hand")
    and_by_hand(page)
    for value, line in (
        ("a lot", "should be a number"),
        ("1e9", "should be -1,000 to 1,000"),
        ("", "should be a number"),
    ):
        put(page, 0, value)
        news(page).to_contain_text(f"weights: {line}")
        expect(page.locator("#weight-0")).to_have_value("1")
        put(page, 1, 1)
    assert score(page, "train/accuracy") == "1.0000"


def test_the_landscape_shows_the_path_and_takes_a_click(opened_at):
    page = opened_at(f"{AND}&open=hand,landscape")
    and_by_hand(page)
    note = page.locator("#landscape-note")
    expect(note).to_contain_text("The loss is 0.406. The lowest on this map is 0.4")
    page.get_by_label("up", exact=True).select_option("2")
    expect(note).to_contain_text("b = ")
    canvas = page.locator("#landscape-map")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    canvas.click(position={"x": 200, "y": 100})
    expect(page.locator("#weight-0")).not_to_have_value("1")
    expect(page.locator("#weight-2")).not_to_have_value("−1.5")
    expect(page.locator("#weight-1")).to_have_value("1")
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before


def test_a_kept_training_is_compared_with_another_from_the_same_start(opened_at):
    page = opened_at("experiment=%22gaussian%22")
    expect(page.locator("#title")).to_have_text("Gaussian")
    start = page.evaluate("document.body.dataset.hash")
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 50")
    page.get_by_role("button", name="Keep to compare").click()
    page.locator("#reset").click()
    expect(page.locator(f'body[data-hash="{start}"]')).to_have_count(1)
    set_to(page, "optimizer.lr", 0.001)
    page.locator("#epoch-on").click()
    expect(page.locator("#kept-ghost")).to_contain_text("Learning rate: 0.1 then, 0.001 now")
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 50")
    drawn(page)
    pictures = "() => ['#plot', '#curves canvas'].map((name) => document.querySelector(name).toDataURL())"
    compared = page.evaluate(pictures)
    page.get_by_role("button", name="Stop comparing").click()
    drawn(page)
    assert all(one != other for one, other in zip(compared, page.evaluate(pictures), strict=True))


def test_what_is_new_is_named_and_can_be_read_on_any_screen(opened_at):
    page = opened_at(f"{AND}&open=hand,next-step,landscape")
    and_by_hand(page)
    page.locator("#epoch-on").click()
    expect(page.locator("#epoch")).to_have_text("epoch 1 of 4,000")
    page.get_by_role("button", name="Keep to compare").click()
    expect(page.locator("#landscape-note")).to_contain_text("lowest")
    check(page)
    for width in (360, 768, 1920):
        page.set_viewport_size({"width": width, "height": 900})
        drawn(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
