"""A replay shows what the run was: in a browser, from one file, with the network blocked."""

import re

import pytest
import torch

from src.callbacks.replay import Replay
from src.page.document import STATIC
from src.page.modules import as_one_script
from src.replay.snapshots import lent
from tests.page.conftest import drawn, expect

pytestmark = pytest.mark.browser

MODEL = f"""([place, points, settings]) => {{
    {as_one_script(STATIC, "model")}
    const scene = JSON.parse(document.getElementById("data").textContent);
    const model = module_model.createModel(scene);
    const {{ probabilities, values }} = model.ask(scene.frames[place], Float64Array.from(points), settings);
    return [scene.frames[place].epoch, Array.from(probabilities ?? values)];
}}"""


def page_of(run):
    return run.folder / "export" / "replay.html"


def recorded(run):
    return next(each for each in run.parts.trainer.callbacks if isinstance(each, Replay)).snapshots


def score(page, name):
    return page.locator(f'[data-score="{name}"]').inner_text()


def agree(page, run, frames, scale):
    """Compare the page with PyTorch at 200 points of some frames."""
    torch.manual_seed(0)
    head, points = run.parts.head, torch.randn(200, *run.parts.head.spec.input_shape) * scale
    weights = {each.epoch: each.weights for each in recorded(run)}
    for place in frames:
        epoch, found = page.evaluate(MODEL, [place, points.flatten().tolist(), {"temperature": 1, "threshold": 0.5}])
        with lent(head), head.as_in_training(), torch.no_grad():
            head.load_state_dict(weights[epoch])
            expected = head.estimates(head(points)).flatten()
        torch.testing.assert_close(torch.tensor(found), expected.double(), rtol=0, atol=1e-5, check_dtype=False)


def test_probabilities_are_pytorchs_at_all_epochs(opened, xor):
    agree(opened(page_of(xor)), xor, (0, 7, 20, 41, 59), 1.0)


@pytest.mark.parametrize(
    ("words", "scale", "kilobytes"),
    [
        (("experiment=blobs",), 10.0, 150),
        (("experiment=spirals", "data.batch_size=null", "trainer.max_epochs=60"), 1.0, 3000),
        (("experiment=circles", "data.batch_size=null", "trainer.max_epochs=60"), 1.0, 3000),
        (("experiment=circles_linear", "network.inputs=[x1_squared,sin_x2]", "trainer.max_epochs=60"), 1.0, 300),
        (("experiment=line", "trainer.max_epochs=70"), 1.0, 150),
    ],
)
def test_other_problems_agree_too_and_their_files_are_small(opened, train, words, scale, kilobytes):
    run = train(*words, "callbacks=replay")
    page = opened(page_of(run))
    agree(page, run, (0, 1, 29, 58, 59), scale)
    assert page_of(run).stat().st_size <= 1000 * kilobytes
    page.keyboard.press("End")
    drawn(page)
    name = "r2" if words[0] == "experiment=line" else "accuracy"
    expect(page.locator("#test-note")).to_be_hidden()
    assert score(page, f"test/{name}") == f"{run.metrics[f'test/{name}']:.4f}".replace("-", "\u2212")


def test_xor_is_small_and_ends_with_the_test_accuracy_of_the_run(opened, xor):
    assert page_of(xor).stat().st_size <= 150_000
    page = opened(page_of(xor))
    assert score(page, "test/accuracy") == "\u2013"  # test rows are asked once, in the end
    page.keyboard.press("End")
    expect(page.locator("#forward")).to_be_disabled()
    for split in ("train", "val", "test"):
        assert score(page, f"{split}/accuracy") == f"{xor.metrics[f'{split}/accuracy']:.4f}"
    page.get_by_label("test").check()
    drawn(page)
    cells = [int(each) for each in page.locator("#confusion td:not(:empty)").all_inner_texts()]
    assert cells == [count for row in xor.metrics["test/confusion_matrix"] for count in row]


def test_it_plays_to_its_end_and_can_be_stopped(opened, xor):
    page = opened(page_of(xor))
    page.locator("#speed").select_option("4")
    page.locator("#play").click()
    expect(page.locator("#timeline")).not_to_have_value(re.compile(r"^[0-3]$"))
    page.locator("#play").click()
    expect(page.locator("#play-text")).to_have_text("Play")
    place = page.locator("#timeline").input_value()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#timeline")).to_have_value(str(int(place) + 1))
    page.keyboard.press("Space")
    expect(page.locator("#play-text")).to_have_text("Play again")
    assert page.locator("#epoch").inner_text() == f"best epoch, {xor.metrics['best_epoch']} of {xor.metrics['epochs']}"


def test_keys_alone_move_it(opened, xor):
    page = opened(page_of(xor))
    place = page.locator("#timeline")
    for key, expected in [("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 59), ("Home", 0)]:
        page.keyboard.press(key)
        expect(place).to_have_value(str(expected))
    page.locator("#probe").focus()
    page.keyboard.press("ArrowUp")  # the first shows the middle
    expect(page.locator("#readout")).to_contain_text("logit")
    expect(place).to_have_value("0")


def test_one_line_says_what_is_seen(opened, xor):
    page = opened(page_of(xor))
    page.keyboard.press("End")
    drawn(page)
    right = f"{100 * xor.metrics['val/accuracy']:.1f} % right (validation rows)"
    line = re.compile(rf"^epoch {xor.metrics['best_epoch']}, loss (\S+), {re.escape(right)}$")
    expect(page.locator("#heard")).to_have_text(line)
    loss = float(line.match(page.locator("#heard").inner_text())[1])
    assert loss == pytest.approx(xor.metrics["val/loss"], rel=5e-3)


def test_the_threshold_trades_precision_for_recall(opened, xor):
    page = opened(page_of(xor))
    page.keyboard.press("End")
    page.get_by_label("validation").check()
    drawn(page)
    head, rows = xor.parts.head, xor.parts.datamodule.splits.val
    with torch.no_grad():
        positive = head.probabilities(head(rows.x))[:, 1]
    for threshold in (0.2, 0.9):
        page.locator("#threshold").fill(str(threshold))
        expect(page.locator("#threshold-value")).to_have_text(f"{threshold:.3f}")
        yes = positive >= threshold
        precision = rows.y[yes].float().mean().item()
        recall = yes[rows.y == 1].float().mean().item()
        assert page.locator("#precision").inner_text() == f"{precision:.4f}"
        assert page.locator("#recall").inner_text() == f"{recall:.4f}"
    page.locator("#threshold-own").click()
    expect(page.locator("#threshold-value")).to_have_text("0.500")


def test_playing_with_it_changes_no_weight(opened, xor):
    """What the page could train with is not there, and nothing that can be pressed changes a number."""
    source = "".join(path.read_text().lower() for path in STATIC.glob("*.js") if path.name != "next-step.js")
    assert "of: number" in (STATIC / "live.js").read_text()  # next-step.js shows gradients that it asks the worker for
    for word in ("gradient", "backward", "backprop", "derivative", "optimizer", "learning rate", "momentum"):
        assert word not in source
    assert not re.search(r"weights(of\(\w+\))?\[[^\]]*\]\s*[-+*/]?=[^=]", source)
    page = opened(page_of(xor))
    data = page.locator("#data").inner_text()
    asked = [30, [0.3, 0.4], {"temperature": 1, "threshold": 0.5}]
    before = page.evaluate(MODEL, asked)
    page.keyboard.press("End")
    expect(page.locator("#forward")).to_be_disabled()
    for pressed in page.locator("button:enabled, input:enabled").all():
        pressed.click()
    drawn(page)
    assert page.locator("#data").inner_text() == data
    assert page.evaluate(MODEL, asked) == before


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (768, "light"), (1920, "light")])
def test_nothing_is_wider_than_the_screen(opened, xor, width, scheme):
    page = opened(page_of(xor), width, color_scheme=scheme, reduced_motion="reduce")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#play").bounding_box()["height"] >= 44


def test_names_are_shown_as_they_are_and_nothing_in_them_runs(opened, train, tmp_path):
    names = ["</script><img src=x onerror=\"document.title='ran'\">", "<b>bold</b> {{data}} & 'twice'"]
    column = '<svg onload="document.title=1">'
    lines = [f"{side},{row},{label}" for row in range(40) for side, label in ((row % 7, 0), (row % 5 + 9, 1))]
    quoted = ['"' + name.replace('"', '""') + '"' for name in names]
    text = "\n".join(line[:-1] + quoted[int(line[-1])] for line in lines)
    quoted_column = column.replace('"', '""')
    (tmp_path / "rows.csv").write_text(f'"{quoted_column}",b,kind\n{text}\n')
    words = "data=csv", f"data.path={tmp_path}/rows.csv", "data.target=kind", "trainer.max_epochs=4"
    run = train(*words, "callbacks=replay", "network=mlp")
    page = opened(page_of(run))
    page.keyboard.press("End")
    page.locator("#probe").hover()
    drawn(page)
    for name in names:
        expect(page.locator("#legend")).to_contain_text(name)
        expect(page.locator("#confusion")).to_contain_text(name)
    expect(page.locator("#readout")).to_contain_text(column)
    assert page.locator("img, #legend b, #confusion b").count() == 0
    assert "replayed" in page.title()
