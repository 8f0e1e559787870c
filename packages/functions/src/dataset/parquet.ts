import { z } from "zod";
import { quoted, type Workspace } from "./duckdb.ts";

/**
 * A compacted file: one row per event, with numbers only. `kind` stands for the entity with its tags and the names of its
 * metrics, which are in the file's metadata; `origin` for the object that it came in, `line` for its line there; `time` and
 * `arrival` are epoch milliseconds. Values stand in the slots `v0` …, in the order of the kind's metrics; NaN is a missing one.
 */

/** Events of one entity with the same tags and the same metrics, the latter two as JSON. */
export type Kind = readonly [entity: string, tags: string, metrics: string];
const Kinds = z.array(z.tuple([z.string(), z.string(), z.string()]));
const KINDS_KEY = "tidewatch.kinds";

export type FileSpan = { rows: number; fromMs: number; toMs: number };

/** Rows that a reader takes or leaves together, by the kinds and times that they span. */
const ROW_GROUP = 65_536;

/** By entity first, so that an entity's events stand together; by bytes, whatever the language. */
export const compareKinds = (a: Kind, b: Kind): number => {
  for (const [index, text] of a.entries()) {
    const order = Buffer.compare(Buffer.from(text), Buffer.from(b[index]!));
    if (order !== 0) return order;
  }
  return 0;
};

/** A table of integers. */
export const fillTable = async (
  { db }: Workspace,
  table: string,
  columns: readonly string[],
  rows: Iterable<readonly number[]>,
): Promise<void> => {
  await db.run(`CREATE OR REPLACE TABLE ${table} (${columns.map((name) => `${name} INTEGER`).join(", ")})`);
  const appender = await db.createAppender(table);
  for (const row of rows) {
    for (const number of row) appender.appendInteger(number);
    appender.endRow();
  }
  appender.closeSync();
};

/** Writes events, kind by kind and each in the order of arrival. */
export const toParquet = async (
  { db }: Workspace,
  select: string,
  kinds: readonly Kind[],
  path: string,
): Promise<FileSpan> => {
  const metadata = `KV_METADATA {'${KINDS_KEY}': ${quoted(JSON.stringify(kinds))}}`;
  await db.run(
    `COPY (${select} ORDER BY kind, arrival, origin, line) TO ${quoted(path)}
     (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE ${ROW_GROUP}, ${metadata})`,
  );
  const found = await db.runAndReadAll(
    `SELECT count(*)::DOUBLE, min(time)::DOUBLE, max(time)::DOUBLE FROM read_parquet(${quoted(path)})`,
  );
  const [[rows = 0, fromMs, toMs] = []] = found.getRows() as number[][];
  return { rows, fromMs: fromMs ?? 0, toMs: toMs ?? 0 };
};

/** What the numbers in the column `kind` of a file stand for. */
export const kindsOf = async ({ db }: Workspace, path: string): Promise<Kind[]> => {
  const found = await db.runAndReadAll(
    `SELECT decode(value) FROM parquet_kv_metadata(${quoted(path)}) WHERE key = '${KINDS_KEY}'::BLOB`,
  );
  const [[text = "[]"] = []] = found.getRows() as string[][];
  return Kinds.parse(JSON.parse(text));
};
