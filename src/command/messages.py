"""Hydra's and OmegaConf's errors as one line that ends in a remedy."""

import ast
import importlib.util
import re
from pathlib import Path

from hydra.errors import HydraException, MissingConfigException, OverrideParseException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from src.command.catalogue import Catalogue
from src.command.flags import parted
from src.errors import ConfigError, choice
from src.settings.other_names import remedy

_OF_SWEEPS = "hydra/launcher", "hydra/sweeper"
_MOST_OPTIONS = 4
_OF_DATA = "train", "describe", "play"  # commands that read a dataset, not the one of a run


def reworded(error: Exception, command: str, words: list[str]) -> ConfigError:
    """An error of Hydra or OmegaConf in our words.

    Args:
        error: The original error.
        command: The primary configuration, `conf/<command>.yaml`.
        words: The command line as Hydra read it.
    """
    if isinstance(error.__cause__, ConfigError):  # a plugin's own one-line error comes wrapped in Hydra's
        return error.__cause__
    flags, others = parted(words)
    return ConfigError(_line(error, Catalogue(command, flags, others), command, others))


def _line(error: Exception, catalogue: Catalogue, command: str, words: list[str]) -> str:
    text = " ".join(str(error).split()) or " ".join(str(error.__cause__).split())
    if isinstance(error, OverrideParseException):
        return _unread(error.override, catalogue)
    if isinstance(error, MissingConfigException):
        if missing := re.search(r"Could not find '([^']+)'", text):
            return _no_option(missing.group(1), catalogue)
        if primary := re.match(r"Cannot find primary config '([^']+)'", text):
            return f"--config-name: no configuration {primary.group(1)!r}; add its folder with --config-dir"
    if unknown := re.match(r"Could not override '?([^'\s]+)'", text):
        return _unknown(unknown.group(1), catalogue, command)
    if gone := re.match(r"Could not delete from config\.? '?([^'\s]+)'", text):
        return _not_deleted(gone.group(1), catalogue, command)
    if (merging := re.match(r"Error merging override (\S+?)=", text)) and error.__cause__:
        return f"{merging.group(1)}: {_start(error.__cause__)}"
    if there := re.search(r"An item is already at '([^']+)'", text):
        return f"{there.group(1)}: is already a key; leave out the + before it"
    if apart := re.match(r"In '([^']+)': Could not override '\w+@\w+\.", text):
        return f"{apart.group(1)}: needs '# @package _global_' as its first line"
    if twice := re.match(r"(\S+) appears more than once in the final|Multiple values for (\S+)\. To override", text):
        group = twice.group(1) or twice.group(2)
        return f"{group}: already has an option; leave out the + before it (in a defaults list write override /{group})"
    if swept := re.match(r"Sweeping over Hydra's configuration is not supported : '([^=]+)=(.*)'$", text):
        return (
            f"{swept.group(1)}: Hydra's own keys cannot be swept over (got {swept.group(2)}); quote a value with commas"
        )
    if ambiguous := re.match(r"Ambiguous value for argument '(.+?)' 1\. To use", text):
        word = ambiguous.group(1)
        key, _, value = word.partition("=")
        now = OmegaConf.select(catalogue.composed(), key)
        as_list = "" if isinstance(now, int | float) else f", or write a list: {key}=[{value}]"
        is_decimal = isinstance(now, float | str | None) and re.fullmatch(r"-?\d+,\d+", value)
        point = f", or a point: {key}={value.replace(',', '.')}" if is_decimal else ""
        remedies = f"sweep over them with -m{as_list}{point}" if command == "train" else f"give one{point}"
        return f"{key}: has several values (got {value}); {remedies}"
    if alone := re.match(r"Sweep parameters '(.+)' requires --multirun", text):
        return f"{alone.group(1).partition('=')[0]}: has several values (got {alone.group(1)}); sweep with -m"
    if absent := re.match(r"Interpolation key '([^']+)' not found", text):
        full_key = re.search(r"full_key: (\S+)", text)
        key = full_key.group(1) if full_key else absent.group(1)
        if f"~{absent.group(1)}" in words:
            return f"~{absent.group(1)}: cannot be left out, since {key} refers to it; set {absent.group(1)}=…"
        return f"{key}: no key {absent.group(1)} for ${{{absent.group(1)}}}; write \\${{ for the characters themselves"
    if variable := re.search(r"Environment variable '([^']+)' not found", text):
        name = variable.group(1)
        return f"${{oc.env:{name}}}: there is no such environment variable; set it, or add a comma and a default"
    if resolver := re.match(r"Unsupported interpolation type (\S+)", text):
        return f"${{{resolver.group(1)}:…}}: there is no such resolver; write the value itself"
    if circle := re.match(r"Recursive interpolation detected full_key: (\S+)", text):
        return f"{circle.group(1)}: refers to itself through other keys; give one of them a value"
    if no_struct := re.search(r"Key '([^']+)' is not in struct(?: full_key: (\S+))?", text):
        return _unknown(no_struct.group(2) or no_struct.group(1), catalogue, command)
    if whole := re.search(r"node `(\w+)` is not a container", text):
        known = catalogue.keys()
        keys = sorted(name for name in known if name.startswith(f"{whole[1]}."))
        return f"{whole[1]}: cannot be set as a whole; set {' or '.join(keys)}"
    return _start(error)


def _no_option(path: str, catalogue: Catalogue) -> str:
    """The remedy for an option that its group does not have; the option may contain slashes."""
    parts = path.split("/")
    groups = ["/".join(parts[:number]) for number in range(len(parts) - 1, 0, -1)]
    group = next((each for each in groups if catalogue.options(each)), groups[0])
    option, options = path.removeprefix(f"{group}/"), catalogue.options(group)
    name = Path(option).name.removesuffix(".yaml")
    if group == "callbacks" and name in ("none", "off"):
        return f"{group}: no option {option!r}; set those you do not need to null, as in callbacks.figures=null"
    off = name in ("none", "off", "null", "false")
    if off and "none" in options:
        return f"{group}: no option {option!r}; did you mean none? choose from {', '.join(options)}"
    elsewhere = None if off or name in options else catalogue.holding(name)
    meant = f"did you mean {elsewhere}={name}? " if elsewhere else ""
    meant += f"choose from {', '.join(options)}" if elsewhere else choice(name, options)
    return f"{group}: no option {option!r}; {meant}"


def _not_deleted(key: str, catalogue: Catalogue, command: str) -> str:
    """The remedy for a key that Hydra cannot delete because it is null or missing."""
    known = catalogue.keys()
    if key in known and OmegaConf.select(catalogue.composed(), key) is None:
        return f"~{key}: is already null, and Hydra cannot delete a key that is null; leave it out"
    return _unknown(key, catalogue, command)


def _start(error: BaseException) -> str:
    """An error's text before OmegaConf's details."""
    return " ".join(str(error or error.__cause__).split()).partition(" full_key: ")[0]


def _unknown(key: str, catalogue: Catalogue, command: str) -> str:
    group, _, name = key.partition(".")
    if command not in _OF_DATA and group in {*catalogue.groups(), "solved", "seed"}:
        changed = "change single keys of its dataset as data.KEY=VALUE" if group == "data" else "train from scratch"
        return f"{key}: a run keeps what it was trained with; {changed}"
    if not name and (options := catalogue.options(group)):
        return f"{key}: needs one of its options; choose from {', '.join(options)}"
    if key == "threshold" and command in ("predict", "export"):
        return f"{key}: is saved with the run; choose it with src.evaluate threshold=…"
    if key == "data.positive" and command == "train":
        return f"{key}: is for tables and images; in generated data the second class is the positive one"
    group_of_key, having = catalogue.having(key)
    if command == "train" and having:
        listed = ", ".join([*having[:_MOST_OPTIONS], *["…"] * (len(having) > _MOST_OPTIONS)])
        remedies = f"choose {'one of these options' if len(having) > 1 else 'this option'}, or leave it out"
        return f"{key}: belongs to {group_of_key}={listed}; {remedies}"
    known = catalogue.keys(with_hydra=key.startswith("hydra."))
    meant = remedy(key, known | {*catalogue.groups(), *_OF_SWEEPS} if command == "train" else known)
    if group == "trainer" and name in trainer_arguments():
        return f"{key}: is not in the configuration; Lightning's Trainer takes it: +{key}=…"
    if command == "train" and "did you mean" not in meant and remedy(key, {"data.path"}).startswith("did you mean"):
        meant = "did you mean data.path? it belongs to data=csv and data=image_folder"
    target = OmegaConf.select(catalogue.composed(), f"{group}._target_") if name else None
    if target and not str(target).startswith("src.") and "did you mean" not in meant:
        meant += f"; +{key}=… passes {target} another argument"
    return f"{key}: unknown key; {meant}"


def _unread(word: str, catalogue: Catalogue) -> str:
    """The remedy for a word that Hydra cannot parse."""
    key, equals, value = word.partition("=")
    name = key.lstrip("+~")
    if not equals:
        return f"{word}: should be KEY=VALUE"
    if not re.fullmatch(r"[A-Za-z_$][\w$-]*([./@:][\w$-]+)*", name, re.ASCII):
        return f"{name}: unknown key; {remedy(name, catalogue.keys())}"
    if re.match(r"(choice|range|interval|glob|shuffle|sort|tag|str|int|float|bool)\(", value):
        return f"{name}: not a function that Hydra knows (got {value}); use range(0,10), choice(a,b) or glob(*)"
    closes = all(value.count(one) == value.count(other) for one, other in ("[]", "{}", "()"))
    if closes and "'" not in value and '"' not in value:
        return (
            f"{name}: not a value that Hydra can read (got {value}); write a list as [1,2], or quote a string: \"'…'\""
        )
    return f"{name}: unclosed brackets, braces or quotes (got {value}); close them, or quote the whole value"


def trainer_arguments() -> set[str]:
    """Names of the arguments of Lightning's Trainer, read from its source, since importing it takes seconds."""
    package = importlib.util.find_spec("lightning")
    for folder in (package and package.submodule_search_locations) or ():
        source = Path(folder, "pytorch", "trainer", "trainer.py")
        for node in ast.walk(ast.parse(source.read_text())) if source.exists() else ():
            if isinstance(node, ast.FunctionDef) and node.name == "__init__":
                return {argument.arg for argument in node.args.kwonlyargs}
    return set()


THEIRS = (HydraException, OmegaConfBaseException)
"""The errors that `reworded` accepts."""
