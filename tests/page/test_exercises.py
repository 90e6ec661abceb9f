"""Exercises on the live page: predicted, solved, kept for the visit, linked to, and written by a teacher."""

import re

import pytest

from tests.page.conftest import drawn, expect
from tests.page.live_server import live_server
from tests.page.test_accessible import check
from tests.play.test_exercises import ALL, written

pytestmark = pytest.mark.browser

HOSTILE = '</script><img src=x onerror="document.title=1"> {settings} ${oc.env:HOME}'


def at(server, fragment):
    return f"{server.address}#{fragment}"


def card(page):
    return page.locator("#exercises")


def verdict(page):
    return expect(card(page).locator(".verdict"))


def test_one_predicts_trains_and_sees_the_answer_and_what_is_done_stays_for_the_visit(live):
    page = live()
    expect(card(page)).to_be_hidden()
    page.get_by_role("button", name="Exercises", exact=True).click()
    expect(card(page).get_by_role("button")).to_have_count(len(ALL))
    card(page).get_by_role("button", name="2. AND with one unit").click()
    expect(card(page).get_by_role("heading", name="2. AND with one unit")).to_be_visible()
    expect(page.locator("#title")).to_have_text("AND gate")
    assert page.evaluate("document.activeElement.id") == "exercises"
    verdict(page).to_have_text("Not solved yet.")
    reveal = card(page).get_by_role("button", name="Show the answer")
    expect(reveal).to_be_disabled()
    card(page).get_by_label("three").check()
    expect(reveal).to_be_disabled()  # nothing has been trained
    assert "All four. A line can" not in card(page).inner_text()
    page.locator("#fast").click()
    verdict(page).to_have_text("Solved!")
    expect(page.locator("#news")).to_have_text(re.compile(r"Exercise solved after \d+ epochs\."))
    expect(card(page)).to_contain_text("All four. A line can cut off one corner")
    expect(card(page).get_by_label("three ✗ your prediction")).to_be_checked()
    expect(card(page).get_by_label("all four ✓ right")).to_be_disabled()
    expect(page.locator("#exercises-count")).to_have_text(f"(1 of {len(ALL)} done)")
    page.reload()
    verdict(page).to_have_text("Solved!")  # the address trains it again
    card(page).get_by_role("button", name="All exercises").click()
    expect(card(page).get_by_role("button", name="2. AND with one unit done")).to_be_visible()
    assert "exercise=" not in page.url


def test_an_address_opens_an_exercise_whose_solution_can_be_played_and_the_next_one_follows(live, server):
    page = live(address=at(server, "exercise=xor_by_an_input"))
    expect(card(page).get_by_role("heading", name="6. XOR without a hidden layer")).to_be_visible()
    card(page).get_by_label("sin x₁").check()
    page.locator("#epoch-on").click()
    card(page).get_by_role("button", name="Show the answer").click()
    card(page).get_by_role("button", name="Play a solution").click()
    verdict(page).to_have_text("Solved!")
    expect(card(page).locator(".goals")).to_contain_text("training accuracy: at least 1 ✓")
    assert "exercise=xor_by_an_input" in page.url
    card(page).get_by_role("button", name="Next").click()
    expect(card(page).get_by_role("heading", name="7. Find a start that gets stuck")).to_be_visible()
    expect(page.locator("#title")).to_have_text("XOR")


def test_a_line_set_by_hand_solves_an_exercise_that_opens_the_place_to_set_it(live, server):
    page = live(address=at(server, "exercise=and_by_hand"))
    expect(card(page).get_by_role("heading", name="1. AND by hand")).to_be_visible()
    card(page).get_by_label("b = −1.5").check()
    reveal = card(page).get_by_role("button", name="Show the answer")
    expect(reveal).to_be_disabled()
    for place, value in enumerate(("1", "1", "-1.5")):
        expect(page.locator(f"#weight-{place}")).to_be_visible()
        page.locator(f"#weight-{place}").fill(value)
        page.locator(f"#weight-{place}").press("Enter")
    verdict(page).to_have_text("Solved!")
    expect(page.locator("#news")).to_have_text("Exercise solved by hand.")
    expect(card(page)).to_contain_text("b lies between −2 and −1")
    expect(page.locator("body")).to_have_attribute("data-epoch", "0")
    card(page).get_by_role("button", name="Start again").click()
    verdict(page).to_have_text("You have solved this one before.")
    card(page).get_by_role("button", name="Play a solution").click()
    verdict(page).to_have_text("Solved!")
    expect(page.locator("#weight-2")).to_have_value("−1.5")


def test_a_setting_that_may_not_be_changed_is_named(live, server):
    page = live(address=at(server, "exercise=momentum"))
    card(page).wait_for()
    rate = page.get_by_label("Learning rate", exact=True)
    rate.fill("1")
    rate.press("Enter")
    strayed = expect(card(page).locator(".refused"))
    strayed.to_have_text(re.compile("Something else was changed: Learning rate"))
    card(page).get_by_role("button", name="Start again").click()
    strayed.to_be_hidden()
    expect(rate).to_have_value("0.03")


def test_a_link_to_no_exercise_says_so(live, server):
    page = live(address=at(server, "exercise=nonsense"))
    expect(page.locator("#news")).to_have_text(re.compile("exercise: there is no exercise 'nonsense'; choose from "))


@pytest.mark.parametrize("width", [360, 1366])
def test_the_list_and_the_card_can_be_heard_and_read_and_fit(live, width):
    page = live(width=width)
    page.locator("#exercises-open").click()
    check(page)
    card(page).get_by_role("button", name="18.").click()
    card(page).get_by_role("heading", name="18.").wait_for()
    check(page)
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_teacher_s_file_appears_and_its_texts_run_nothing(live, runs, tmp_path):
    folder = written(tmp_path / "own", title=HOSTILE, text=HOSTILE, question=HOSTILE, answer=HOSTILE)
    words = f"exercises={folder}", "exercise=and"
    with live_server(runs, *words) as served:
        assert served.address.endswith("#exercise=and")
        page = live(address=served.address)
        heading = card(page).get_by_role("heading", name="1. </script><img")
        expect(heading).to_have_text(f"1. {HOSTILE}")
        card(page).get_by_label("four").check()
        page.get_by_label("Learning rate", exact=True).fill("1")
        page.get_by_label("Learning rate", exact=True).press("Enter")
        page.locator("#fast").click()
        verdict(page).to_have_text("Solved!")
        assert card(page).inner_text().count(HOSTILE) == 4
        assert page.locator("img").count() == 0
        assert page.title() == "AND gate: train a network"
        page.close()
