"""Who may know whom: imports run one way through the house."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src"
CONF = SRC.parent / "conf"
GROUND = {"errors", "memory", "rules", "spec"}
MAY_KNOW = {
    "errors": set(),
    "changed": {"errors", "trust"},
    "cores": set(),
    "terminal": set(),
    "remarks": set(),
    "interrupts": set(),
    "library_rules": {"rules"},
    "locking": {"errors"},
    "logs": set(),
    "memory": {"errors"},
    "unread": {"errors", "library_rules"},
    "removal": set(),
    "files": {"removal"},
    "hydra_files": {"changed", "files", "folders", "trust"},
    "folders": {"errors", "files"},
    "failures": {"errors", "files", "folders", "terminal"},
    "jobs": {"errors", "folders", "removal"},
    "claiming": {"command", "errors", "files", "folders", "jobs", "locking", "removal"},
    "outputs": {"errors", "files", "folders", "removal"},
    "products": {"errors", "files", "folders", "removal"},
    "rules": set(),
    "spec": set(),
    "startup": {"interrupts"},
    "trust": {*GROUND, "folders"},
    "config": {"cores", "errors", "library_rules", "rules", "trust", "unread"},
    "saving": {"files"},
    "data": {*GROUND, "files", "removal", "saving"},
    "networks": GROUND,
    "heads": {*GROUND, "data", "metrics", "plots"},
    "metrics": GROUND,
    "plots": {"spec"},
    "report": {"spec"},
    "callbacks": {*GROUND, "data", "files", "saving", "heads", "interrupts", "networks", "plots", "trust"},
    "stepping": set(),
    "run_length": {"data", "errors"},
    "fitting": {"data", "errors", "heads", "trust"},
    "making": {"config", "errors", "trust"},
    "trainer": {*GROUND, "making", "trust"},
    "build": {*GROUND, "data", "fitting", "heads", "making", "run_length", "stepping", "trainer", "trust"},
    "run": {
        *GROUND,
        "build",
        "callbacks",
        "config",
        "data",
        "files",
        "folders",
        "heads",
        "interrupts",
        "making",
        "metrics",
        "networks",
        "outputs",
        "plots",
        "products",
        "remarks",
        "removal",
        "report",
        "run_length",
        "trainer",
        "trust",
    },
    "sweep": {
        *GROUND,
        "build",
        "callbacks",
        "changed",
        "command",
        "config",
        "cores",
        "data",
        "failures",
        "folders",
        "jobs",
        "metrics",
        "removal",
        "saving",
        "files",
        "heads",
        "interrupts",
        "making",
        "networks",
        "plots",
        "products",
        "report",
        "run",
        "startup",
        "stepping",
        "terminal",
        "trust",
        "unread",
    },
    "command": {"config", "errors"},
    "arguments": {"command", "config", "errors", "folders", "locking", "trust"},
    "cli": {
        *GROUND,
        "arguments",
        "changed",
        "claiming",
        "command",
        "config",
        "cores",
        "failures",
        "folders",
        "hydra_files",
        "interrupts",
        "jobs",
        "locking",
        "remarks",
        "terminal",
        "trust",
    },
    "compare": {"cli", "sweep"},
    "lab": {
        *GROUND,
        "callbacks",
        "claiming",
        "cli",
        "command",
        "config",
        "data",
        "failures",
        "folders",
        "heads",
        "networks",
        "plots",
        "report",
        "run",
        "startup",
        "sweep",
        "trust",
    },
    "readme": {"config", "cores", "errors", "failures", "lab", "plots", "sweep"},
    "train": {"cli", "startup", "run"},
    "evaluate": {"cli", "startup", "run"},
    "predict": {"cli", "startup", "run"},
    "export": {"cli", "startup", "run"},
}


def rooms_known_by(path):
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("src.")}, {name.split(".")[0] for name in names}


def room_of(path):
    return path.relative_to(SRC).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", sorted(SRC.rglob("*.py")), ids=lambda path: str(path.relative_to(SRC)))
def test_imports_run_one_way(path):
    room = room_of(path)
    if room == "__init__":
        return
    known, _ = rooms_known_by(path)
    assert known - {room} <= MAY_KNOW[room]


@pytest.mark.parametrize("path", sorted((SRC.parent / "hydra_plugins").glob("*.py")), ids=lambda path: path.name)
def test_plugins_import_only_hydra_until_they_are_used(path):
    top = [node for node in ast.parse(path.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {node.module if isinstance(node, ast.ImportFrom) else node.names[0].name for node in top}
    assert {name.split(".")[0] for name in names} <= {"collections", "typing", "hydra", "omegaconf"}
    assert not (path.parent / "__init__.py").exists()


@pytest.mark.parametrize("path", sorted((SRC / "networks").glob("*.py")), ids=lambda path: path.name)
def test_networks_know_nothing_of_lightning(path):
    assert "lightning" not in rooms_known_by(path)[1]


@pytest.mark.parametrize("path", sorted(CONF.rglob("*.yaml")), ids=lambda path: str(path.relative_to(CONF)))
def test_every_option_says_what_it_is(path):
    comments = [line for line in path.read_text().splitlines()[:2] if not line.startswith("# @package")]
    assert comments[0].startswith("# ")
