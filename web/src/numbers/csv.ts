// CSV as spreadsheets read it: commas, one line per row, quotes only around fields that need them.

export function csvOf(rows: Iterable<readonly unknown[]>): string {
  return Array.from(rows, (row) => `${row.map((field) => quoted(String(field))).join(",")}\n`).join("");
}

function quoted(field: string): string {
  return /[",\n\r]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
