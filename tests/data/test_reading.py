"""Files of rows: what each format gives, and what is detected from its contents."""

import ast
import csv
import gzip
import json
import random
import zipfile
from pathlib import Path

import numpy as np
import pytest

from src.data.reading.dialect import PLAIN, Dialect, Told
from src.data.reading.files import opened, read_parts
from src.errors import ConfigError

ROWS = [["0.5", "red, dark", "yes"], ["-1", "", "no"], ["NA", 'b "x"', "yes"], ["2e1", "blue\nnavy", "no"]]
NAMES = ["size", "colour", "sick"]


USUAL = Told()


def read(path, told=USUAL, names=(), texts=()):
    with opened(path, told, names) as file:
        table = file.table(lambda name: name in texts)
        columns = {name: list(cells) for name, cells in table.columns.items()}
        return columns, file.dialect


def write(path, text, encoding="utf-8"):
    path.write_bytes(text.encode(encoding))
    return path


def written(path, separator=",", quote='"', ends="\n", rows=ROWS):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator, quotechar=quote, lineterminator=ends).writerows([NAMES, *rows])
    return path


def check(columns, rows=ROWS):
    numbers = [float("nan") if row[0] == "NA" else float(row[0]) for row in rows]
    assert np.array_equal(columns["size"], numbers, equal_nan=True)
    assert columns["colour"] == [row[1] or None for row in rows]
    assert columns["sick"] == [row[2] for row in rows]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize(("quote", "ends"), [('"', "\n"), ("'", "\n"), ('"', "\r\n"), ('"', "\r")])
def test_separators_quotes_and_ends_of_lines_are_found(tmp_path, separator, quote, ends):
    many = [row for row in ROWS * 3 if ends != "\r" or "\n" not in row[1]]
    columns, dialect = read(written(tmp_path / "rows.csv", separator, quote, ends, many))
    check(columns, many)
    assert (dialect.separator, dialect.header) == (separator, True)


def test_a_file_of_ends_of_lines_of_two_kinds_is_read_all_the_same(tmp_path):
    columns, _ = read(write(tmp_path / "rows.csv", "x,y\r\n1,a\n2,b\r\n   \n3,c\r\n"))
    assert columns == {"x": [1, 2, 3], "y": ["a", "b", "c"]}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_found_and_others_told(tmp_path, encoding):
    path = write(tmp_path / "rows.csv", "x,größe\n1,für\n2,naïve\n", encoding)
    columns, dialect = read(path)
    assert columns == {"x": [1, 2], "größe": ["für", "naïve"]}
    assert dialect.encoding == encoding.removesuffix("-sig")
    shifted = write(tmp_path / "other.csv", "x,y\n1,я\n", "koi8-r")
    assert read(shifted, Told(encoding="koi8-r"))[0]["y"] == ["я"]
    with pytest.raises(ConfigError, match=r"data.encoding: is unknown \(got 'klingon'\).*try utf-8"):
        read(path, Told(encoding="klingon"))


def test_packed_files_are_unpacked(tmp_path):
    plain = written(tmp_path / "rows.csv")
    with gzip.open(tmp_path / "rows.csv.gz", "wb") as file:
        file.write(plain.read_bytes())
    with zipfile.ZipFile(tmp_path / "rows.zip", "w") as file:
        file.write(plain, "rows.csv")
    check(read(tmp_path / "rows.csv.gz")[0])
    check(read(tmp_path / "rows.zip")[0])
    with zipfile.ZipFile(tmp_path / "rows.zip", "a") as file:
        file.write(plain, "more.csv")
    with pytest.raises(ConfigError, match=r"rows.zip: should hold one file \(got 2\)"):
        read(tmp_path / "rows.zip")
    (tmp_path / "bad.csv.gz").write_bytes(b"no")
    with pytest.raises(ConfigError, match=r"bad.csv.gz: cannot be unpacked"):
        read(tmp_path / "bad.csv.gz")


def test_comments_titles_and_blank_lines_are_no_rows(tmp_path):
    text = "# made on monday, by me\n\nx,colour\n1,#ff0000\n\n2,blue\n# so, far, so, good\n3,red\n\n"
    path = write(tmp_path / "rows.csv", text)
    assert read(path)[0] == {"x": [1, 2, 3], "colour": ["#ff0000", "blue", "red"]}
    short = write(tmp_path / "short.csv", "x,colour\n1,a\n# aside\n2\n")
    with pytest.raises(ConfigError, match=r"short.csv: line 4 has 1 cells but the header 2; fix that line"):
        read(short)


def test_a_first_line_of_numbers_is_no_header_unless_it_names_a_column_asked_for(tmp_path):
    path = write(tmp_path / "rows.csv", "5.1,red,1\n4.9,blue,0\n4.7,red,1\n")
    columns, dialect = read(path)
    assert list(columns) == ["c0", "c1", "c2"]
    assert len(columns["c0"]) == 3
    assert dialect.said() == "no header, so columns are called c0, c1, …"
    years = write(tmp_path / "years.csv", "country,2019,2020\nde,1.5,2.5\nfr,2.5,3.5\n")
    assert list(read(years, names=["2020"])[0]) == ["country", "2019", "2020"]
    texts = write(tmp_path / "texts.csv", "class,cap\ne,x\np,y\n")
    assert list(read(texts)[0]) == ["class", "cap"]
    assert list(read(texts, Told(header=False))[0]) == ["c0", "c1"]


def test_what_counts_as_missing_can_be_told(tmp_path):
    path = write(tmp_path / "rows.csv", "x,y\n-999,None\n5,NA\n-,\n")
    usual, _ = read(write(tmp_path / "usual.csv", "x,y\n1,#N/A\n<NA>,<na>\nnull,b\n"))
    assert np.array_equal(usual["x"], [1, np.nan, np.nan], equal_nan=True)
    with opened(path, Told(missing=("-", "-999")), []) as file:
        table = file.table()
        assert np.array_equal(table.numbers("x"), [np.nan, 5, np.nan], equal_nan=True)
        assert table.texts("y") == ["None", "NA", None]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_an_underscore_is_found_after_every_end_of_a_line_and_in_a_first_row(tmp_path, end):
    with_header = write(tmp_path / "rows.csv", end.join(["x_0,y", "12,1", "3_4,2", ""]))
    assert read(with_header)[0]["x_0"] == ["12", "3_4"]
    without = write(tmp_path / "bare.csv", end.join(["1_2,1", "34,2", ""]))
    assert read(without, Told(header=False))[0]["c0"] == ["1_2", "34"]


def test_a_number_with_an_underscore_is_a_text(tmp_path):
    assert read(write(tmp_path / "rows.csv", "x,y\n1_2,1\n3_4,2\n"))[0]["x"] == ["1_2", "3_4"]


def test_a_text_far_below_makes_a_column_one_of_texts(tmp_path):
    rows = "".join(f"{i}\n" for i in range(3000))
    columns, _ = read(write(tmp_path / "rows.csv", f"x\n{rows}late\n"))
    assert columns["x"][-2:] == ["2999", "late"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,y\n1,2\n3\n", r"line 3 has 1 cells but the header 2; fix that line"),
        ('x,y\n1,"a\nb"\n3,4,5\n', r"line 4 has 3 cells but the header 2"),
        ("x,x\n1,2\n", r"two columns are named 'x'; rename one"),
        ("x,y\n", r"the file has no rows; it needs a header and at least one row"),
        ("", r"the file has no rows"),
    ],
)
def test_a_file_that_is_no_table_is_refused_by_its_line(tmp_path, text, message):
    with pytest.raises(ConfigError, match=message):
        read(write(tmp_path / "rows.csv", text), names=["x"])


@pytest.mark.parametrize("address", ["https://example.org/rows.csv", "s3://bucket/rows.parquet"])
def test_nothing_is_downloaded_and_no_pattern_names_other_files(tmp_path, address):
    with pytest.raises(ConfigError, match=rf"{address}: is a URL, but nothing is downloaded"):
        read(Path(address))
    with pytest.raises(ConfigError, match=r"there is no such file"):
        read(tmp_path / "*.csv")
    write(tmp_path / "a1.csv", "x,y\n1,2\n")
    assert read(write(tmp_path / "a[1].csv", "x,y\n3,4\n"))[0]["x"] == [3]


def test_the_engine_reads_one_file_and_no_other(tmp_path):
    duckdb = pytest.importorskip("duckdb")
    from src.data.reading.engine import connection

    mine, other = write(tmp_path / "a.csv", "x\n1\n"), write(tmp_path / "b.csv", "x\n2\n")
    with connection(mine) as engine:
        assert engine.execute(f"SELECT x FROM read_csv('{mine}')").fetchall() == [(1,)]
        with pytest.raises(duckdb.PermissionException):
            engine.execute(f"SELECT x FROM read_csv('{other}')")
        with pytest.raises(duckdb.Error):
            engine.execute("SET autoinstall_known_extensions = true")


def test_parquet_and_feather_give_what_was_written_without_pandas_index(tmp_path):
    arrow = pytest.importorskip("pyarrow")
    from pyarrow import feather, parquet

    columns = {"x": [1.5, None], "sick": [True, False], "name": ["a", None], "__index_level_0__": [0, 1]}
    parquet.write_table(arrow.table(columns), tmp_path / "rows.parquet")
    feather.write_feather(arrow.table(columns), tmp_path / "rows.feather")
    for path in (tmp_path / "rows.parquet", tmp_path / "rows.feather"):
        found, _ = read(path)
        assert np.array_equal(found.pop("x"), [1.5, np.nan], equal_nan=True)
        assert found == {"sick": ["True", "False"], "name": ["a", None]}
    (part,) = read_parts(tmp_path / "rows.parquet", PLAIN, [])
    assert part.columns["sick"] == [True, False]
    write(tmp_path / "bad.parquet", "no")
    with pytest.raises(ConfigError, match=r"bad.parquet: cannot be read"):
        read(tmp_path / "bad.parquet")


def test_json_lines_and_arff_are_tables_too(tmp_path):
    lines = "\n".join(map(json.dumps, [{"x": 1, "y": "a"}, {"x": None, "y": "b"}, {"x": 2.5, "y": "a"}]))
    columns, _ = read(write(tmp_path / "rows.jsonl", lines))
    assert np.array_equal(columns["x"], [1, np.nan, 2.5], equal_nan=True)
    assert columns["y"] == ["a", "b", "a"]
    arff = (
        "% old\n@relation r\n@attribute 'the size' numeric\n@ATTRIBUTE kind {'b c', d}\n@data\n1,'b c'\n% aside\n?,d\n"
    )
    columns, _ = read(write(tmp_path / "rows.arff", arff))
    assert np.array_equal(columns["the size"], [1, np.nan], equal_nan=True)
    assert columns["kind"] == ["b c", "d"]
    with pytest.raises(ConfigError, match=r"sparse rows"):
        read(write(tmp_path / "sparse.arff", "@attribute a numeric\n@data\n{0 1}\n"))


def test_a_sheet_is_a_table_or_names_what_is_missing(tmp_path):
    try:
        import python_calamine  # noqa: F401
    except ImportError:
        with pytest.raises(ConfigError, match=r"reading Excel needs python-calamine; pip install python-calamine"):
            read(write(tmp_path / "rows.xlsx", "no"))
        return
    columns, _ = read(workbook(tmp_path / "rows.xlsx", [["x", "kind"], [1, "a"], [2.5, "b, c"]]))
    assert columns == {"x": [1, 2.5], "kind": ["a", "b, c"]}
    with pytest.raises(ConfigError, match=r"bad.xlsx: cannot be read as a workbook"):
        read(write(tmp_path / "bad.xlsx", "no"))


def workbook(path, rows):
    """The minimal file that a spreadsheet program accepts as a workbook."""
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    cells = "".join(
        "<row>"
        + "".join(
            f"<c><v>{cell}</v></c>" if not isinstance(cell, str) else f'<c t="inlineStr"><is><t>{cell}</t></is></c>'
            for cell in row
        )
        + "</row>"
        for row in rows
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    files = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
        '<sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, head + text)
    return path


def test_a_runs_own_way_is_kept_and_left_only_for_columns_that_it_does_not_find(tmp_path):
    own = Dialect(separator=";", header=False, missing=("", "-"))
    bare = write(tmp_path / "bare.csv", "1;a\n-;b\n")
    with opened(bare, own, ["c0", "c1"]) as file:
        assert np.array_equal(file.table().numbers("c0"), [1, np.nan], equal_nan=True)
    named = write(tmp_path / "named.csv", "c1,c0\na,1\nb,-\n")
    with opened(named, own, ["c0", "c1"]) as file:
        assert np.array_equal(file.table().numbers("c0"), [1, np.nan], equal_nan=True)
    with opened(named, own, ["c5"]) as file:
        assert file.dialect.separator == ";"


def test_parts_are_the_rows_in_their_order_however_many(tmp_path):
    numbers = random.Random(0).sample(range(100_000), 40_000)
    path = write(tmp_path / "rows.csv", "x,y\n" + "".join(f"{each}, t{each}\n" for each in numbers))
    parts = list(read_parts(path, PLAIN, ["x"]))
    assert [len(part) for part in parts] == [16_384, 16_384, 7_232]
    assert [cell for part in parts for cell in part.columns["x"]] == [str(each) for each in numbers]
    assert parts[0].columns["y"][0] == f" t{numbers[0]}"
    assert parts[2].row_numbers[0] == 32_769


def test_no_reader_is_imported_before_a_table_is_read():
    source = Path(__file__).parent.parent.parent / "src"
    for path in source.rglob("*.py"):
        for node in ast.parse(path.read_text()).body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not {"duckdb", "pyarrow", "pandas", "python_calamine"} & {name.split(".")[0] for name in names}, path
