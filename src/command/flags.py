"""Hydra's flags on a command line, in any order and with their values."""

import argparse
import re
from pathlib import Path
from typing import NoReturn

from src.errors import ConfigError, suggestion
from src.storage.folders import RUN

Flags = dict[str, str | bool]
"""Long names of the given flags and their values, or True for flags without one."""


class UnknownFlagError(ConfigError):
    """A word with dashes that is not a flag; the error's text is that word."""


_SWITCHES = {
    "--help": "-h",
    "--hydra-help": None,
    "--version": None,
    "--resolve": None,
    "--run": "-r",
    "--multirun": "-m",
    "--shell-completion": "-sc",
}
_WITH_A_WORD = {
    "--cfg": "-c",
    "--package": "-p",
    "--config-path": "-cp",
    "--config-name": "-cn",
    "--config-dir": "-cd",
    "--experimental-rerun": None,
    "--info": "-i",
}
_CHOICES = {
    "--cfg": ("job", "hydra", "all"),
    "--info": ("all", "config", "defaults", "defaults-tree", "plugins", "searchpath"),
}
_FOLDERS = "--config-path", "--config-dir"
_DO_SOMETHING_ELSE = "--run", "--multirun", "--cfg", "--info", "--shell-completion"


def parted(words: list[str]) -> tuple[Flags, list[str]]:
    """The flags of a command line, and its other words in order.

    Raises:
        ConfigError: A flag is unknown, lacks its value, has a wrong one or contradicts another flag.

    Example:
        >>> parted(["experiment=xor", "--cfg", "job", "-m", "seed=0,1"][:3])
        ({'--cfg': 'job'}, ['experiment=xor'])
    """
    parser = _Parser(add_help=False, allow_abbrev=False, prog="")
    for name, short in _SWITCHES.items():
        parser.add_argument(*filter(None, (short, name)), action="store_true")
    for name, short in _WITH_A_WORD.items():
        parser.add_argument(*filter(None, (short, name)), choices=_CHOICES.get(name))
    parser.add_argument("words", nargs="*")
    given = vars(parser.parse_intermixed_args(_with_its_default(words)))
    others: list[str] = given.pop("words")
    flags: Flags = {f"--{name.replace('_', '-')}": value for name, value in given.items() if value not in (None, False)}
    _check(flags)
    for name in _FOLDERS:
        if name in flags:
            flags[name] = _folder(name, str(flags[name]))
    return flags, others


def joined(flags: Flags) -> list[str]:
    """Flags as words again, each with its value after an equals sign, so that nothing can come between the two.

    Example:
        >>> joined({"--cfg": "job", "--resolve": True})
        ['--cfg=job', '--resolve']
    """
    return [name if value is True else f"{name}={value}" for name, value in flags.items()]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Raise a one-line error, where argparse would print the usage and exit."""
        prefix, _, words = message.partition(": ")
        if prefix == "unrecognized arguments":
            flag = words.split()[0]
            known = {*_SWITCHES, *_WITH_A_WORD} - {"--experimental-rerun"}
            remedy = suggestion(flag.partition("=")[0], known)
            if "mean" in remedy:
                raise ConfigError(f"{flag}: unknown flag; {remedy}")
            raise UnknownFlagError(flag)
        name = prefix.removeprefix("argument ").split("/")[-1]
        if value := re.match(r"ignored explicit argument (.*)", words):
            short = prefix.removeprefix("argument ").split("/")[0]
            if f"-{short}{value[1].strip(chr(39))}" == name:  # one dash, as in -help
                raise ConfigError(f"{name[1:]}: unknown flag; did you mean {name}?")
            words = f"takes no value (got {value[1]}); settings have no dashes: {name.lstrip('-')}=…"
        if name in _CHOICES:
            words = f"{words.split(' (')[0]}; choose from {', '.join(_CHOICES[name])}"
        raise ConfigError(f"{name}: {words}")


def _with_its_default(words: list[str]) -> list[str]:
    """The words with the default of a bare `--info` spelt out; argparse would take the next word as its value."""
    spelt = list(words)
    for place, word in enumerate(words):
        if word in ("--info", "-i") and not {*words[place + 1 : place + 2]} & {*_CHOICES["--info"]}:
            spelt[place] = "--info=all"
    return spelt


def _check(flags: Flags) -> None:
    wanted = [name for name in flags if name in _DO_SOMETHING_ELSE]
    if len(wanted) > 1:
        raise ConfigError(f"{wanted[0]}: cannot be combined with {wanted[1]}; give one of them")
    if "--resolve" in flags and not flags.keys() & {"--cfg", "--help"}:
        raise ConfigError("--resolve: needs --cfg or --help; add --cfg job")
    if "--package" in flags and "--cfg" not in flags:
        raise ConfigError("--package: needs --cfg; add --cfg job")
    if "--experimental-rerun" in flags:
        raise ConfigError(
            "--experimental-rerun: reads a pickle, which can run any code; "
            f"resume a run with resume=FOLDER, or repeat the words in its {RUN.overrides}"
        )


def _folder(flag: str, name: str) -> str:
    if name.startswith("pkg://"):
        return name
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ConfigError(f"{flag}: there is no folder {name}; name one that holds configurations")
    return str(folder.absolute())
