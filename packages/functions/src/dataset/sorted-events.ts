import type { DuckDBDataChunk } from "@duckdb/node-api";
import type { EventBlock, FoundEvents } from "@tidewatch/core/dataset/events";
import type { Workspace } from "./duckdb.ts";
import type { EventPart, SelectOf } from "./event-part.ts";

/** Events that are sorted at a time: they take about 50 MB, and twice that while they are sorted. */
const SLICE_EVENTS = 1_000_000;

/** Entities in the byte order of their names, each with its events in the order of arrival. */
export const sortedEvents = async (
  workspace: Workspace,
  parts: readonly EventPart[],
  metrics: number,
): Promise<FoundEvents> => {
  const counts = new Map<string, number>();
  for (const { entities } of parts) {
    for (const [entity, count] of entities) counts.set(entity, (counts.get(entity) ?? 0) + count);
  }
  const entities = [...counts.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  const places = new Map(entities.map((entity, place) => [entity, place]));
  const selects: SelectOf[] = [];
  for (const part of parts) if (part.entities.size > 0) selects.push(await part.place((entity) => places.get(entity)));
  return { entities, blocks: blocksOf(workspace, entities, slicesOf(entities, counts), selects, metrics) };
};

/** Ranges of places that have about so many events together; an entity stays whole. */
const slicesOf = (entities: readonly string[], counts: ReadonlyMap<string, number>): [number, number][] => {
  const slices: [number, number][] = [];
  let from = 0;
  let events = 0;
  for (const [place, entity] of entities.entries()) {
    events += counts.get(entity)!;
    if (events < SLICE_EVENTS && place < entities.length - 1) continue;
    slices.push([from, place + 1]);
    from = place + 1;
    events = 0;
  }
  return slices;
};

async function* blocksOf(
  { db }: Workspace,
  entities: readonly string[],
  slices: readonly [number, number][],
  selects: readonly SelectOf[],
  metrics: number,
): AsyncGenerator<EventBlock> {
  const values = Array.from({ length: metrics }, (_, index) => `m${index}`).join(", ");
  for (const [from, to] of slices) {
    const events = selects.map((select) => select(from, to)).join(" UNION ALL ");
    const result = await db.stream(
      `SELECT place, time, arrival, ${values} FROM (${events}) ORDER BY place, arrival, rank, line`,
    );
    for (;;) {
      const chunk = await result.fetchChunk();
      if (!chunk || chunk.rowCount === 0) break;
      yield* blocksIn(chunk, entities, metrics);
    }
  }
}

function* blocksIn(chunk: DuckDBDataChunk, entities: readonly string[], metrics: number): Generator<EventBlock> {
  const places = chunk.getColumnValues(0) as number[];
  const columns = Array.from({ length: 2 + metrics }, (_, index) =>
    Float64Array.from(chunk.getColumnValues(1 + index) as number[]),
  );
  const count = chunk.rowCount;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    while (to < count && places[to] === places[from]) to++;
    const [timestamps, arrivals, ...values] = columns.map((column) => column.subarray(from, to));
    yield { entity: entities[places[from]!]!, count: to - from, timestamps: timestamps!, arrivals: arrivals!, values };
    from = to;
  }
}
