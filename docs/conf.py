"""The documentation as a site: `make docs` writes it to site/html.

The pages are those that GitHub shows, starting with README.md; lessons appear as the tests last executed them. The
replay on docs/replay.md, which GitHub cannot show, is made here.
"""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

ROOT = Path(__file__).parent.parent
LESSONS = ROOT / ".lessons"

project = "Classification lab"
author = "the Classification lab authors"
copyright = author
extensions = ["myst_nb"]
root_doc = "README"
include_patterns = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/*.md", "notebooks/*.ipynb"]
html_theme = "furo"
html_title = project
html_copy_source = False
html_static_path = ["static"]
html_css_files = ["site.css"]
myst_heading_anchors = 3
nb_execution_mode = "off"
myst_enable_extensions = ["colon_fence", "dollarmath"]
html_math_renderer = "mathml"  # MathJax would be fetched from the network each time a page is read

CONTENTS = """
```{toctree}
:hidden:
:caption: Guide

docs/install
docs/gallery
docs/cookbook
docs/play
docs/replay
docs/runs
docs/your_data
docs/sweeps
docs/search
docs/machines
docs/trackers
docs/cross_validation
docs/ensembles
docs/tables
docs/teaching
docs/troubleshooting
```

```{toctree}
:hidden:
:caption: Lessons
:glob:

notebooks/*
```

```{toctree}
:hidden:
:caption: Reference

docs/options
docs/speed
docs/add_your_own
docs/how_it_is_built
docs/one_run_through_the_rooms
CHANGELOG
CONTRIBUTING
```
"""
"""The site's navigation, which GitHub does not need."""

NOTE = {
    "two epochs": "For this page, each run was cut to two epochs, so scores and figures are from early training.",
    "few seeds": "Sweeps and movies were shortened for this page.",
}
"""Notes on lessons that were executed with shorter runs than a reader would use."""


REPLAYED = "xor"
REPLAY = f"""
```{{raw}} html
<iframe class="replay" src="replays/{REPLAYED}.html" sandbox="allow-scripts" title="A training, replayed"></iframe>
<p><a href="replays/{REPLAYED}.html">This replay on a page of its own</a></p>
```

"""
"""A replay in a frame of its own, which reaches nothing around it."""

BEFORE = "## What it shows\n"
"""The place of the replay in docs/replay.md."""


def _read(app: Sphinx, name: str, source: list[str]) -> None:
    if name == root_doc:
        source[0] += CONTENTS
    if name == "docs/replay":
        source[0] = with_replay(source[0])
    executed = LESSONS / f"{Path(name).name}.ipynb"
    if name.startswith("notebooks/") and executed.exists():
        source[0] = _noted(executed.read_text())


def with_replay(text: str) -> str:
    """The page on replays with one of them."""
    if text.count(BEFORE) != 1:
        raise ValueError(f"docs/replay.md has no line {BEFORE!r}, before which the replay goes")
    return text.replace(BEFORE, REPLAY + BEFORE)


def _noted(text: str) -> str:
    lesson = json.loads(text)
    if note := NOTE.get(lesson["metadata"]["length"]):
        cell = {"cell_type": "markdown", "metadata": {}, "source": f":::{{note}}\n{note}\n:::"}
        lesson["cells"].insert(1, cell)
    return json.dumps(lesson)


def _copy_pictures(app: Sphinx, error: Exception | None) -> None:
    """Put the pictures where the pages' own HTML looks for them."""
    for folder in ("notebooks/gallery", "docs/images"):
        shutil.copytree(ROOT / folder, Path(app.outdir) / folder, dirs_exist_ok=True)


def _write_replay(app: Sphinx, error: Exception | None) -> None:
    """Train the network that is replayed, and export its training as readers would."""
    if error is not None or app.builder.format != "html":
        return
    folder = Path(app.outdir) / "docs" / "replays"
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        run = Path(place) / REPLAYED
        quick = "callbacks.figures=null", "callbacks.progress_bar=null", "logger=none"
        _run("src.train", f"experiment={REPLAYED}", *quick, f"hydra.run.dir={run}")
        _run("src.export", f"run={run}", "format=replay")
        shutil.copy(run / "export" / "replay.html", folder / f"{REPLAYED}.html")


def _run(module: str, *words: str) -> None:
    subprocess.run([sys.executable, "-m", module, *words], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def _inline_math(translator: Any, node: nodes.math) -> None:
    translator.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def _math_block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{tex2mathml(node.astext(), as_block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """What Sphinx calls."""
    app.connect("source-read", _read)
    app.add_html_math_renderer("mathml", (_inline_math, None), (_math_block, None))
    app.connect("build-finished", _copy_pictures)
    app.connect("build-finished", _write_replay)
    return {"parallel_read_safe": True}
