"""Files of rows: detecting their format, and reading their cells with DuckDB."""
