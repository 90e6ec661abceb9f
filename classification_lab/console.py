"""The command `lab`, a thin layer over `src`: `lab train …` is `python -m src.train …` from any folder."""

import importlib.util
import runpy
import sys
from pathlib import Path

from classification_lab import __version__

COMMANDS = {
    "train": "train a network, or sweep over settings",
    "play": "train in the browser: change the network while it learns",
    "describe": "describe a dataset before training",
    "evaluate": "measure a run",
    "predict": "predict the rows of a file, or images",
    "compare": "compare the runs of a sweep",
    "baselines": "compare a run with simpler methods",
    "export": "turn a run into a file for other programs",
}
"""The subcommands of `lab`; each is a module of `src`."""

_HELP = f"""\
Train neural networks on classic classification problems.

USAGE
  lab COMMAND [GROUP=OPTION ...] [KEY=VALUE ...]

EXAMPLES
  lab train experiment=xor
  lab train -m experiment=xor seed=0,1,2
  lab evaluate run=latest

COMMANDS
{"".join(f"  {name:<11}{text}{chr(10)}" for name, text in COMMANDS.items())}
MORE
  lab COMMAND --help        its examples, groups and keys
  lab completion bash       completion for a shell (bash, zsh or fish)
  lab schema                a JSON schema of conf/, for editors
  lab --version
"""
_HOME = Path(__file__).resolve().parent.parent
"""The folder that holds this package and, next to it, `src`."""


def main() -> None:
    """Run the command line and exit: 0 for success, 1 if training failed, 2 for bad input."""
    name, *words = sys.argv[1:] or ["--help"]
    if name in COMMANDS:
        _begin(name, words)
    elif name == "completion":
        from classification_lab import completion

        sys.exit(completion.main(words))
    elif name == "schema":
        _print_schema()
    elif name in ("--help", "-h", "help"):
        print(_HELP, end="")
    elif name in ("--version", "-V"):
        print(f"classification-lab {__version__}")
    else:
        sys.exit(_refuse(name, words))


def _begin(name: str, words: list[str]) -> None:
    """Run `python -m src.<name> <words>`."""
    if problem := hidden():
        sys.exit(_tell(problem))
    sys.path.append(str(Path.cwd()))  # finds the user's own packages; last, where `python -m` puts it first
    sys.argv = [name, *words]
    runpy.run_module(f"src.{name}", run_name="__main__", alter_sys=True)


def _print_schema() -> None:
    """Print the JSON schema with which editors complete and check the files in `conf/`."""
    import json

    from src.command.startup import lean_imports

    with lean_imports():
        import lightning.pytorch  # noqa: F401
    from src.settings.schema import schema

    print(json.dumps(schema(), indent=1, ensure_ascii=False))


def hidden() -> str | None:
    """An error message if another package named `src` hides the one next to this package; None otherwise."""
    found = importlib.util.find_spec("src")
    places = list(found.submodule_search_locations or [str(found.origin)]) if found else []
    if not places:
        return f"src: not found next to {_HOME / __package__}; reinstall the lab"
    if Path(places[0]).resolve() == _HOME / "src":
        return None
    return f"src: {places[0]} hides the lab's own package `src`; remove its folder from PYTHONPATH, or uninstall it"


def _refuse(name: str, words: list[str]) -> int:
    """Print the remedy for a word that is not a command."""
    from difflib import get_close_matches

    if name.startswith("-"):
        return _tell(f"{name}: unknown flag; the command comes first: lab train {' '.join([name, *words])}")
    if "=" in name:
        return _tell(f"{name}: needs a command; did you mean lab train {' '.join([name, *words])}?")
    near = get_close_matches(name.lower(), [*COMMANDS, "completion", "schema"], n=1)
    return _tell(
        f"{name}: unknown command; {f'did you mean {near[0]}? ' if near else ''}choose from {', '.join(COMMANDS)}"
    )


def _tell(problem: str) -> int:
    print(f"config error: {problem}", file=sys.stderr)
    return 2
