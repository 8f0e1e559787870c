import type { Workspace } from "./duckdb.ts";
import { quoted } from "./duckdb.ts";

export type FileSpan = { rows: number; fromMs: number; toMs: number };

/** Rows that a reader takes or leaves together, by the entities and times that they span. */
const ROW_GROUP = 65_536;

/** A table of numbers and the names that they stand for: `key`, then `n0`, `n1` and so on. */
export const fillNames = async (
  { db }: Workspace,
  table: string,
  rows: Iterable<readonly [number, ...string[]]>,
  names = 1,
): Promise<void> => {
  const columns = Array.from({ length: names }, (_, index) => `n${index} VARCHAR`);
  await db.run(`CREATE OR REPLACE TABLE ${table} (key INTEGER, ${columns.join(", ")})`);
  const appender = await db.createAppender(table);
  for (const [key, ...texts] of rows) {
    appender.appendInteger(key);
    for (const text of texts) appender.appendVarchar(text);
    appender.endRow();
  }
  appender.closeSync();
};

/**
 * Writes events to a file, by entity and within it in the order of their arrival, which is the one that rows are made in and
 * nearly that of time. Columns that are named `rank` and `file` are for the order only.
 */
export const toParquet = async ({ db }: Workspace, select: string, path: string): Promise<FileSpan> => {
  await db.run(
    `COPY (SELECT * EXCLUDE (rank, file) FROM (${select}) ORDER BY entity, arrival, rank, line) TO ${quoted(path)}
     (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${ROW_GROUP})`,
  );
  const found = await db.runAndReadAll(
    `SELECT count(*)::DOUBLE, min(time)::DOUBLE, max(time)::DOUBLE FROM read_parquet(${quoted(path)})`,
  );
  const [[rows = 0, fromMs, toMs] = []] = found.getRows() as number[][];
  return { rows, fromMs: fromMs ?? 0, toMs: toMs ?? 0 };
};
