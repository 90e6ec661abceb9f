"""Finds words that cannot be right, whatever the configuration, before Hydra reads them."""

import re
from pathlib import Path

from omegaconf import OmegaConf

from src.command.catalogue import Catalogue
from src.command.flags import Flags
from src.command.quoting import is_path
from src.errors import ConfigError, suggestion
from src.places import CONF
from src.settings.composed import choices_of_run, keys_below
from src.settings.other_names import remedy

_OFF = re.compile(r"(?i:false|off|no)|null|None")
_NO_OPTION = re.compile(r"|null|None|\[\]")
_NO_NAME = re.compile(
    r"(?i:true|false)|[+-]?[\d.]+(e[+-]?\d+)?|\{.*\}"
)  # Hydra reads these as a value, not as an option
_LISTED = "--help lists keys and options"
_TOGETHER = {"resume": "sweep_resume", "run": "sweep"}


def check_words(words: list[str], command: str) -> None:
    """Raise `ConfigError` for a word that is not `KEY=VALUE`, sets nothing, or contradicts another.

    Args:
        words: The command line without its flags.
        command: The command they were given to, as in `conf/<command>.yaml`.
    """
    for place, word in enumerate(words):
        key, equals, value = word.partition("=")
        name = key.lstrip("+~")
        if not equals and not key.startswith("~"):
            raise ConfigError(
                _torn(words, place) or f"{word or repr(word)}: should be KEY=VALUE; {_meant(word, command)}"
            )
        _check_calls(name, value)
        if not name.strip():
            raise ConfigError(f"{word}: needs a key before the equals sign; write KEY=VALUE without spaces")
        if name != name.strip():
            raise ConfigError(f"{word}: has spaces around the equals sign; write {name.strip()}={value.strip()}")
        if value.startswith("="):
            raise ConfigError(f"{name}: one equals sign is enough (got {word}); write {name}={value.lstrip('=')}")
        if value.endswith(".yaml") and re.fullmatch(r"[a-z_/]+", name) and (CONF / f"{name}/{value}").is_file():
            raise ConfigError(f"{name}: an option has no file extension; write {word.removesuffix('.yaml')}")
        if key.startswith("+") and command != "train" and not name.startswith(("hydra", "changes.")):
            known = Catalogue(command, {}, []).keys()
            if name.startswith("data.") and "changes" in known:
                raise ConfigError(f"{name}: takes no + here; write {name}={value}")
            if name not in known:
                raise ConfigError(f"{name}: unknown key, even with a +; {suggestion(name, known)}")
        if name == "changes":
            raise ConfigError(f"changes: cannot be set as a whole (got {word}); set single keys as data.KEY=VALUE")
        deletes, is_value = key.startswith("~"), _NO_NAME.fullmatch(value)
        if deletes or is_value or (equals and _NO_OPTION.fullmatch(value)):
            if (name != "experiment" or is_value) and re.fullmatch(r"[a-z_/]+", name) and (CONF / name).is_dir():
                options = Catalogue(command, {}, []).options(name)
                meant = "did you mean none? " if _OFF.fullmatch(value) and "none" in options else ""
                raise ConfigError(f"{name}: needs an option (got {word}); {meant}choose from {', '.join(options)}")
            if not value and is_path(name) and not deletes:
                raise ConfigError(f"{name}: needs a path (got {word}); leave it out, or name one")
        if name == "hydra.searchpath":
            _check_search(value)
    given = {word.partition("=")[0] for word in words}
    for one, other in _TOGETHER.items():
        if {one, other} <= given:
            raise ConfigError(f"{one}: cannot be combined with {other}; give one of them")


def _torn(words: list[str], place: int) -> str | None:
    """An error if spaces have separated the word at a place from its neighbours; otherwise None."""
    before, word, after = (words[i] if 0 <= i < len(words) else "" for i in (place - 1, place, place + 1))
    if after == "=" or after.startswith("="):
        value = after[1:] or next(iter(words[place + 2 : place + 3]), "…")
        return f"{word}: no spaces are allowed around the equals sign; write {word}={value}"
    if "=" in before and before.count("[") > before.count("]"):
        inside = [before]
        while place < len(words) and "=" not in words[place]:
            inside.append(words[place])
            place += 1
        return f"{before}: no spaces are allowed in a list; write {''.join(inside)}"
    return None


def _check_calls(name: str, value: str) -> None:
    """Refuse a call such as `range(0,3` without its closing bracket: Hydra would read it as a string."""
    if re.match(r"(choice|range|interval|glob|shuffle|sort|tag)\(", value) and value.count("(") != value.count(")"):
        raise ConfigError(f"{name}: a bracket is not closed (got {value}); close it, as in {name}='{value})'")


def unknown_flag(flag: str, words: list[str], command: str) -> ConfigError:
    """The error for a word with dashes that is not a flag, as in `--epochs 10`.

    Args:
        flag: The word.
        words: The whole command line.
        command: The command they were given to, as in `conf/<command>.yaml`.
    """
    after = words[words.index(flag) + 1 :] if flag in words else []
    name, _, value = flag.lstrip("-").replace("-", "_").partition("=")
    catalogue = Catalogue(command, {}, [])
    known = catalogue.keys() | set(catalogue.groups() if command == "train" else ())
    meant = name if name in known else remedy(name, known).removeprefix("did you mean ").removesuffix("?")
    if meant not in known:
        return ConfigError(f"{flag}: unknown flag; --hydra-help lists them all, and --help the settings")
    return ConfigError(f"{flag}: settings have no dashes; write {meant}={value or next(iter(after), '…')}")


def _check_search(value: str) -> None:
    """Refuse folders that do not exist, about which Hydra would only warn."""
    for place in re.findall(r"[^\s,'\"\[\]][^,'\"\[\]]*", value):
        folder = place.removeprefix("file://")
        if "://" not in folder and "${" not in folder and not Path(folder).expanduser().is_dir():
            raise ConfigError(
                f"hydra.searchpath: there is no folder {folder}; name one that holds configurations, as file://FOLDER"
            )


def check_name(flags: Flags, command: str) -> None:
    """Raise `ConfigError` if `--config-name` among the `flags` names the configuration of another `command`."""
    name = str(flags.get("--config-name", command)).removesuffix(".yaml")
    if name != command and (CONF / f"{name}.yaml").is_file():
        raise ConfigError(f"--config-name: {name} belongs to another command (got it for {command}); use src.{name}")


def check_package(flags: Flags, words: list[str], command: str) -> None:
    """Raise `ConfigError` if `--package` among the `flags` names no part of what `--cfg` shows.

    Args:
        flags: The flags of the command line.
        words: The rest of the command line, as Hydra reads it.
        command: The command they were given to, as in `conf/<command>.yaml`.
    """
    wanted = str(flags.get("--package", "_global_"))
    if wanted == "_global_":
        return
    cfg = Catalogue(command, flags, words).shown()
    if OmegaConf.select(cfg, wanted) is None:
        known = keys_below(cfg)
        remedy = "it is not set" if wanted in known else suggestion(wanted, known)
        raise ConfigError(f"--package: there is nothing to show at {wanted}; {remedy}")


def check_completion(words: list[str]) -> None:
    """Raise `ConfigError` if the words after `--shell-completion` do not name an action and a shell."""
    if len(words) != 1 or not re.fullmatch(r"(un)?install=(bash|fish|zsh)|query=\w+", words[0]):
        given = " ".join(words) or "nothing"
        raise ConfigError(f"--shell-completion: needs install=SHELL or uninstall=SHELL (got {given}); as install=bash")


def _meant(word: str, command: str) -> str:
    """What the user may have meant by a word without an equals sign."""
    catalogue = Catalogue(command, {}, [])
    keys = catalogue.keys()
    for key, values in choices_of_run().items() if command != "train" else ():
        if key in keys and word in values:
            return f"did you mean {key}={word}?"
    if word in ("help", "version"):
        return f"did you mean --{word}?"
    named = re.fullmatch(r"(\w+)|(?:[\w./-]*/)?(\w+)\.yaml", word)  # an option, or its file
    if named and (group := catalogue.holding(named[1] or named[2])):
        return f"did you mean {group}={named[1] or named[2]}?"
    if (inside := re.fullmatch(r"(\w+)/(\w+)", word)) and inside[2] in catalogue.options(inside[1]):
        return f"did you mean {inside[1]}={inside[2]}?"
    if word in keys or word in catalogue.groups():
        return f"did you mean {word}=…?"
    if (typed := re.fullmatch(r"([\w./]+):(?!//)(.+)", word)) and typed[1] in {*keys, *catalogue.groups()}:
        return f"did you mean {typed[1]}={typed[2].strip()}?"
    main = {"compare": "sweep", "predict": "input", "describe": "data.path", "play": "data.path"}.get(command, "run")
    return f"did you mean {main}={word}?" if main in keys else _LISTED
