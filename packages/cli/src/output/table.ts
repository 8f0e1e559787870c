import type { WriteStream } from "node:tty";

export type Cell = string | number | null | undefined;

const text = (cell: Cell): string => {
  if (cell === null || cell === undefined) return "–";
  return typeof cell === "number" ? cell.toLocaleString("en-US", { maximumFractionDigits: 3 }) : cell;
};

/** Columns as wide as their widest cell; a column of numbers is flush right. */
export const table = (head: readonly string[], rows: readonly (readonly Cell[])[]): string => {
  const isNumeric = head.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof (row[column] ?? 0) === "number"),
  );
  const cells = [head as readonly Cell[], ...rows].map((row) => head.map((_, column) => text(row[column])));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const line = (row: string[]) =>
    row.map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)));
  return cells.map((row) => line(row).join("  ").trimEnd()).join("\n");
};

/** Lines cut to the width of a terminal, so that each stays one; whole where programs read them. */
export const fitted = (text: string, screen: Pick<WriteStream, "isTTY" | "columns"> = process.stdout): string => {
  const width = screen.isTTY ? (screen.columns ?? 80) : Number.POSITIVE_INFINITY;
  const cut = (line: string) => (line.length > width ? `${line.slice(0, width - 1)}…` : line);
  return text.split("\n").map(cut).join("\n");
};
