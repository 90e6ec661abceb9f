"""A user's own option file, broken by an editor, a habit or an accident: one line that names it."""

import pytest

from tests.command.place import give

HEAD = "# @package _global_\ndefaults: [override /data: moons]\n"
FILES = {
    "tabs": (HEAD + "trainer:\n\tmax_epochs: 1\n", "mine.yaml: is not valid YAML in line 4 (found character"),
    "a key twice": (HEAD + "seed: 1\nseed: 2\n", "mine.yaml: is not valid YAML in line 4 (found duplicate key seed)"),
    "a brace too few": (HEAD + "trainer: {max_epochs: 1\n", "mine.yaml: is not valid YAML in line 4"),
    "two documents": (
        HEAD + "seed: 1\n---\nseed: 2\n",
        "mine.yaml: is not valid YAML in line 4 (but found another document)",
    ),
    "Python's tags": (
        HEAD + "seed: !!python/object/apply:os.getcwd []\n",
        "mine.yaml: is not valid YAML in line 3 (could not",
    ),
    "Latin 1": ((HEAD + "# é\n").encode("latin-1"), "mine.yaml: is not UTF-8"),
    "bytes": (b"\x00\xff\xfe" * 30, "mine.yaml: is not UTF-8"),
    "empty": (
        "",
        "experiment=mine: its keys belong to the whole configuration; start the file with the line '# @package",
    ),
    "a list": ("- a\n- b\n", "experiment=mine: its keys belong to the whole configuration"),
    "a text": ("hello\n", "experiment=mine: its keys belong to the whole configuration"),
    "no package": (
        HEAD.partition("\n")[2],
        "experiment/mine: needs '# @package _global_' as its first line",
    ),
    "a byte order mark": (
        "\ufeff" + HEAD,
        "experiment/mine: needs '# @package _global_' as its first line",
    ),
    "itself": ("# @package _global_\ndefaults: [mine]\n", "defaults: the list of a file leads back to that file"),
    "no override": ("# @package _global_\ndefaults: [/data: moons]\n", "in a defaults list write override /data"),
    "an unknown option": (HEAD.replace("moons", "moonz"), "data: no option 'moonz'; did you mean moons? choose from "),
    "a name for a group": (HEAD + "network: mlp\n", "network: needs the keys of one of its options (got 'mlp')"),
    "null for a group": (HEAD + "network: null\n", "network: needs the keys of one of its options (got None)"),
    "a reference to nothing": (HEAD + "seed: ${sed}\n", "no key sed for ${sed}"),
    "no such variable": (HEAD + "seed: ${oc.env:NOPE_1}\n", "${oc.env:NOPE_1}: there is no such environment variable"),
    "no such resolver": (HEAD + "seed: ${sqrt:4}\n", "${sqrt:…}: there is no such resolver"),
    "a circle": (HEAD + "seed: ${data.seed}\n", "refers to itself through other keys"),
    "a key that nothing has": (HEAD + "optimzer: {lr: 1}\n", "optimzer: unknown key in experiment=mine; did you mean"),
    "a date": (HEAD + "seed: 2024-01-01\n", "seed: input should be a number (got '2024-01-01')"),
    "per cent": (HEAD + "data: {test_fraction: 20%}\n", "data.test_fraction: input should be a number (got '20%')"),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_broken_file_with_options_is_one_line(kind, tmp_path, monkeypatch, capfd):
    content, line = FILES[kind]
    path = tmp_path / "conf" / "experiment" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    monkeypatch.chdir(tmp_path)
    assert give("train", ["--config-dir", "conf", "experiment=mine"]) == 2
    told = capfd.readouterr().err
    assert line in told
    assert told.count("\n") == 1
    assert [each.name for each in tmp_path.iterdir()] == ["conf"]


def test_the_file_works_when_it_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "conf" / "experiment" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(HEAD.replace("\n", "\r\n") + "data: {num_samples: 60}\r\ntrainer: {max_epochs: 1}\r\n")
    monkeypatch.chdir(tmp_path)
    words = ["--config-dir", "conf", "experiment=mine", "logger=none", "callbacks.figures=null", "hydra.run.dir=run"]
    assert give("train", words) == 0
    assert (tmp_path / "run" / "metrics.json").exists()
