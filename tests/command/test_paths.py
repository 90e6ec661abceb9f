"""Files and folders with any name work in every key that is a path."""

import json
import shutil
from pathlib import Path

import pytest

from tests.command.place import QUICK, composed, give

NAMES = [
    *("a b, c", " blank before and behind ", "tab\tand\nnew line", "it's", 'say "x"', "'quoted'", "back\\slash\\"),
    *(
        "a=b:c",
        "[x]",
        "{x: y}",
        "f(x)",
        "#1 100% ?!*",
        "$HOME",
        "${seed}",
        "\\${seed}",
        "a;b&c|d<e>f @x `x`",
        "+x",
        "-x",
    ),
    *("2024", "1e5", "true", "NULL", "None", "~", "~x", "n" * 220),
    *("ünï", "e\u0301", "日本語 🙂", "שלום عربى हिन्दी"),
]


@pytest.fixture
def odd(here, tmp_path, monkeypatch):
    """An empty working folder that leads to the run and the table by any name."""
    monkeypatch.chdir(tmp_path)

    def link(name, to):
        Path(name).symlink_to(here / to)

    return link


@pytest.mark.parametrize("name", NAMES)
def test_predict_reads_and_writes_files_of_any_name(name, odd):
    odd(name, "run")
    Path("table").mkdir()
    odd(f"table/{name}", "file.csv")
    target = f"{name}.csv" if "${" not in name else "out.csv"
    assert give("predict", [f"run={name}", f"input=table/{name}", f"output={target}"]) == 0
    assert Path(target).read_text().startswith("x1,x2,predicted,")
    assert sorted(path.name for path in Path.cwd().iterdir()) == sorted([name, "table", target])


@pytest.mark.parametrize("name", ["a b, c", "it's ünï", "2024", "${seed}"])
def test_compare_takes_lists_of_any_names(name, odd, capsys):
    odd(name, "run")
    odd("plain", "run")
    listed = f"'{name}'" if "," in name else name
    assert give("compare", [f"sweep=[{listed},plain]", "output=.", "boundaries=0"]) == 0
    assert give("compare", [f"sweep={name}", "output=.", "boundaries=0"]) == 0
    assert json.loads(Path("compare.json").read_text())["settings"][0]["folders"] == [name]


@pytest.mark.parametrize("name", ["it's a=b, [x] #1 ünï", "2024"])
def test_a_run_is_trained_resumed_and_exported_in_a_folder_of_any_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert give("train", [*QUICK, f"runs_dir={name}"]) == 0
    (folder,) = Path(name, "xor").iterdir()
    assert give("train", [f"resume={folder}", "trainer.max_epochs=2"]) == 0
    assert give("train", ["resume=latest", f"runs_dir={name}", "trainer.max_epochs=3"]) == 0
    assert json.loads((folder / "metrics.json").read_text())["epochs"] == 3
    assert give("export", [f"run={folder}", "format=torch_export", f"output={name}.pt2"]) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([name, f"{name}.pt2", f"{name}.json"])


def test_a_tilde_is_the_home_folder_in_every_path(here, monkeypatch):
    monkeypatch.setenv("HOME", str(here))
    (cfg,) = composed("predict", ["run=~/run", "input=~/file.csv", "output=~", "runs_dir=~/runs", "data_dir=~/data"])
    found = [cfg.run, cfg.input, cfg.output, cfg.runs_dir, cfg.data_dir]
    assert found == [f"{here}/run", f"{here}/file.csv", str(here), f"{here}/runs", f"{here}/data"]
    (cfg,) = composed("evaluate", ["run=run", "data.path=~/file.csv"])
    assert cfg.changes.data.path == f"{here}/file.csv"


def test_what_stands_in_quotes_already_stays(here):
    (cfg,) = composed("predict", ["run='a, b'", 'input="c d"', "output='${run}.csv'"])
    assert (cfg.run, cfg.input, cfg.output) == ("a, b", "c d", "a, b.csv")


def test_interpolation_goes_on_to_work_where_no_such_file_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (cfg,) = composed("train", ["runs_dir=runs/${seed}", "seed=4"])
    assert cfg.runs_dir == "runs/4"
    assert list(Path("runs/4/xor").iterdir())


def test_files_and_columns_of_any_name_are_named_as_they_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path, column in [
        ("my data (1).csv", "Culmen Length (mm)"),
        ("größe.csv", "b=x"),
        ("a, b.csv", "sepal.length"),
    ]:
        Path(path).write_text(f'"{column}",x\n' + "yes,1\nno,2\n" * 10)
        quick = ["trainer.max_epochs=1", "logger=none", "callbacks.figures=null", "callbacks.importance=null"]
        words = ["data=csv", f"data.path={path}", f"data.target={column}", *quick, f"hydra.run.dir={path} run"]
        assert give("train", words) == 0, (path, column)
        assert give("predict", [f"run={path} run", f"input={path}"]) == 0


def test_a_column_of_file_names_is_no_path(here):
    words = ["data=image_folder", "data.csv=~/a, b.csv", "data.file_column=1", "head=binary"]
    assert composed("describe", words)[0].data.file_column == 1


def test_commas_between_paths_sweep_unless_a_file_has_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["-m", "data=csv", "data.target=y", "head=binary"]
    swept = composed("train", [*words, "data.path=a b.csv,ü.csv"])
    assert [cfg.data.path for cfg in swept] == ["a b.csv", "ü.csv"]
    Path("a b.csv,ü.csv").touch()
    assert [cfg.data.path for cfg in composed("train", [*words, "data.path=a b.csv,ü.csv"])] == ["a b.csv,ü.csv"]
    assert [cfg.data.path for cfg in composed("train", [*words, "data.path='c,d'"])] == ["c,d"]
    assert [cfg.data.path for cfg in composed("train", [*words, "data.path=choice(c,d)"])] == ["c", "d"]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("head.threshold=recall>=0.9", "recall>=0.9"),
        ("head.class_weights=[1,2]", [1, 2]),
        ("solved.metric=tëst", "tëst"),
        ("solved.metric=a=b", "a=b"),
        ("solved.metric=it's", "it's"),
        ("data.classes=[ä ö,b,'c,d']", ["ä ö", "b", "c,d"]),
        ("data.columns=[petal length (cm),size]", ["petal length (cm)", "size"]),
        ("+data.extra={ä: 1}", None),
        ("+data.extra={a: ö, b: [ß, 1]}", {"a": "ö", "b": ["ß", 1]}),
    ],
)
def test_letters_and_signs_unknown_to_hydra_are_read_as_text(word, value):
    from hydra.core.override_parser.overrides_parser import OverridesParser

    from src.command.quoting import readable

    if value is not None:
        assert OverridesParser.create().parse_override(readable(word)).value() == value
    else:  # Hydra reads no key in quotes
        assert readable(word) == word


@pytest.mark.parametrize(
    "name", ["${seed}", "${oc.env:HOME}", "a${", "\\${x}", "n" * 250, "🙂" * 60, "x. ", "new\nline"]
)
def test_a_run_in_a_folder_of_any_name_is_resumed(name, here, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(here / "run", name)
    for epochs, words in ((2, [f"resume={name}"]), (3, [f"resume={name}/checkpoints/last.ckpt"])):
        assert give("train", [*words, f"trainer.max_epochs={epochs}"]) == 0
        assert json.loads(Path(name, "metrics.json").read_text())["epochs"] == epochs
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_sweep_in_a_folder_of_an_interpolation_is_one_line(tmp_path, monkeypatch, capsys):
    folder = tmp_path / "${seed}"
    folder.mkdir()
    (folder / "multirun.yaml").write_text("hydra: {overrides: {hydra: [], task: [seed=1]}}")
    monkeypatch.chdir(tmp_path)
    assert give("train", ["sweep_resume=${seed}"]) == 2
    assert "cannot work in a folder with ${ in its name" in capsys.readouterr().err
    assert [path.name for path in folder.iterdir()] == ["multirun.yaml"]


@pytest.mark.parametrize(
    "words", [["hydra.searchpath=[file://nowhere]"], ["hydra.searchpath=['nowhere']"], ["-cd", "nowhere"]]
)
def test_options_from_nowhere_are_one_line(words, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert give("train", [*QUICK, *words]) == 2
    assert "there is no folder nowhere; name one that holds configurations" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
