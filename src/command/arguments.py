"""Turns the command line as people write it into the one that Hydra reads."""

import re
import shlex
from pathlib import Path

from hydra.core.config_store import ConfigStore
from omegaconf import OmegaConf

from src.command.aliases import alias
from src.command.flags import Flags, UnknownFlagError, joined, parted
from src.command.quoting import literal, readable, text_of, unquoted
from src.command.words import check_completion, check_name, check_package, check_words, unknown_flag
from src.errors import ConfigError
from src.storage.finding import find_run
from src.storage.folders import SWEEP, SweepFolder
from src.storage.locking import lock
from src.trust.links import check_links
from src.trust.saved import check_resumable, saved_config_dir, saved_overrides

_RESUMED = "resumed"  # the primary configuration of a resumed run
_DECIDES_ROWS = re.compile(r"seed|data\.(seed|split_\w+|\w+_fraction|stratify|folds?|group|split|time|classes)")
_RENAMED = {
    "changed_data=accept": "allow_changed_data=true",
    "changed_data=refuse": "allow_changed_data=false",
}
"""Words of earlier versions and their current names."""

_OF_NO_RUN = "describe", "play"
"""The commands that read a dataset instead of runs."""

_CHANGEABLE = {
    "launcher": ("hydra/launcher=", "hydra.launcher."),
    "length": ("hydra.sweeper.n_trials=", "hydra.sweeper.timeout=", "hydra.sweeper.n_jobs="),
}
"""Beginnings of words that may change when a sweep is resumed: how its runs are launched, how long it searches."""


def rewritten(words: list[str], command: str, begins_runs: bool) -> tuple[list[str], Path | None]:
    """The command line for Hydra, and the folder of the sweep that it resumes, if any.

    Args:
        words: The words as they were typed.
        command: The command they were given to, as in `conf/<command>.yaml`.
        begins_runs: Whether the command trains; otherwise it works on existing runs.

    Raises:
        ConfigError: Words cannot be read, or the run or sweep to resume does not exist or would change.
    """
    try:
        flags, words = parted(words)
    except UnknownFlagError as error:
        raise unknown_flag(str(error), words, command) from None
    if "--shell-completion" in flags:  # takes words of another kind
        check_completion(words)
        return [*joined(flags), *words], None
    words = [_RENAMED.get(word, word) for word in words]
    check_words(words, command)
    check_name(flags, command)
    sweep = None
    if begins_runs:
        flags, words = resumed_run(flags, words)
        flags, words, sweep = resumed_sweep(flags, words)
    else:
        refuse_sweeping(flags, words)
        words = words if command in _OF_NO_RUN else changing(words)
    sweeps = "--multirun" in flags or "hydra.mode=MULTIRUN" in words
    words = [readable(word, sweeps) for word in words]
    check_package(flags, words, command)
    return [*joined(flags), *words], sweep


def resumed_run(flags: Flags, arguments: list[str]) -> tuple[Flags, list[str]]:
    """The command line that resumes a run: `resume=FOLDER` is replaced by the run's saved configuration.

    Args:
        flags: The flags from `parted`.
        arguments: The other words.

    Raises:
        ConfigError: There is no such run, or an override would replace one of its parts.
    """
    wanted = [text_of(argument.partition("=")[2]) for argument in arguments if argument.startswith("resume=")]
    if not wanted or wanted[-1] == "null":
        return flags, arguments
    checkpoint = Path(wanted[-1]) if wanted[-1].endswith(".ckpt") else None
    if checkpoint is not None and not checkpoint.is_file():
        raise ConfigError(
            f"resume: there is no checkpoint {checkpoint}; name a run folder, one of its checkpoints, or latest"
        )
    named = wanted[-1] if checkpoint is None else str(checkpoint.parent.parent)
    folder = find_run(named, _value(arguments, "runs_dir", "runs"), "resume")
    rest = [argument for argument in arguments if not argument.startswith("resume=")]
    saved = OmegaConf.create(check_resumable(folder, [argument.partition("=")[0].lstrip("+") for argument in rest]))
    for argument in rest:
        key = argument.lstrip("+~").partition("=")[0]
        if OmegaConf.is_dict(OmegaConf.select(saved, key)) or key == "experiment":
            raise ConfigError(
                f"resume: a resumed run keeps its {key} (got {argument}); change single keys, or train from scratch"
            )
        if _DECIDES_ROWS.fullmatch(key):
            raise ConfigError(
                f"resume: a resumed run keeps its rows (got {argument}); leave it out, or train from scratch"
            )
    if "--multirun" in flags:
        raise ConfigError("resume: a sweep cannot be resumed as one run; leave out --multirun, or use sweep_resume=")
    lock(folder, "resume")
    if SweepFolder(folder.parent).overrides.exists():
        lock(folder.parent, "resume", shared=True)
    place = alias(folder, "resume")  # Hydra would read an interpolation in its working folder
    # Hydra does not read the folder itself; it would look there for options of its own groups
    ConfigStore.instance().store(name=_RESUMED, node=saved)
    return flags | {"--config-name": _RESUMED}, [
        *rest,
        "hydra/job_logging=lab",
        "hydra/hydra_logging=lab",
        "hydra.job.name=train",
        f"hydra.run.dir={literal(str(place))}",
        f"resume={literal(str(place / checkpoint.relative_to(checkpoint.parent.parent) if checkpoint else place))}",
    ]


def changing(arguments: list[str]) -> list[str]:
    """The arguments of a command on a run: `data.KEY=VALUE` changes the run's own configuration.

    Example:
        >>> changing(["run=latest", "data.noise=0.3"])
        ['run=latest', '+changes.data.noise=0.3']
    """
    return [f"+changes.{argument}" if re.match(r"data\.[\w.]+=", argument) else argument for argument in arguments]


def refuse_sweeping(flags: Flags, words: list[str]) -> None:
    """Raise `ConfigError` if `flags` or `words` ask for a sweep from a command that works on one run."""
    mode = [word for word in words if word.startswith("hydra.mode=") and word.lower() != "hydra.mode=run"]
    if "--multirun" in flags or mode:
        raise ConfigError(f"{mode[-1] if mode else '--multirun'}: only src.train sweeps; give the command once per run")


def resumed_sweep(flags: Flags, arguments: list[str]) -> tuple[Flags, list[str], Path | None]:
    """The command line that resumes a sweep, and its folder: `sweep_resume=FOLDER` is replaced by its saved overrides.

    Args:
        flags: The flags from `parted`.
        arguments: The other words.

    Raises:
        ConfigError: There is no such sweep, or an override would change it.
    """
    wanted = [text_of(argument.partition("=")[2]) for argument in arguments if argument.startswith("sweep_resume=")]
    if not wanted or wanted[-1] == "null":
        return flags, [argument for argument in arguments if not argument.startswith("sweep_resume=")], None
    folder = Path(wanted[-1])
    if not SweepFolder(folder).overrides.exists():
        raise ConfigError(f"sweep_resume: {folder} is not a sweep's folder (it has no {SWEEP.overrides})")
    if "${" in str(folder.resolve()):  # Hydra and the launcher's processes would read an interpolation in it
        raise ConfigError(f"sweep_resume: cannot work in a folder with ${{ in its name (got {folder}); rename it")
    check_links(folder, levels=3)
    lock(folder, "sweep_resume")
    rest = [argument for argument in arguments if not argument.startswith("sweep_resume=")]
    saved = [_RENAMED.get(word, word) for word in saved_overrides(SweepFolder(folder).overrides, rest)]
    config_dir = saved_config_dir(SweepFolder(folder).overrides)
    if config_dir is not None and "--config-dir" not in flags:
        raise ConfigError(
            f"sweep_resume: the sweep was started with --config-dir {shlex.quote(config_dir)}, "
            "which works only on the command line; add it"
        )
    changed = [argument for argument in rest if argument.startswith(sum(_CHANGEABLE.values(), ()))]
    kept = {_meaning(word) for word in saved}
    for argument in rest:
        if argument not in changed and _meaning(argument) not in kept:
            raise ConfigError(
                f"sweep_resume: a resumed sweep keeps its settings (got {argument}); only hydra/launcher may change, "
                "and in a search hydra.sweeper.n_trials, timeout and n_jobs"
            )
    return flags | {"--multirun": True}, [*_without(saved, changed), *changed], folder


def _meaning(word: str) -> tuple[str, str]:
    """Key and value of a word; quotes around the value make no difference."""
    key, _, value = word.partition("=")
    return key, unquoted(value)


def _without(saved: list[str], changed: list[str]) -> list[str]:
    """The `saved` words that no `changed` word replaces; a new launcher replaces all words of the earlier one."""
    launcher = _CHANGEABLE["launcher"]
    dropped = tuple(f"{word.partition('=')[0]}=" for word in changed)
    if any(word.startswith(launcher[0]) for word in changed):
        dropped += launcher
    return [word for word in saved if not word.startswith(dropped)]


def _value(arguments: list[str], key: str, default: str) -> str:
    values = [text_of(argument.partition("=")[2]) for argument in arguments if argument.startswith(f"{key}=")]
    return values[-1] if values else default
