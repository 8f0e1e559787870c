import type { DuckDBAppender, DuckDBDataChunk } from "@duckdb/node-api";
import type { Workspace } from "./duckdb.ts";

/** Rows that DuckDB takes at a time. */
const CHUNK_ROWS = 2048;

/** Fills a table of columns of numbers, chunk by chunk. */
export const columnWriter = async ({ db }: Workspace, table: string, integers: number, doubles: number) => {
  const { DOUBLE, DuckDBDataChunk: Chunk, INTEGER } = await import("@duckdb/node-api");
  const types = [...new Array(integers).fill(INTEGER), ...new Array(doubles).fill(DOUBLE)];
  const columns = types.map(() => new Array<number>(CHUNK_ROWS).fill(0));
  const appender: DuckDBAppender = await db.createAppender(table);
  const chunk: DuckDBDataChunk = Chunk.create(types, CHUNK_ROWS);
  let used = 0;
  const write = (): void => {
    if (used === 0) return;
    chunk.rowCount = CHUNK_ROWS;
    for (const [index, column] of columns.entries()) chunk.setColumnValues(index, column);
    chunk.rowCount = used;
    appender.appendDataChunk(chunk);
    chunk.reset();
    used = 0;
  };
  return {
    /** The columns to put the next row's numbers into, at the place given back by `next`. */
    columns,
    next: (): number => {
      if (used === CHUNK_ROWS) write();
      return used++;
    },
    close(): void {
      write();
      appender.closeSync();
    },
  };
};
