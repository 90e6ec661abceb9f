"""Files of rows: what they are found to be, and their cells as DuckDB reads them."""
