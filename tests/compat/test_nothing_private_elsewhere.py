"""Only one package knows the internals of other libraries."""

import ast
import importlib
import inspect
import textwrap
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PUBLIC = {  # documented: named tuples', os._exit, and the keys that Hydra gives a meaning
    *("_replace", "_fields", "_asdict", "_make", "_exit"),
    *("_target_", "_args_", "_partial_", "_recursive_", "_convert_", "_self_", "_root_"),
}
INSIDE = {"__wrapped__", "GlobalHydra"}  # nobody's promise either, whatever their names look like
OWN_BASES = {"src", "builtins", "typing"}
LOOK_UPS = {"getattr", "setattr", "hasattr", "delattr", "attrgetter", "methodcaller"}


@pytest.fixture(scope="module")
def trees():
    files = sorted([*(ROOT / "src").rglob("*.py"), *(ROOT / "hydra_plugins").rglob("*.py")])
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in files}


@pytest.fixture
def elsewhere(trees):
    return {path: tree for path, tree in trees.items() if path.parts[:2] != ("src", "compat")}


def is_private(name):
    is_dunder = name.startswith("__") and name.endswith("__")
    return name in INSIDE or (name.startswith("_") and name != "_" and not is_dunder and name not in PUBLIC)


def names_defined(tree):
    """What classes define: methods, fields, and attributes of `self` and `cls`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for each in node.body:
                fields = getattr(each, "targets", [each.target] if isinstance(each, ast.AnnAssign) else [])
                yield from (name.id for field in fields for name in ast.walk(field) if isinstance(name, ast.Name))
                yield from [each.name] if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) else []
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and is_own(node.value):
            yield node.attr


def names_used(tree):
    """(line, name) for each attribute, import and look-up by name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            texts = [node.attr]
        elif isinstance(node, ast.Import | ast.ImportFrom):
            module = getattr(node, "module", None) or ""
            texts = [] if module.startswith("src.") else [module, *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Call) and (called(node) in LOOK_UPS or is_namespace(receiver(node))):
            texts = strings(node.args)
        elif isinstance(node, ast.Subscript) and is_namespace(node.value):
            texts = strings([node.slice])
        else:
            continue
        yield from ((node.lineno, part) for text in texts for part in text.split("."))


def is_own(node):
    return isinstance(node, ast.Name) and node.id in ("self", "cls")


def called(node):
    return node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")


def receiver(node):
    return node.func.value if isinstance(node.func, ast.Attribute) else None


def is_namespace(node):
    is_vars = isinstance(node, ast.Call) and called(node) == "vars"
    return is_vars or (isinstance(node, ast.Attribute) and node.attr == "__dict__")


def strings(nodes):
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


@cache
def privates_of(kind):
    """The private names that a class of another library defines."""
    try:
        written = names_defined(ast.parse(textwrap.dedent(inspect.getsource(kind))))
    except (OSError, TypeError):  # written in C
        written = ()
    return {name for name in (*vars(kind), *written) if is_private(name)}


def leaning_on_bases(path, tree):
    """(class, name) for each private name of a class that one of its bases elsewhere defines too."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.bases:
            kind = getattr(importlib.import_module(".".join(path.with_suffix("").parts)), node.name)
            bases = [base for base in kind.__mro__[1:] if base.__module__.split(".")[0] not in OWN_BASES]
            own = {*names_defined(node), *(name for _, name in names_used(node))}
            yield from ((node.name, name) for base in bases for name in own & privates_of(base))


def privates_in(tree, ours):
    """(line, name) for each private name that is not `ours`."""
    return [(line, name) for line, name in names_used(tree) if is_private(name) and name not in ours - INSIDE]


def test_no_other_room_names_what_is_private_to_others(trees, elsewhere):
    ours = {name for tree in trees.values() for name in names_defined(tree)}
    assert {str(path): found for path, tree in elsewhere.items() if (found := privates_in(tree, ours))} == {}


def test_no_class_elsewhere_uses_or_replaces_what_is_private_to_its_bases(elsewhere):
    leaning = {str(path): found for path, tree in elsewhere.items() if (found := [*leaning_on_bases(path, tree)])}
    assert leaning == {}


@pytest.mark.parametrize(
    "source",
    [
        "trainer._loops",
        "other._x = 1",
        "import torch._dynamo",
        "from omegaconf._utils import get_yaml_loader",
        "from lightning import _private",
        "getattr(x, '_inside')",
        "setattr(x, '_inside', 1)",
        "vars(x)['_inside']",
        "vars(x).pop('_inside', None)",
        "x.__dict__['_inside']",
        "operator.attrgetter('a._inside')(x)",
        "step.__wrapped__",
        "getattr(step, '__wrapped__', step)",
        "from hydra.core.global_hydra import GlobalHydra",
    ],
)
def test_the_walk_sees(source):
    assert privates_in(ast.parse(source), ours=set())


def test_the_walk_sees_a_base_class():
    tree = ast.parse(
        "class HoldingModelCheckpoint(ModelCheckpoint):\n    def _save_checkpoint(self): self._monitor_candidates"
    )
    found = leaning_on_bases(Path("src/compat/lightning.py"), tree)
    assert {name for _, name in found} == {"_save_checkpoint", "_monitor_candidates"}


def test_the_walk_lets_pass_what_is_ours_or_public():
    source = "class A:\n    _w, _h = 1, 2\n    def f(self):\n        self._x = t._replace(a=self._w)\n"
    tree = ast.parse(f"{source}        return type(a._x).__name__")
    assert privates_in(tree, set(names_defined(tree))) == []
