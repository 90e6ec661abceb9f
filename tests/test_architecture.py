"""Which package may import which: imports run one way."""

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parent.parent / "src"
CONF = SRC.parent / "conf"
ROOMS = {  # each knows some of those above it
    "errors": set(),
    "cores": set(),
    "places": set(),
    "memory": {"errors"},
    "spec": set(),
    "statistics": set(),
    "reporting": {"spec"},
    "compat": {"reporting"},
    "interrupts": {"compat"},
    "storage": {"errors", "reporting"},
    "trust": {"errors", "compat", "spec", "storage"},
    "settings": {"errors", "cores", "compat", "places", "trust"},
    "data": {"errors", "memory", "spec", "storage", "settings"},
    "networks": {"errors", "memory", "settings"},
    "metrics": {"errors", "statistics"},
    "plots": {"statistics"},
    "heads": {"errors", "compat", "spec", "settings", "data", "networks", "metrics", "plots"},
    "page": {"storage"},
    "replay": {"errors", "spec", "data", "networks", "plots", "heads", "page"},
    "loggers": {"errors", "compat", "settings", "storage", "trust"},
    "callbacks": {
        "loggers",
        "cores",
        "errors",
        "compat",
        "interrupts",
        "spec",
        "storage",
        "settings",
        "data",
        "networks",
        "plots",
        "heads",
        "replay",
    },
    "building": {"errors", "places", "compat", "spec", "trust", "settings", "data", "networks", "heads"},
    "estimators": {"errors", "reporting", "spec", "settings", "data", "metrics", "statistics", "heads"},
    "runs": {
        "errors",
        "estimators",
        "compat",
        "interrupts",
        "places",
        "spec",
        "reporting",
        "storage",
        "trust",
        "settings",
        "data",
        "networks",
        "metrics",
        "plots",
        "heads",
        "replay",
        "callbacks",
        "loggers",
        "building",
    },
    "command": {
        "errors",
        "cores",
        "compat",
        "interrupts",
        "places",
        "reporting",
        "storage",
        "trust",
        "settings",
        "building",
    },
    "stacking": {
        "errors",
        "compat",
        "cores",
        "interrupts",
        "reporting",
        "storage",
        "trust",
        "settings",
        "spec",
        "data",
        "networks",
        "metrics",
        "heads",
        "plots",
        "callbacks",
        "loggers",
        "building",
        "runs",
        "command",
    },
    "dispatch": {"errors", "cores", "interrupts", "storage", "settings", "command", "stacking"},
    "comparing": {
        "errors",
        "estimators",
        "reporting",
        "statistics",
        "storage",
        "trust",
        "settings",
        "plots",
        "runs",
        "command",
    },
    "tuning": {
        "errors",
        "compat",
        "storage",
        "trust",
        "settings",
        "data",
        "plots",
        "callbacks",
        "building",
        "command",
        "comparing",
    },
    "lab": {
        "spec",
        "errors",
        "places",
        "reporting",
        "storage",
        "trust",
        "settings",
        "data",
        "networks",
        "plots",
        "heads",
        "runs",
        "stacking",
        "command",
        "comparing",
        "tuning",
        "page",
        "play",
    },
    "play": {
        "errors",
        "compat",
        "places",
        "spec",
        "settings",
        "data",
        "networks",
        "plots",
        "heads",
        "page",
        "replay",
        "statistics",
        "storage",
        "trust",
        "callbacks",
        "building",
        "runs",
        "stacking",
        "command",
    },
    "readme": {"errors", "cores", "places", "storage", "settings", "plots", "comparing", "lab"},
    "train": {"stacking", "command", "comparing"},
    "evaluate": {"runs", "command"},
    "describe": {"runs", "command"},
    "predict": {"runs", "command"},
    "baselines": {"runs", "comparing", "command"},
    "compare": {"command", "comparing"},
    "export": {"runs", "command"},
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
    assert known - {room} <= ROOMS[room]


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
