import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { EventBlock } from "@tidewatch/core/dataset/events";
import type { Workspace } from "./duckdb.ts";
import { fillTable } from "./parquet.ts";

/** The events of the table `event`, in the order of the names and of each entity in that of arrival. */
export async function* sortedBlocks(
  workspace: Workspace,
  names: readonly string[],
  entities: ReadonlyMap<string, number>,
  metrics: number,
): AsyncGenerator<EventBlock> {
  if (names.length === 0) return;
  const places = names.map((name, place) => [entities.get(name)!, place]);
  await fillTable(workspace, "place", ["entity", "place"], places);
  const values = Array.from({ length: metrics }, (_, index) => `m${index}`).join(", ");
  const result = await workspace.db.stream(
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
