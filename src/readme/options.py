"""The tables of config groups, options and keys, generated from the files of `conf/` and their comments."""

from html import escape

from src.places import CONF
from src.settings.options import GROUPS, Option, read_option

_SHARED_FILES = ("in_memory", "drawn_whole", "tabular", "images")


def options_markdown() -> str:
    """A collapsible table per group, one for the keys that options share, and one for the keys outside all groups."""
    sections = []
    for group in GROUPS:
        options = [read_option(path) for path in sorted((CONF / group).glob("*.yaml"))]
        names = ", ".join(option.name for option in options)
        sections.append(_section(f"<code>{group}=</code> {names}", options))
    shared = [read_option(CONF / "common" / f"{name}.yaml") for name in _SHARED_FILES]
    sections.append(_section("keys that datasets share", shared))
    sections.append(_section("keys outside all groups", [read_option(CONF / "train.yaml")]))
    return "\n\n".join(sections)


def _section(title: str, options: list[Option]) -> str:
    lines = ["| | what it is | keys and their defaults |", "|---|---|---|", *map(_row, options)]
    return "\n".join([f"<details><summary>{title}</summary>", "", *lines, "", "</details>"])


def _row(option: Option) -> str:
    keys = [f"`{_cell(f'{key.name}={key.default}')}` {escape(_cell(key.comment))}".rstrip() for key in option.keys]
    keys += [f"and those of *{name}*" for name in option.shared]
    return f"| `{option.name}` | {escape(_cell(option.text))} | {'<br>'.join(keys)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
