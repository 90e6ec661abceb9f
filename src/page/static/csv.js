// A table as the text of a CSV file.

// Rows of texts and numbers, the first of them the names of the columns.
export function asCsv(rows) {
  const lines = rows.map((row) => row.map((cell) => quoted(inert(String(cell)))).join());
  return `${lines.join("\n")}\n`;
}

// A text that a spreadsheet would run as a formula gets a leading ', as in all CSV files of the lab.
const inert = (cell) => (/^[=+\-@\t\r\n]./s.test(cell) && Number.isNaN(Number(cell.trim() || NaN)) ? `'${cell}` : cell);

const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
