"""Wrong commands print one line and leave nothing; unusual but valid ones work."""

import hashlib

import pytest

from tests.command.habits import HABITS
from tests.command.place import give
from tests.commands import ROOT

ON_A_RUN = ["evaluate", "predict", "export", "baselines"]
READING = [*ON_A_RUN, "compare"]
OWN_KEY = {"train": "seed", "evaluate": "split", "predict": "force", "export": "force", "compare": "boundaries"}
OWN_KEY |= {"baselines": "rope"}
GROUPS = sorted(
    path.name for path in (ROOT / "conf").iterdir() if path.is_dir() and path.name not in ("common", "hydra")
)
FOREIGN_WORDS = ["LexerNoViableAlt", "mismatched", "<EOF>", "full_key", "object_type", "hydra.cc", "HYDRA_FULL_ERROR"]
LONG = "n" * 300


def options(group):
    return sorted(path.stem for path in (ROOT / "conf" / group).glob("*.yaml"))


def everywhere():
    """Mistakes possible with any command: the command, its words, and what the line must contain."""
    for command, key in OWN_KEY.items():
        yield command, ["--frobnicate"], "--frobnicate: unknown flag"
        yield command, ["--confg=job"], "--confg=job: unknown flag; did you mean --cfg?"
        yield command, ["--cfg"], "--cfg: expected one argument; choose from job, hydra, all"
        yield command, ["--cfg", "jobs"], "--cfg: invalid choice: 'jobs'; choose from job, hydra, all"
        yield command, ["--info", "--cfg=job"], "cannot be combined with"
        yield command, ["--resolve"], "--resolve: needs --cfg or --help"
        yield command, ["--package", "hydra"], "--package: needs --cfg"
        yield command, ["--cfg", "job", "-p", f"{key}x"], f"--package: there is nothing to show at {key}x; did you mean"
        yield command, ["--config-dir", "nowhere"], "--config-dir: there is no folder nowhere"
        yield command, ["--config-path", "nowhere"], "--config-path: there is no folder nowhere"
        yield command, ["--config-name", "nothing"], "--config-name: no configuration 'nothing'"
        yield command, ["--experimental-rerun", "config.pickle"], "--experimental-rerun: reads a pickle"
        yield command, ["--shell-completion", "install=tcsh"], "--shell-completion: needs install=SHELL"
        yield command, ["frobnicate"], "frobnicate: should be KEY=VALUE"
        yield command, [key], f"{key}: should be KEY=VALUE; did you mean {key}=…?"
        yield command, ["=1"], "=1: needs a key before the equals sign"
        yield command, [key, "=", "1"], f"{key}: no spaces are allowed around the equals sign; write {key}=1"
        yield command, [f"{key} = 1"], f"write {key}=1"
        yield command, ["frobnicate=1"], "frobnicate: unknown key; choose from "
        yield command, ["~frobnicate"], "frobnicate: unknown key; choose from "
        yield command, [f"{key}x=1"], f"{key}x: unknown key; did you mean {key}?"
        yield command, ["schlüssel=1"], "schlüssel: unknown key; "
        yield command, [f"+{key}=1"], f"{key}: is already a key; leave out the + before it"
        yield command, [f"{key}=[1,2"], f"{key}: unclosed brackets, braces or quotes (got [1,2)"
        yield command, [f"{key}=choice()"], f"{key}: not a function that Hydra knows (got choice())"
        yield command, ["runs_dir=${nothing}"], ": no key nothing for ${nothing}"
        yield command, ["runs_dir="], "runs_dir: needs a path"
        yield command, [f"runs_dir={LONG}"], "runs_dir: a name has at most 255 bytes (got nnnnnnnnnnnnnnnnnnnn… of 300)"
        yield command, ["runs_dir=a\0b"], "runs_dir: a name cannot contain a zero byte"
        yield command, ["runs_dir=\udcff"], "runs_dir: should be a name in UTF-8"
        yield command, ["changes=5"], "changes: cannot be set as a whole"


def of_reading_commands():
    for command in READING:
        main = "sweep" if command == "compare" else "run"
        enough = ["input=file.csv"] if command == "predict" else []
        yield command, ["-m", "seed=0,1"], "--multirun: only src.train sweeps"
        yield command, ["--multirun"], "--multirun: only src.train sweeps"
        yield command, ["hydra.mode=MULTIRUN"], "hydra.mode=MULTIRUN: only src.train sweeps"
        yield command, [f"{main}="], f"{main}: needs a path"
        yield command, [*enough, f"{main}=nowhere"], "nowhere "
        yield command, [*enough, f"{main}=fun"], "fun "
        yield command, [*enough, f"{main}=file.csv"], "file.csv "
        yield command, [*enough, f"{main}=empty"], "empty "
        yield command, [*enough, f"{main}=latest", "runs_dir=empty"], f"{main}: there is no {main} under empty/ yet"
        yield command, [f"{main}={LONG}"], f"{main}: a name has at most 255 bytes"
        yield command, ["ckpt_path=x"], f"ckpt_path: unknown key; did you mean {main}?"
        yield command, ["runs/xor"], f"did you mean {'input' if command == 'predict' else main}=runs/xor?"
        for word in ("network=cnn", "optimizer.lr=1", "seed=3", "trainer.max_epochs=5"):
            yield command, [word], f"{word.partition('=')[0]}: a run keeps what it was trained with; train from scratch"
        yield command, ["data=moons"], "data: a run keeps what it was trained with; change single keys of its dataset"
        if command != "compare":
            yield command, ["run=run", "sweep=run"], "run: cannot be combined with sweep"
            yield (
                command,
                ["run=run", *enough, "data.nois=1"],
                "data.nois: the run has no such key; did you mean data.noise?",
            )
        if command not in ("evaluate", "baselines"):
            yield command, ["run=run" if main == "run" else "sweep=run", "output="], "output: needs a path"
            yield command, [f"output={LONG}"], "output: a name has at most 255 bytes"
    for word, line in {
        "split=tst": "split: input should be 'train', 'val' or 'test'",
        "split=": "split: input should be",
        "resamples=-1": "resamples: input should be greater than or equal to 0",
        "resamples=many": "resamples: input should be a number",
        "threshold=f9": "threshold: ",
        "threshold=recall>0.9": "threshold: ",
        "threshold=recall>=2": "threshold: ",
    }.items():
        yield "evaluate", ["run=run", word], line
    for words, line in [
        ([], "input: needs a CSV or Parquet file"),
        (["input="], "input: needs a path"),
        (["input=nowhere.csv"], "nowhere.csv: "),
        (["input=empty"], "input: the run was trained on a table"),
        (["input=picture.png"], "input: the run was trained on a table"),
        (["input=2024"], "2024: "),
        ([f"input={LONG}"], "input: a name has at most 255 bytes"),
        (["input=file.csv", "output=file.csv"], "output: file.csv"),
        (["input=file.csv", "force=maybe"], "force: input should be a valid boolean"),
    ]:
        yield "predict", ["run=run", *words], line
    for word, line in {
        "format=pickle": "format: input should be 'onnx', 'torch_export' or 'replay'",
        "format=": "format: input should be",
        "force=maybe": "force: input should be a valid boolean",
    }.items():
        yield "export", ["run=run", word], line
    for words, line in [
        (["metric=test/lss"], "metric"),
        (["group_by=[optimzer.lr]"], "optimzer.lr"),
        (["boundaries=-1"], "boundaries: input should be greater than or equal to 0"),
        (["sweep=[]"], "sweep: "),
        (["sweep=[run,nowhere]"], "nowhere"),
    ]:
        yield "compare", ["sweep=run", *words] if not words[0].startswith("sweep") else words, line
    yield "compare", ["run=run"], "run: unknown key; did you mean sweep?"
    yield "compare", ["sweep=null"], "sweep: input should be a valid string or input should be a valid list (got None)"
    for word, line in {
        "metric=acuracy": "metric: acuracy is not a score to compare by; did you mean accuracy?",
        "rope=-1": "rope: input should be greater than or equal to 0",
        "baseline_seed=x": "baseline_seed: input should be a number",
        "most_numbers=20": "most_numbers: leaves 10 of 64 training rows with 2 inputs (got 20); raise it to",
        "data.noise=0.3": "data.noise: baselines are fitted to the run's own rows and compared on them; leave it out",
    }.items():
        yield "baselines", ["run=run", word], line
    yield "evaluate", ["run=run", "baselines=true", "split=val"], "baselines: are compared on the run's own test rows"
    yield "evaluate", ["run=run", "calibration=platt"], "calibration: input should be 'temperature' or 'none'"
    yield "evaluate", ["run=run", "+splt=val"], "splt: unknown key, even with a +; did you mean split?"
    yield "evaluate", ["--config-name", "train"], "--config-name: train belongs to another command"


def of_groups():
    for group in GROUPS:
        listed = ", ".join(options(group))
        yield "train", [f"{group}=frobnicate"], f"{group}: no option 'frobnicate'; choose from {listed}"
        if group == "experiment":
            continue
        for empty in ("", "null", "[]"):
            meant = "did you mean none? " if empty == "null" and "none" in options(group) else ""
            rest = f"needs an option (got {group}={empty}); {meant}choose from {listed}"
            yield "train", [f"{group}={empty}"], f"{group}: {rest}"
        yield "train", [group], f"{group}: should be KEY=VALUE; did you mean {group}=…?"
        two = ",".join(options(group)[:2])
        yield "train", [f"{group}={two}"], f"{group}: has several values (got {two}); sweep over them with -m"
        yield "train", [options(group)[0]], "should be KEY=VALUE; did you mean "
        yield "train", [f"{group}.frobnicate=1"], f"{group}.frobnicate: unknown key; "


def of_training():
    for words, line in [
        (["optimizer.lr=0.1,0.2"], "optimizer.lr: has several values (got 0.1,0.2); sweep over them with -m"),
        (["seed=range(0,3)"], "seed: has several values (got seed=range(0,3)); sweep with -m"),
        (["lr=1"], "lr: unknown key; did you mean optimizer.lr?"),
        (["epochs=1"], "epochs: unknown key; "),
        (["ckpt_path=x"], "ckpt_path: unknown key; did you mean resume?"),
        (["model=cnn"], "model: unknown key; did you mean network?"),
        (["trainer.max_time=00:00:01:00"], "Lightning's Trainer takes it: +trainer.max_time=…"),
        (["trainer.max_epoch=5"], "trainer.max_epoch: unknown key; did you mean trainer.max_epochs?"),
        (["data.noise=a=b"], "data.noise: input should be a number"),
        (["solved.metric=tëst/loss", "solved.at_most=1"], "solved.metric: unknown metric (got 'tëst/loss')"),
        (["head.threshold=recäll>=0.9"], "head.threshold: "),
        (["hydra.run.dir="], "hydra.run.dir: needs a path"),
        (["hydra.mode=SOMETIMES"], "hydra.mode: "),
        (["+network=mlp"], "network: already has an option; leave out the + before it"),
        (["network@other=mlp"], "network@other: unknown key; did you mean network?"),
        (["network={a: 1}"], "network: needs an option (got network={a: 1}); choose from cnn"),
        (["data.noise.x=1"], "data.noise.x: unknown key; "),
        (["hydra.sweeper.params.seed=1,2", "-m"], "hydra.sweeper.params.seed: Hydra's own keys cannot be swept over"),
        (["--config-name", "evaluate"], "--config-name: evaluate belongs to another command"),
        (["hydra.searchpath=nowhere"], "hydra.searchpath: there is no folder nowhere"),
        (["runs_dir=file.csv"], "runs_dir: file.csv"),
        (["runs_dir=null"], "runs_dir: input should be a valid string"),
        (["hydra/launcher=frobnicate"], "hydra/launcher: no option 'frobnicate'; choose from basic"),
        (["hydra/sweeper=ax"], "hydra/sweeper: no option 'ax'; choose from basic"),
        (["resume=nowhere"], "resume: nowhere is not a run folder"),
        (["resume=latest", "runs_dir=empty"], "resume: there is no run under empty/ yet"),
        (["resume=run/checkpoints/worst.ckpt"], "resume: there is no checkpoint run/checkpoints/worst.ckpt"),
        (["resume=run", "network=cnn"], "resume: a resumed run keeps its network"),
        (["resume=run", "experiment=xor"], "resume: a resumed run keeps its experiment"),
        (["resume=run", "data.split_seed=9"], "resume: a resumed run keeps its rows"),
        (["resume=run", "data.fold=1"], "resume: a resumed run keeps its rows"),
        (["resume=run", "data.classes=[b,a]"], "resume: a resumed run keeps its rows"),
        (
            ["data=moons", "data.folds=5", "data.fold=0", "data.test_fraction=0.3"],
            "data.test_fraction: has no effect",
        ),
        (["data=moons", "data.fold=0"], "data.fold: needs the number of folds"),
        (["data.folds=5", "data.fold=0"], "data.folds: XOR already has a test split"),
        (["resume=run", "seed=7"], "resume: a resumed run keeps its rows"),
        (["resume=run", "-m"], "resume: a sweep cannot be resumed as one run"),
        (["resume=run", "sweep_resume=run"], "resume: cannot be combined with sweep_resume"),
        (["sweep_resume=run"], "sweep_resume: run is not a sweep's folder"),
        (["sweep_resume=nowhere"], "sweep_resume: nowhere is not a sweep's folder"),
        (["-m", "seed=range(0,0)"], "seed=range(0,0): contains no value, so there is nothing to run"),
        (["-m", "seed=range(0,3,0)"], "seed=range(0,3,0): "),
        (["-m", "seed=range(0,1e9)"], "a sweep has at most 1,000,000 runs"),
        (["-m", "seed=interval(0,3)"], "seed=interval(0,3): hydra/sweeper=basic needs a list of values"),
        (["-m", "seed=choice()"], "seed: not a function that Hydra knows (got choice())"),
        (["-m", "experiment=glob(*_nothing)"], "experiment=glob(*_nothing): contains no value"),
        (["-m", "optimizer.lr=glob(*)"], "optimizer.lr=glob(*): contains no value"),
        (["experiment=sweep_seed", "seed=range(0,0)"], "seed=range(0,0): contains no value"),
        (["-m", "--cfg", "job"], "cannot be combined with"),
        (["-m", "network=mlp,frobnicate"], "network: no option 'frobnicate'; choose from cnn, mlp"),
        (["-m", "seed=0,1", "frobnicate=1"], "frobnicate: unknown key; "),
    ]:
        yield "train", words, line


def contents(folder):
    return {path: hashlib.md5(path.read_bytes()).hexdigest() if path.is_file() else "" for path in folder.rglob("*")}


def name_of(case):
    return " ".join([case[0], *case[1]]).encode("ascii", "backslashreplace").decode().replace("\0", "")[:80]


CASES = [*everywhere(), *of_reading_commands(), *of_groups(), *of_training(), *HABITS]


@pytest.mark.parametrize(("command", "words", "line"), CASES, ids=[name_of(case) for case in CASES])
def test_a_wrong_command_is_one_line_and_leaves_nothing(command, words, line, here, capfd):
    before = contents(here)
    code = give(command, words)
    told = capfd.readouterr()
    assert told.err.startswith("config error: "), told
    assert told.err.count("\n") == 1
    assert line in told.err
    assert not [word for word in FOREIGN_WORDS if word in told.err]
    assert told.out == ""
    assert code == 2
    assert contents(here) == before
