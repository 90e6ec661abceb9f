"""The cells of one file, all of them as columns or a few thousand rows at a time."""

from collections.abc import Callable, Collection, Iterator
from typing import Any

import numpy as np

from src.data.cells import Coded
from src.data.reading.engine import literal, name

ROWS_OF_A_PART = 16_384
_SAMPLE = 2_000
_INDEX = "__index_level_"  # where pandas stores an index, which it never reads as a column
_BLANK = r"E' \t\n\r'"
_NUMBERS = frozenset(
    {
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "UHUGEINT"),
    }
)


class Source:
    """A DuckDB relation, by the columns' names in the file.

    Args:
        engine: A connection to DuckDB.
        relation: The SQL after FROM.
        names: The columns' names in the file, by their names in the relation; empty takes the relation's.
        missing: The strings that mark a missing cell, in lower case.
        has_underscores: Whether a cell may contain one; knowing that none does saves a third of the time.
    """

    def __init__(
        self,
        engine: Any,
        relation: str,
        names: dict[str, str],
        missing: Collection[str],
        has_underscores: bool = True,
    ) -> None:
        self._engine, self._relation, self._has_underscores = engine, relation, has_underscores
        self._missing = set(missing)
        described = engine.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()
        self._types = {column: str(kind).partition("(")[0] for column, kind, *_ in described}
        self.names = names or {column: column for column in self._types if not column.startswith(_INDEX)}

    def count(self) -> int:
        """The number of rows; a Parquet or Feather file states it."""
        ((number,),) = self._engine.execute(f"SELECT count(*) FROM {self._relation}").fetchall()  # leaves none open
        return int(number)

    def types(self) -> dict[str, Any]:
        """Arrow's type of each column; needs pyarrow."""
        query = f"SELECT {', '.join(map(name, self.names))} FROM {self._relation} LIMIT 0"
        empty = self._engine.sql(query).to_arrow_table()
        return dict(zip(self.names.values(), empty.schema.types, strict=True))

    def parts(self) -> Iterator[dict[str, list[Any]]]:
        """A few thousand rows at a time, each cell as in the file."""
        self._engine.execute(f"SELECT {', '.join(map(name, self.names))} FROM {self._relation}")
        while rows := self._engine.fetchmany(ROWS_OF_A_PART):
            yield dict(zip(self.names.values(), map(list, zip(*rows, strict=True)), strict=True))

    def columns(self, is_text: Callable[[str], bool], only: Collection[str] | None = None) -> dict[str, Any]:
        """All cells: columns of numbers only as float64 [N], NaN for missing cells, the others as `Coded`.

        Args:
            is_text: Whether a column of this name stays text, whatever its cells look like.
            only: Names of the columns to read; None reads all.
        """
        import duckdb

        names = {column: shown for column, shown in self.names.items() if only is None or shown in only}
        texts = {column for column, shown in names.items() if is_text(shown)}
        numeric = self._numeric([column for column in names if column not in texts])
        try:
            self._copy(names, numeric)
        except duckdb.InvalidInputException as error:
            if _NO_NUMBER not in str(error):
                raise
            numeric = set()
            self._copy(names, numeric)
        found = {shown: self._column(column, numeric, column in texts) for column, shown in names.items()}
        self._engine.execute("DROP TABLE cells")
        return found

    def _numeric(self, candidates: list[str]) -> set[str]:
        """The `candidates` whose first cells are numbers or missing."""
        if not candidates:
            return set()
        asked = ", ".join(
            f"coalesce(bool_and({self._missing_in(column)} OR {self._number(column)} IS NOT NULL), false)"
            for column in candidates
        )
        sample = f"(SELECT * FROM {self._relation} LIMIT {_SAMPLE})"
        answers = self._engine.execute(f"SELECT {asked} FROM {sample}").fetchone()
        return {column for column, is_number in zip(candidates, answers, strict=True) if is_number}

    def _copy(self, names: Collection[str], numeric: set[str]) -> None:
        """Create a table `cells` of the columns `names`, with numbers in the `numeric` ones and text in the others."""
        self._engine.execute("DROP TABLE IF EXISTS cells")
        chosen = ", ".join(
            f"{self._checked(column) if column in numeric else self._text(column)} AS {name(column)}"
            for column in names
        )
        self._engine.execute(f"CREATE TABLE cells AS SELECT {chosen} FROM {self._relation}")

    def _column(self, column: str, numeric: set[str], is_text: bool) -> Any:
        quoted = name(column)
        if column not in numeric and not is_text:
            wrong = f"NOT {self._missing_in(column, 'VARCHAR')} AND {self._number(column, 'VARCHAR')} IS NULL"
            found = f"count({self._number(column, 'VARCHAR')})"
            bad, good = self._ask(f"SELECT count(*) FILTER ({wrong}), {found} FROM cells").fetchone()
            if bad == 0 and good:
                return self._numbers(self._checked(column, "VARCHAR"))
        if column in numeric:
            return self._numbers(quoted)
        self._ask(
            f"CREATE TYPE kinds AS ENUM (SELECT DISTINCT {quoted} FROM cells WHERE {quoted} IS NOT NULL ORDER BY 1)"
        )
        codes = self._ask(f"SELECT enum_code({quoted}::kinds) AS code FROM cells").fetchnumpy()["code"]
        (values,) = self._ask("SELECT enum_range(NULL::kinds)").fetchone()
        self._ask("DROP TYPE kinds")
        return Coded(np.ma.filled(codes.astype(np.int64), -1), values)

    def _numbers(self, expression: str) -> Any:
        found = self._ask(f"SELECT {expression} AS number FROM cells").fetchnumpy()["number"]
        return np.ma.filled(found.astype(np.float64), np.nan)

    def _ask(self, query: str) -> Any:
        return self._engine.execute(query)

    # SQL

    def _type(self, column: str, kind: str | None) -> str:
        return kind or self._types[column]

    def _text(self, column: str) -> str:
        """The SQL for a cell as Python would print it."""
        quoted, kind = name(column), self._types[column]
        if kind == "BOOLEAN":
            return f"CASE WHEN {quoted} THEN 'True' WHEN NOT {quoted} THEN 'False' END"
        return quoted if kind == "VARCHAR" else f"CAST({quoted} AS VARCHAR)"

    def _number(self, column: str, kind: str | None = None) -> str:
        """The SQL for a cell as a number, NULL if it is not one; DuckDB would read 1_2 as 12."""
        quoted, kind = name(column), self._type(column, kind)
        if kind in _NUMBERS:
            return f"CAST({quoted} AS DOUBLE)"
        if kind != "VARCHAR":
            return "NULL"
        number = f"TRY_CAST({quoted} AS DOUBLE)"
        return f"CASE WHEN contains({quoted}, '_') THEN NULL ELSE {number} END" if self._has_underscores else number

    def _missing_in(self, column: str, kind: str | None = None) -> str:
        quoted, kind = name(column), self._type(column, kind)
        if kind not in ("VARCHAR", *_NUMBERS) or not self._missing:
            return f"({quoted} IS NULL)"
        marks = ", ".join(literal(mark) for mark in sorted(self._missing))
        cell = quoted if kind == "VARCHAR" else f"CAST({quoted} AS VARCHAR)"
        return f"({quoted} IS NULL OR lower(trim({cell}, {_BLANK})) IN ({marks}))"

    def _checked(self, column: str, kind: str | None = None) -> str:
        """The SQL for a cell as a number, NULL if it is missing; anything else is an error."""
        number, missing = self._number(column, kind), self._missing_in(column, kind)
        otherwise = f"CASE WHEN {missing} THEN NULL ELSE error({literal(_NO_NUMBER)})::DOUBLE END"
        if any(_is_number(mark) for mark in self._missing):
            return f"CASE WHEN {missing} THEN NULL ELSE coalesce({number}, {otherwise}) END"
        return f"coalesce({number}, {otherwise})"


_NO_NUMBER = "a cell is not a number"


def _is_number(mark: str) -> bool:
    try:
        return float(mark) == float(mark)
    except ValueError:
        return False
