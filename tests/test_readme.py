"""The generated parts of the gallery and the pages are up to date."""

from dataclasses import replace

import pytest
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from src.places import CONF
from src.readme import gallery
from src.readme.gallery import EXPERIMENTS, GALLERY, NEEDS_OWN_DATA, changed, read_entries
from src.readme.make import SECTIONS
from src.readme.sections import renewed
from src.settings.options import GROUPS, read_option

# Sections that the code writes


@pytest.mark.parametrize("page", SECTIONS, ids=lambda page: page.stem)
def test_sections_are_as_the_code_writes_them(page):
    text = page.read_text()
    assert renewed(text, SECTIONS[page]) == text, "stale; run `python -m src.readme pages`"


def test_no_experiment_is_missing_from_the_gallery():
    stems = {path.stem for path in (CONF / "experiment").glob("*.yaml")}
    assert stems == {*EXPERIMENTS, *NEEDS_OWN_DATA}
    assert set(read_entries()) == set(EXPERIMENTS)
    assert {path.stem for path in GALLERY.glob("*.png")} == set(EXPERIMENTS)


def every_option():
    return [(group, path.stem) for group in GROUPS for path in sorted((CONF / group).glob("*.yaml"))]


@pytest.mark.parametrize(("group", "option"), every_option())
def test_table_of_an_option_has_the_keys_that_hydra_composes(group, option):
    def keys_of(path):
        found = read_option(path)
        names = {key.name: key.default for key in found.keys}
        for shared in found.shared:
            names = keys_of(CONF / "common" / f"{shared}.yaml") | names
        return names

    shown = keys_of(CONF / group / f"{option}.yaml")
    composed = OmegaConf.select(composed_with(f"{group}={option}"), group.replace("/", "."))
    for key, default in shown.items():
        value = OmegaConf.to_container(composed, resolve=False)
        for part_of_key in key.split("."):
            value = value[part_of_key]
        assert value == OmegaConf.create(f"key: {default}").key if "${" not in default else value == default
    if group == "data":
        assert set(shown) == set(composed) - {"_target_"}


def composed_with(word):
    with initialize_config_dir(str(CONF), version_base="1.3"):
        return compose("train", [word], return_hydra_config=word.startswith("hydra/"))


@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_gallery_was_measured_with_the_settings_of_now(experiment):
    assert not changed(experiment), f"run `python -m src.readme {experiment}`"


def with_entry(monkeypatch, **settings):
    """The gallery as if XOR had been measured with these settings too; None takes one away."""
    entry = read_entries()["xor"]
    known = {key: value for key, value in {**entry.settings, **settings}.items() if value is not None}
    monkeypatch.setattr(gallery, "read_entries", lambda: {"xor": replace(entry, settings=known)})


def test_a_new_option_asks_for_no_training(monkeypatch):
    """`optimizer.nesterov` and `data.label_noise` as if they had come after the gallery was made."""
    with_entry(monkeypatch, **{"optimizer.nesterov": None, "data.label_noise": None})
    assert changed("xor") == []


def test_a_new_key_that_the_experiment_sets_asks_for_training(monkeypatch):
    with_entry(monkeypatch, **{"solved.at_least": None})  # null in conf/train.yaml, 0.99 in the experiment
    assert changed("xor") == ["solved.at_least"]


def test_a_setting_that_is_another_or_gone_asks_for_training(monkeypatch):
    with_entry(monkeypatch, **{"optimizer.lr": 7, "data.old": 1})
    assert sorted(changed("xor")) == ["data.old", "optimizer.lr"]


def test_figures_are_small():
    assert sum(path.stat().st_size for path in GALLERY.iterdir()) < 3_000_000
