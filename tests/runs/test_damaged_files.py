"""Each file of a run's folder damaged in each way, given to each command: one line, and everything else stays."""

import shutil

import pytest

from tests.command.place import give

DAMAGES = {
    "empty": lambda content: b"",
    "half": lambda content: content[: len(content) // 2],
    "binary": lambda content: b"\x00\xff\xfe\x80" * 50,
    "a list": lambda content: b"[1, 2]",
    "not a number": lambda content: b'{"a": NaN}',
    "a folder": None,
    "gone": None,
}
CONFIG, OVERRIDES, HYDRA = ".hydra/config.yaml", ".hydra/overrides.yaml", ".hydra/hydra.yaml"
BEST, LAST = "checkpoints/best.ckpt", "checkpoints/last.ckpt"
COMMANDS = {
    "evaluate": ["run=run", "resamples=0"],
    "predict": ["run=run", "input=file.csv", "output=output.csv"],
    "export": ["run=run", "output=output.onnx"],
    "compare": ["sweep=run", "boundaries=0", "output=output"],
    "train": ["resume=run", "trainer.max_epochs=2"],
}
NEEDED = {  # files without which a command cannot work, whatever is in their place
    "evaluate": (CONFIG, BEST),
    "predict": (CONFIG, BEST),
    "export": (CONFIG, BEST),
    "compare": (CONFIG, HYDRA, "metrics.json"),
    "train": (CONFIG, LAST),
}
READ = {  # files that may be gone, and are refused where they are there and damaged
    "evaluate": ("threshold.json", "calibration.json"),
    "compare": (OVERRIDES,),
    "train": ("metrics.csv",),
}
MAY_BE_WHOLE = {(CONFIG, "half"), (OVERRIDES, "half"), (OVERRIDES, "empty"), ("metrics.csv", "gone")}
MAY_BE_WHOLE |= {(CONFIG, "not a number")}  # a mapping, of which a comparison reads what it needs
MAY_BE_WHOLE |= {("threshold.json", "gone"), ("calibration.json", "gone")}
MAY_BE_WHOLE |= {(LAST, "gone")}  # without last.ckpt a run is trained from the start
ALL = [
    (command, path, damage)
    for files in (NEEDED, READ)
    for command in files
    for path in files[command]
    for damage in DAMAGES
    if (path, damage) not in MAY_BE_WHOLE and (command == "evaluate" or damage != "empty" or path == "metrics.csv")
    if command not in ("predict", "export") or damage in ("half", "a folder")  # which open a run as evaluate does
]


@pytest.fixture(scope="module")
def folder(place, tmp_path_factory):
    """A finished run, and a table for it."""
    folder = tmp_path_factory.mktemp("damaged")
    shutil.copytree(place / "run", folder / "whole")
    (folder / "whole" / "threshold.json").write_text('{"rule": "f1", "thresholds": [0.4]}')
    (folder / "whole" / "calibration.json").write_text('{"temperature": 1.2, "fitted_on": "val"}')
    shutil.copy(place / "file.csv", folder)
    return folder


def contents(folder):
    """The contents of each file; for logs only that they exist."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: b"" if path.suffix == ".log" else path.read_bytes() for path in files}


@pytest.mark.parametrize(("command", "path", "damage"), ALL, ids=["-".join(each) for each in ALL])
def test_a_damaged_file_is_one_line_and_everything_else_stays(command, path, damage, folder, monkeypatch, capfd):
    monkeypatch.chdir(folder)
    shutil.rmtree("run", ignore_errors=True)
    shutil.copytree("whole", "run")
    damaged = folder / "run" / path
    content = damaged.read_bytes()
    damaged.unlink()
    if damage == "a folder":
        damaged.mkdir()
    elif damage != "gone":
        damaged.write_bytes(DAMAGES[damage](content))
    before = contents(folder)
    capfd.readouterr()
    code = give(command, COMMANDS[command])
    *others, line = capfd.readouterr().err.splitlines()
    assert code in (1, 2)
    assert line.startswith("config error: " if code == 2 else "disk error: ")
    assert all(other.startswith("left out run: ") for other in others)  # a comparison says why, run by run
    assert path.rpartition("/")[2] in " ".join([*others, line]) or "holds no runs" in line or "has finished" in line
    assert contents(folder) == before
