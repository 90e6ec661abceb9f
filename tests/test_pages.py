"""README.md and the pages of docs/ are true: their commands run, and print the messages that they show."""

import csv
import os
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer

from src.readme.sections import DOCS, README
from tests.commands import run
from tests.data.image_files import write_pngs
from tests.pages import commands_in, sooner, undrawn
from tests.sandbox import ROOT, environment, make_sandbox

PAGES = [*sorted(README.parent.glob("*.md")), *sorted(DOCS.glob("*.md"))]
TROUBLE, ADDITIONS, COOKBOOK, SEARCH = (
    DOCS / f"{name}.md" for name in ("troubleshooting", "add_your_own", "cookbook", "search")
)
MACHINES = DOCS / "machines.md"  # whose commands need a cluster; tests/cluster has one
RUN = [page for page in PAGES if page not in (TROUBLE, ADDITIONS, MACHINES) and [*commands_in(page.read_text())]]
"""Pages whose commands are run one after another, each page from the start."""


def name(page):
    return page.stem


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """The project with the files that the commands of the pages use."""
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
    parts = [f"{part} {side} (cm)" for part in ("sepal", "petal") for side in ("length", "width")]
    (folder / "flowers.csv").write_text(f"{','.join(parts)}\n5.1,3.5,1.4,0.2\n6.7,3.1,5.6,2.4\n")
    tumours = load_breast_cancer()
    np.savetxt(
        folder / "tumours.csv", tumours.data[:3], delimiter=",", header=",".join(tumours.feature_names), comments=""
    )
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
@pytest.mark.parametrize("page", RUN, ids=name)
def test_the_commands_of_a_page_run_one_after_another(page, workplace):
    shutil.rmtree(workplace / "runs", ignore_errors=True)  # what is the latest run is the page's own
    (workplace / "answers.csv").unlink(missing_ok=True)
    for command in commands_in(page.read_text()):
        done = run(undrawn(sooner(command.words)), workplace, TORCH_HOME=str(workplace))
        assert done.returncode == 0, f"{command}\n{done.stderr}"


def test_most_pages_have_commands():
    assert len(RUN) >= 6
    assert sum(len([*commands_in(page.read_text())]) for page in RUN) > 40


@pytest.mark.docs
def test_the_python_of_the_first_page_runs(workplace):
    (code,) = re.findall(r"```python\n(from src import lab\n.*?)```", README.read_text(), re.DOTALL)
    (workplace / "page.py").write_text(code.replace("range(0,64)", "range(0,2)"))
    done = run(["page"], workplace, own_code=True, **environment(workplace))
    assert done.returncode == 0, done.stderr
    assert "NOT solved" in done.stdout  # noise of 0.2 is more than XOR's promise allows
    assert len(list((workplace / "runs" / "xor" / "multirun").iterdir())) > 0


@pytest.mark.docs
def test_the_python_of_the_page_about_searches_runs(workplace):
    (code,) = re.findall(r"```python\n(from src import lab\n.*?)```", SEARCH.read_text(), re.DOTALL)
    (workplace / "page.py").write_text(code.replace("n_trials=32", "n_trials=3, trainer={'max_epochs': 2}"))
    done = run(["page"], workplace, own_code=True, **environment(workplace))
    assert done.returncode == 0, done.stderr
    assert "Best of 3 settings" in done.stdout


def test_the_cookbook_has_fifteen_recipes_or_more():
    assert len(list(commands_in(COOKBOOK.read_text()))) >= 15


def test_messages_are_what_is_printed(workplace):
    run(["src.train", "trainer.max_epochs=2", "callbacks.figures=null"], workplace)
    shown = list(commands_in(TROUBLE.read_text()))
    assert len(shown) > 5
    for command in shown:
        done = run(command.words, workplace)
        assert done.stderr.strip() == command.output, command
        assert done.returncode == (2 if command.output.startswith("config error") else 1)


def test_additions_worked_through_are_complete(tmp_path):
    """The files as the page shows them, in a copy of the project, and the commands below them."""
    for folder in ("src", "conf", "hydra_plugins"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = ADDITIONS.read_text().partition("## Lightning modules of your own")[0]
    files = re.findall(r"`((?:src|conf)/[\w/]+\.(?:py|yaml))`:\n\n```\w+\n(.*?)```", text, re.DOTALL)
    assert len(files) == 7
    for path, content in files:
        assert not (tmp_path / path).exists()
        (tmp_path / path).write_text(content)
    commands = [sooner(command.words) for command in commands_in(text)]
    assert len(commands) == 4
    for words in commands:
        done = run(words, tmp_path, own_code=True)
        assert done.returncode == 0, done.stderr
    subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--config", ROOT / "pyproject.toml", tmp_path / "src"], check=True
    )


# What they name and link to


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_and_pictures_are_there(page):
    for link, picture in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)|src=\"([^\"]+)\"", page.read_text()):
        assert (page.parent / (link or picture)).exists(), link or picture


def test_every_page_is_reached_from_the_first():
    reached, ahead = set(), {README}
    while ahead:
        page = ahead.pop()
        reached.add(page)
        links = re.findall(r"\]\((?!https?:)([^)#]+\.md)[^)]*\)", page.read_text())
        ahead |= {page.parent / link for link in links} - reached
        ahead = {type(page)(os.path.normpath(each)) for each in ahead} - reached
    assert reached >= set(PAGES)


@pytest.mark.parametrize(
    "target",
    sorted({word for page in PAGES for word in re.findall(r"(?:`|^ {4}|^)make ([a-z-]+)", page.read_text(), re.M)}),
)
def test_make_has_the_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def code_of(page):
    """Lines of code of a page: those of fenced blocks, except output, and those indented by four spaces."""
    text = re.sub(r"^```text\n.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    for number, part in enumerate(re.split(r"^```.*$", text, flags=re.MULTILINE)):
        yield from (line for line in part.splitlines() if number % 2 or line.startswith("    "))


def test_the_first_page_is_short_and_its_code_narrow():
    assert len(README.read_text().splitlines()) <= 210
    assert [line for line in code_of(README) if len(line) > 80] == []


@pytest.mark.parametrize("page", RUN, ids=name)
def test_commands_fit_a_narrow_column(page):
    lines = [line for line in code_of(page) if line.lstrip().startswith("python -m src.")]
    assert [line for line in lines if len(line) > 80 or " # " in line] == []
