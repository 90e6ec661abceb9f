"""README.md is true: its commands run, its messages are what is printed, its sections are what the code would write."""

import csv
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from src.places import CONF
from src.readme import gallery
from src.readme.gallery import EXPERIMENTS, GALLERY, NEEDS_OWN_DATA, changed, read_entries
from src.readme.make import SECTIONS
from src.readme.options import GROUPS, read_option
from src.readme.sections import README, renewed
from tests.commands import run
from tests.data.image_files import write_pngs
from tests.pages import commands_in, sooner, undrawn
from tests.sandbox import ROOT, environment, make_sandbox

TEXT = README.read_text()


def part(title):
    """A section of README.md, from its title to the next."""
    return re.search(rf"^## {title}$(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)[1]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """The project with the files that README.md's commands speak of."""
    folder = make_sandbox(tmp_path_factory.mktemp("project"))
    patients = [
        {"age": age, "smoker": "yes" if age % 3 else "no", "disease": "yes" if age > 50 else "no"}
        for age in range(20, 90)
    ]
    with (folder / "patients.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(patients[0]))
        writer.writeheader()
        writer.writerows(patients)
    _write_parquet(folder / "plants.parquet")
    (folder / "new.csv").write_text("x1,x2\n0,1\n1,1\n0.4,-0.2\n")
    write_pngs(folder / "my_pictures", each=20)
    from torchvision.models import resnet18

    torch.save(resnet18().state_dict(), folder / "resnet18.pth")
    downloaded = folder / "hub" / "checkpoints" / "resnet18-f37072fd.pth"  # as if, for tests have no network
    downloaded.parent.mkdir(parents=True)
    downloaded.symlink_to(folder / "resnet18.pth")
    return folder


def _write_parquet(path):
    import pyarrow
    from pyarrow import parquet

    rows = range(60)
    columns = {
        "id": list(rows),
        "height": [row % 3 + row / 60 for row in rows],
        "kind": ["abc"[row % 3] for row in rows],
    }
    parquet.write_table(pyarrow.table(columns), path)


@pytest.mark.docs
def test_the_commands_of_the_page_run_one_after_another(workplace):
    before = TEXT[: TEXT.index("## Add your own")]
    commands = [command for command in commands_in(before) if command.output is None]
    assert len(commands) > 30
    for command in commands:
        done = run(undrawn(sooner(command.words)), workplace, TORCH_HOME=str(workplace))
        assert done.returncode == 0, f"{command}\n{done.stderr}"


@pytest.mark.docs
def test_the_python_of_the_page_runs(workplace):
    (code,) = re.findall(r"```python\n(from src import lab\n.*?)```", TEXT, re.DOTALL)
    (workplace / "page.py").write_text(code.replace("range(0,64)", "range(0,2)"))
    done = run(["page"], workplace, own_code=True, **environment(workplace))
    assert done.returncode == 0, done.stderr
    assert "NOT solved" in done.stdout  # noise of 0.2 is more than XOR's promise allows
    assert len(list((workplace / "runs" / "xor" / "multirun").iterdir())) > 0


def test_the_cookbook_has_fifteen_recipes_or_more():
    assert len(list(commands_in(part("Cookbook")))) >= 15


def test_messages_are_what_is_printed(workplace):
    run(["src.train", "trainer.max_epochs=2", "callbacks.figures=null"], workplace)
    shown = list(commands_in(part("Troubleshooting")))
    assert len(shown) > 5
    for command in shown:
        done = run(command.words, workplace)
        assert done.stderr.strip() == command.output, command
        assert done.returncode == (2 if command.output.startswith("config error") else 1)


def test_additions_worked_through_are_complete(tmp_path):
    """The files as the page shows them, in a copy of the project, and the commands below them."""
    for name in ("src", "conf", "hydra_plugins"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = part("Add your own")
    files = re.findall(r"`((?:src|conf)/[\w/]+\.(?:py|yaml))`:\n\n```\w+\n(.*?)```", text, re.DOTALL)
    assert len(files) == 7
    for name, content in files:
        assert not (tmp_path / name).exists()
        (tmp_path / name).write_text(content)
    commands = [sooner(command.words) for command in commands_in(text)]
    assert len(commands) == 4
    for words in commands:
        done = run(words, tmp_path, own_code=True)
        assert done.returncode == 0, done.stderr
    subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", tmp_path / "src"], check=True
    )


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:`|^    )make ([a-z-]+)", TEXT, re.MULTILINE))))
def test_make_has_the_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_links_and_pictures_are_there():
    places = re.findall(r"\]\(([^)#]+)\)|src=\"([^\"]+)\"", TEXT)
    assert len(places) > 30
    for link, picture in places:
        assert (ROOT / (link or picture)).exists()


# Sections that the code writes


def test_sections_are_as_the_code_writes_them():
    assert renewed(TEXT, SECTIONS) == TEXT, "README.md is stale; run `make gallery`"


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
