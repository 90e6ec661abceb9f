"""The rules of configurations as a JSON schema, with which editors complete and check the files of `conf/`.

Nothing is written twice: keys and descriptions come from the files of `conf/` and their comments, the allowed values
from constructors and `src.settings`.
"""

import inspect
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml  # type: ignore[import-untyped]
from hydra.utils import get_class
from pydantic import TypeAdapter
from pydantic.errors import PydanticUserError

from src.places import CONF
from src.settings.composed import RULES, RunRules
from src.settings.options import GROUPS, read_option

Schema = dict[str, Any]

_REFERENCE = {"type": "string", "pattern": r"\$\{.+\}"}  # `${seed}` may stand for any value
_ANYTHING: Schema = {"type": "object"}
_MEMBERS = "callbacks", "logger"  # groups whose options have members, each with a class of its own
_COMMAND = "command"
_BOUNDS = {"ge": "minimum", "gt": "exclusiveMinimum", "le": "maximum", "lt": "exclusiveMaximum"}
_DEFAULTS = {"defaults": {"type": "array", "items": {"type": ["string", "object"]}}}


def schema() -> Schema:
    """The schema of every file of `conf/`: a run or an experiment, an option of a group, or a command on runs."""
    groups = [group for group in GROUPS if "/" not in group]
    options = {group: {path.stem: _keys(path, group) for path in _files(group)} for group in groups}
    known = {f"{group}.{name}": _closed(keys) for group in groups for name, keys in options[group].items()}
    anyone = {group: _closed(_merged(options[group].values())) for group in groups}
    members = {group: {**anyone[group], "additionalProperties": _member()} for group in _MEMBERS}
    parts = [_with_defaults(_keys(path, _COMMAND)) for path in _files("common")]
    parts += [_with_defaults(_merged(options[group].values())) for group in groups if group not in _MEMBERS]
    commands = [_with_defaults(_keys(path, _COMMAND)) for path in sorted(CONF.glob("*.yaml")) if path.stem != "train"]
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Configurations of the classification lab",
        "definitions": known | anyone | members | {"run": _run(options), **_classes()},
        "if": {"required": ["_target_"]},
        "then": {"allOf": [_if_class(name) for name in _classes()]},
        "else": {
            "anyOf": [
                {"$ref": "#/definitions/run"},
                *({**members[group], "properties": anyone[group]["properties"] | _DEFAULTS} for group in _MEMBERS),
                *parts,
                *commands,
                *({"type": "object", "required": [key]} for key in ("template", "formatters")),  # Hydra's own files
            ]
        },
    }


def _run(options: dict[str, dict[str, Schema]]) -> Schema:
    """A whole run, such as an experiment; groups have the keys of the options that its defaults choose."""
    root = _keys(CONF / "train.yaml", "") | {"hydra": _ANYTHING} | _DEFAULTS
    groups = {group: {"$ref": f"#/definitions/{group}"} for group in options}
    chosen = [_if_chosen(group, name) for group, names in options.items() if group not in _MEMBERS for name in names]
    return {**_closed(root | groups), "allOf": chosen}


def _if_chosen(group: str, name: str) -> Schema:
    key = f"override /{group}"
    choice = {"type": "object", "properties": {key: {"const": name}}, "required": [key]}
    return {
        "if": {"properties": {"defaults": {"contains": choice}}, "required": ["defaults"]},
        "then": {"properties": {group: {"$ref": f"#/definitions/{group}.{name}"}}},
    }


def _if_class(name: str) -> Schema:
    known = {"properties": {"_target_": {"const": name}}}
    return {"if": known, "then": {"$ref": f"#/definitions/{name}"}}


@cache
def _classes() -> dict[str, Schema]:
    """What a file with an option's class may hold: the option's keys, and any that the constructor accepts."""
    found: dict[str, Schema] = {}
    for group in GROUPS:
        for path in [] if group in _MEMBERS else _files(group):
            target = _read(path).get("_target_")
            if target is not None and group != "hydra/launcher":
                keys = found.get(target, {}).get("properties", {})
                found[target] = _with_defaults(keys | _parameters(target) | _keys(path, group))
    return found


def _member() -> Schema:
    """A member that a user adds: any class, or null, which switches a member off."""
    return {"anyOf": [{"type": "null"}, {"type": "object", "required": ["_target_"]}]}


def _keys(path: Path, group: str) -> Schema:
    """The keys of an option at `path` and of the files that it builds on, with their rules and comments."""
    found: Schema = {}
    for base in _bases(path):
        found |= _keys(base, group)
    values, comments = _read(path), {key.name: key.comment for key in read_option(path).keys}
    rules = _parameters(values["_target_"]) if values.get("_target_") else {}
    for key, value in values.items():
        if key == "defaults":
            continue
        if isinstance(value, dict) and group in _MEMBERS:
            found[key] = _named_member(f"{group}.{key}", value, comments)
        else:
            rule = _rules(group).get(key) or rules.get(key) or found.get(key) or {}
            if value is None and rule and group == _COMMAND:
                rule = {"anyOf": [rule, {"type": "null"}]}  # the live page needs no run
            found[key] = _described(rule, comments.get(key, ""))
    return found


def _named_member(name: str, values: dict[str, Any], comments: dict[str, str]) -> Schema:
    """A member of an option, or null."""
    known = _parameters(values["_target_"]) | {key: {} for key in values} | _rules(name)
    keys = {key: _described(known[key], comments.get(f"{name.partition('.')[2]}.{key}", "")) for key in known}
    return {"anyOf": [_closed(keys), {"type": "null"}]}


def _described(rule: Schema, comment: str) -> Schema:
    rule = {key: value for key, value in rule.items() if key != "description"} if comment else rule
    return rule | ({"description": comment} if comment else {})


@cache
def _rules(group: str) -> Schema:
    """The rules of `src.settings` for keys of a group, of a whole run, or of a command on runs."""
    model = RunRules if group == _COMMAND else RULES.get(group)
    fields = {} if model is None else model.model_fields
    return {name: _allowed(field.rebuild_annotation()) for name, field in fields.items()}


@cache
def _parameters(target: str) -> Schema:
    """The keyword arguments of a class, and of its bases behind `**`, as far as they are annotated."""
    found: Schema = {"_target_": {"type": "string"}, "_partial_": {"type": "boolean"}}
    for kind in get_class(target).__mro__:
        if "__init__" not in vars(kind):
            continue
        parameters = list(inspect.signature(vars(kind)["__init__"]).parameters.values())
        for each in parameters:
            if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY) and each.name != "self":
                found.setdefault(each.name, _allowed(each.annotation) if target.startswith("src.") else {})
        if not any(each.kind == each.VAR_KEYWORD for each in parameters):
            break
    return found


def _allowed(annotation: Any) -> Schema:
    """The schema of a value; `{}` if JSON schema cannot express its type."""
    try:
        found = _worded(TypeAdapter(annotation).json_schema())
    except (PydanticUserError, NameError):
        return {}
    return {} if not found or found.keys() <= {"description"} else {"anyOf": [found, _REFERENCE]}


def _worded(node: Any) -> Any:
    """Pydantic's schema in JSON schema's terms, since pydantic uses its own names for bounds behind a validator."""
    if isinstance(node, list):
        return [_worded(each) for each in node]
    if not isinstance(node, dict):
        return node
    if node.get("$ref", "").startswith("#/$defs/"):
        return _ANYTHING
    left_out = "title", "default", "$defs"
    return {_BOUNDS.get(key, key): _worded(value) for key, value in node.items() if key not in left_out}


def _merged(options: Any) -> Schema:
    """The keys of several options; if their rules for a key differ, any of these is enough."""
    found: dict[str, list[Schema]] = {}
    for option in options:
        for key, rule in option.items():
            known = found.setdefault(key, [])
            if rule not in known:
                known.append(rule)
    return {key: rules[0] if len(rules) == 1 else {"anyOf": rules} for key, rules in found.items()}


def _closed(keys: Schema) -> Schema:
    return {"type": "object", "properties": keys, "additionalProperties": False}


def _with_defaults(keys: Schema) -> Schema:
    return _closed(keys | _DEFAULTS)


def _files(group: str) -> list[Path]:
    return sorted((CONF / group).glob("*.yaml"))


def _bases(path: Path) -> Iterator[Path]:
    """The files of `conf/` that another one builds on: those that its defaults name without choosing from a group."""
    for entry in _read(path).get("defaults", []):
        if isinstance(entry, str) and entry != "_self_":
            name = entry.partition("@")[0]
            yield CONF / f"{name.lstrip('/')}.yaml" if name.startswith("/") else path.parent / f"{name}.yaml"


def _read(path: Path) -> dict[str, Any]:
    return dict(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
