import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { EventBlock } from "@tidewatch/core/dataset/events";
import type { Workspace } from "./duckdb.ts";

/** Entities in the byte order of their names, so that no run depends on the order of objects. */
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** The events of the table `event`, entity by entity and each in the order of arrival. */
export async function* sortedBlocks(
  { db }: Workspace,
  entities: ReadonlyMap<string, number>,
  metrics: number,
): AsyncGenerator<EventBlock> {
  const names = [...entities.keys()].sort(byBytes);
  if (names.length === 0) return;
  await db.run("CREATE TABLE place (entity INTEGER, place INTEGER)");
  const appender = await db.createAppender("place");
  for (const [place, name] of names.entries()) {
    appender.appendInteger(entities.get(name)!);
    appender.appendInteger(place);
    appender.endRow();
  }
  appender.closeSync();
  const values = Array.from({ length: metrics }, (_, index) => `m${index}`).join(", ");
  const result = await db.stream(
    `SELECT place, time, arrival, ${values} FROM event JOIN place USING (entity) ORDER BY place, arrival, rank, line`,
  );
  for (;;) {
    const chunk = await result.fetchChunk();
    if (!chunk || chunk.rowCount === 0) return;
    yield* blocksOf(chunk, names, metrics);
  }
}

function* blocksOf(chunk: DuckDBDataChunk, names: readonly string[], metrics: number): Generator<EventBlock> {
  const places = chunk.getColumnValues(0) as number[];
  const columns = Array.from({ length: 2 + metrics }, (_, index) =>
    Float64Array.from(chunk.getColumnValues(1 + index) as number[]),
  );
  const count = chunk.rowCount;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && places[to] === places[from]) to++;
    const [timestamps, arrivals, ...values] = columns.map((column) => column.subarray(from, to));
    yield { entity: names[places[from]!]!, count: to - from, timestamps: timestamps!, arrivals: arrivals!, values };
    from = to;
  }
}
