"""What the page's tests share: one browser, pages opened in it that reach no network, and one server of live pages."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from src.networks.layers import all_numbers, plain_layers
from src.page.document import STATIC
from src.page.modules import as_one_script
from src.replay.encoding import encoded
from tests.page.live_server import LiveServer, live_server

XOR = "experiment=xor", "callbacks=replay", "callbacks.figures=null", "trainer.max_epochs=80", "data.noise=0.25"
PATIENCE = 120_000  # milliseconds, which a test that passes never waits; a busy machine may need many of them
COMMANDS = "chromium", "chromium-browser", "google-chrome"


def without_browser(reason: str) -> None:
    """Skip what needs a browser; on the machine that decides, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def drawn(page: Any) -> None:
    """Wait until a page has shown what it was asked for: it draws once for all changes between two frames.

    What Playwright's `expect` waits for needs none of this; what is read at once does.
    """
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def expect(shown: Any) -> Any:
    """Wait until a part of the page is as it should be, for as long as a busy machine needs."""
    from playwright.sync_api import expect as expected

    expected.set_options(timeout=PATIENCE)
    return expected(shown)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The command that starts Debian's Chromium."""
    path = next((found for found in map(shutil.which, COMMANDS) if found), None)
    if path is None:
        without_browser("there is no Chromium: apt-get install chromium")
    assert path is not None
    return path


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Any]:
    """Debian's Chromium, without a window: one for all tests of a process."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        without_browser("playwright is not installed: make setup EXTRAS=all")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a file in a page, of some width and in some colours; nothing on it may fail, and nothing be fetched."""
    contexts, faults = [], []

    def open_page(path: Path, width: int = 1366, height: int = 900, **settings: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **settings)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
        page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(path.as_uri()) else None)
        page.goto(path.as_uri())
        page.locator("body[data-shown]").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def computed(browser: Any) -> Iterator[Callable[[nn.Module, torch.Tensor], torch.Tensor]]:
    """What the page's own forward pass says of rows x [N, F], by a network's layers and numbers: outputs [N, O]."""
    script = as_one_script(STATIC, "model")
    page = browser.new_page()

    def compute(network: nn.Module, x: torch.Tensor) -> torch.Tensor:
        layers = plain_layers(network.eval())
        asked = {
            "layers": [{"kind": layer.kind, **layer.settings} for layer in layers],
            "weights": encoded(all_numbers(layers)),
            "x": encoded(x.float()),
            "inputs": x.shape[1],
        }
        found = page.evaluate(
            f"""({{ layers, weights, x, inputs }}) => {{
                {script}
                const network = module_forward.createNetwork(layers, inputs);
                const {{ decode }} = module_arrays;
                return Array.from(network.run(decode(weights), decode(x)).outputs);
            }}""",
            asked,
        )
        return torch.tensor(found, dtype=torch.float64).reshape(len(x), -1)

    yield compute
    page.close()


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the server saves."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="session")
def server(runs: Path) -> Iterator[LiveServer]:
    """One server for all tests of a process."""
    with live_server(runs) as served:
        yield served


@pytest.fixture
def live(browser: Any, server: LiveServer) -> Iterator[Callable[..., Any]]:
    """Open the page; nothing on it may fail, and it may ask its own server alone.

    What is to happen to a page before it is opened is done by a function, `first`.
    """
    contexts, faults = [], []

    def open_page(
        width: int = 1366,
        height: int = 900,
        address: str | None = None,
        first: Callable[[Any], None] = lambda page: None,
        **settings: Any,
    ) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        host = re.split(r"[?#]", address or server.address)[0]
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda line: faults.append(line.text) if line.type in ("error", "warning") else None)
        page.on("request", lambda asked: faults.append(asked.url) if not asked.url.startswith(host) else None)
        first(page)
        page.goto(address or server.address)
        page.locator("body[data-mode]").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture(scope="session")
def xor(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A run with a replay."""
    from tests.conftest import compose_train, trained

    cfg = compose_train("logger=none", "callbacks.progress_bar=null", *XOR)
    return trained(cfg, tmp_path_factory.mktemp("xor"))
