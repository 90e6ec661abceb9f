"""Rows are distinguished by all their cells and counted, compared with Python's own counting of the same cells."""

import random
from collections import Counter

import numpy as np
import pytest

from src.data.cells import Coded
from src.data.digests import counted, image_digests, table_digests
from src.data.image.keys import MOST_BYTES, content_keys, file_contents, file_keys
from src.data.image.remembering import Cache
from src.data.reading.dialect import Told
from src.data.reading.files import opened
from src.data.source import Source
from src.data.table import Table

HEADER = ["a", "b", "colour", "id", "y"]


def made(count, seed=0):
    """Rows of few values, so that many are duplicates."""
    stream = random.Random(seed)
    return [
        (f"{stream.randint(0, 3) / 4}", f"{stream.randint(0, 2)}", stream.choice(["red", "blue", ""]), "", "yes")
        for _ in range(count)
    ]


def digests(path, rows, header=HEADER, end=""):
    path.write_text("\n".join([",".join(header), *(",".join(map(str, row)) for row in rows)]) + end)
    with opened(path, Told(), header) as file:
        return table_digests(file.table(lambda name: name == "y"))


def lost_and_found(then, now):
    """By Python's counters of whole rows."""
    return (Counter(then) - Counter(now)).total(), (Counter(now) - Counter(then)).total()


@pytest.mark.parametrize("number", range(20))
def test_rows_that_have_come_and_gone_are_counted_as_python_counts_them(number, tmp_path):
    stream, then = random.Random(number), made(60)
    now = [row for row in then if stream.random() < 0.9] + made(stream.randint(0, 5), seed=number + 1)
    for _ in range(stream.randint(0, 3)):  # an edit of any cell, also of the target and the id
        place, cell = stream.randrange(len(now)), stream.randrange(5)
        now[place] = (*now[place][:cell], "7", *now[place][cell + 1 :])
    stream.shuffle(now)
    found = counted(digests(tmp_path / "then.csv", then), digests(tmp_path / "now.csv", now))
    assert found == lost_and_found(then, now)
    assert max(found) > 0


def test_a_row_is_the_same_however_it_is_written_and_another_with_any_other_cell(tmp_path):
    rows = [("1.5", "2", "red", "007", "yes"), ("1.5", "2", "red", "8", "no"), ("", "2", "red", "9", "no")]
    then = digests(tmp_path / "a.csv", rows)
    assert len(set(then.tolist())) == 3
    turned = [(row[4], f" {row[2]} ", row[3], row[1] + ".0", f"{row[0]}0" if row[0] else "NA") for row in rows]
    again = digests(tmp_path / "b.csv", turned, ["y", "colour", "id", "b", "a"], end="\n")
    assert again.tolist() == then.tolist()
    with_text = digests(tmp_path / "c.csv", [*rows, ("unknown", "2", "red", "10", "no")])  # so that a holds texts
    assert with_text[:3].tolist() == then.tolist()
    for cell in range(5):
        (first, *rest) = rows
        edited = digests(tmp_path / "d.csv", [(*first[:cell], "11", *first[cell + 1 :]), *rest])
        assert (edited == then).tolist() == [False, True, True]
    swapped = digests(tmp_path / "e.csv", [("2", "1.5", *rows[0][2:]), *rows[1:]])
    assert (swapped == then).tolist() == [False, True, True]
    assert digests(tmp_path / "f.csv", rows, ["a", "b", "colour", "name", "y"]).tolist() != then.tolist()


def test_a_cell_without_a_value_is_no_nought_and_minus_nought_is_one():
    def of(*cells):
        return table_digests(Table({"a": np.array(cells)}, "rows")).tolist()

    gone, nought, minus = of(np.nan, 0.0, -0.0)
    assert nought == minus != gone
    assert of(-np.nan) == [gone]
    assert table_digests(Table({"a": Coded(np.array([0, 1, -1]), ["0.0", " na "])}, "rows")).tolist() == [
        *(nought, gone, gone)
    ]


def test_a_million_rows_have_a_million_digests():
    numbers = np.arange(1_000_000, dtype=np.float64)
    found = table_digests(Table({"a": numbers % 1000, "b": numbers // 1000}, "rows"))
    assert len(np.unique(found)) == len(numbers)


def test_pictures_are_told_apart_by_path_and_all_bytes_and_recognised_by_the_bytes_alone(tmp_path, monkeypatch):
    long = bytearray(random.Random(0).randbytes(3 * MOST_BYTES))
    files = {"cat/a.png": b"one", "dog/a.png": b"one", "cat/b.png": bytes(long)}
    long[len(long) // 2] ^= 1  # where earlier versions did not look
    files["cat/c.png"] = bytes(long)
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    paths, cache = [tmp_path / name for name in files], Cache(tmp_path / "cache")
    contents = file_contents(paths, cache)
    assert len(set(image_digests(list(files), contents).tolist())) == 4
    one, same, other, edited = content_keys(contents).tolist()
    assert one == same
    assert len({one, other, edited}) == 3
    assert max(one, other, edited) < 2**48
    *_, other, edited = file_keys(paths, cache).tolist()
    assert other == edited
    monkeypatch.setattr("src.data.image.keys._content", None)  # what is remembered is not read again
    remembered = file_contents(paths, Cache(tmp_path / "cache", writes=False))
    assert remembered.tolist() == contents.tolist()
    (kept,) = (tmp_path / "cache").glob("*.contents.pt")
    assert kept.stat().st_size < 4000


def test_a_file_is_looked_at_as_a_whole_and_as_before_where_a_run_was(tmp_path, monkeypatch):
    monkeypatch.setattr("src.data.source.MOST_BYTES", 100)
    path = tmp_path / "rows.csv"
    path.write_bytes(b"a" * 1000)
    whole, ends = Source.of_file(path), Source.of_file(path, whole=False)
    path.write_bytes(b"a" * 500 + b"b" + b"a" * 499)
    assert whole.difference(Source.of_file(path)) == "other content of the same size"
    assert ends.difference(Source.of_file(path, whole=False)) is None
    assert Source.of_state(whole.state()).whole
    before = {"counts": {"bytes": 1000}, "digest": ends.digest, "mixed": False}  # as earlier versions wrote it
    assert ends.state() == before
    assert not Source.of_state(before).whole
