"""Tables that need more memory than is free: refused in one line before they are read."""

import pytest

from src.data.reading.text_file import about_lines
from src.data.tabular.file import TableFile
from src.errors import ConfigError

FREE = 4 * 2**20


@pytest.fixture
def little_memory(monkeypatch):
    monkeypatch.setattr("src.memory.available", lambda: FREE)


def write(path, num_rows, cells):
    names = ",".join([*(f"x{place}" for place in range(len(cells(0)))), "target"])
    path.write_text("\n".join([names, *(",".join([*cells(row), str(row % 2)]) for row in range(num_rows))]) + "\n")
    return path


def numbers(row):
    return [str(row * place % 101) for place in range(1, 20)]


def kinds(row):
    return [f"k{row * place % 59}" for place in range(1, 6)]


def of(path, **settings):
    return TableFile(path=str(path), target="target", types="auto", **settings)


def test_a_table_larger_than_memory_is_refused_before_it_is_read_also_for_its_target_alone(tmp_path, little_memory):
    path = write(tmp_path / "large.csv", 7000, numbers)
    rule = (
        r"large.csv: about 7,00\d rows of 20 columns need about 4.48 MB of memory, but only 4.19 MB is free; "
        "save fewer rows or columns to a file of their own, and name that$"
    )
    for ask in (lambda: of(path).splits, lambda: of(path, task="auto").choose()):
        with pytest.raises(ConfigError, match=rule):
            ask()
    assert len(of(write(tmp_path / "small.csv", 6000, numbers)).splits.train.x) == 4200


def test_parquet_states_its_rows(tmp_path, little_memory):
    import duckdb

    path = tmp_path / "large.parquet"
    columns = ", ".join(f"i % {place + 2} AS x{place}" for place in range(19))
    duckdb.execute(f"COPY (SELECT {columns}, i % 2 AS target FROM range(7001) t(i)) TO '{path}'")
    with pytest.raises(ConfigError, match=r"about 7,001 rows of 20 columns need about 4.48 MB"):
        _ = of(path).splits


def test_categories_that_become_too_many_inputs_are_refused_before_they_do(tmp_path, little_memory):
    path = write(tmp_path / "kinds.csv", 1000, kinds)
    rule = (
        "kinds.csv: 1,000 rows of 295 inputs need about 7.08 MB of memory, but only 4.19 MB is free; leave out columns"
    )
    with pytest.raises(ConfigError, match=rule):
        _ = of(path).splits
    assert of(path, ignore=["x1", "x2", "x3", "x4"]).splits.train.x.shape[1] == 59


def test_lines_are_counted_by_their_mean_length_in_the_first_megabyte(tmp_path):
    path = write(tmp_path / "rows.csv", 60_000, numbers)
    assert path.stat().st_size > 2**21
    assert about_lines(path) == pytest.approx(60_001, rel=0.01)
