import type { Source, TailObject } from "@tidewatch/core/dataset/manifest";
import { compareObjects } from "@tidewatch/core/ingest/archive-key";
import type { Blobs } from "@tidewatch/core/store/ports";
import { readArchiveObjects } from "./archive-lines.ts";
import { columnWriter } from "./column-writer.ts";
import type { Workspace } from "./duckdb.ts";
import { eventKinds } from "./event-kinds.ts";
import { compareKinds, type FileSpan, fillTable, toParquet } from "./parquet.ts";

/** Events of so many metrics share a table, so that one with a few does not pay for 64. */
const WIDTHS = [4, 16, 64];

/** The metric events of objects of one day → a Parquet file. When there are none, there is no `span` and no file. */
export const copyObjects = async (
  blobs: Blobs,
  workspace: Workspace,
  objects: readonly TailObject[],
  path: string,
): Promise<{ span: FileSpan | undefined; sources: Source[]; others: Source[] }> => {
  const { db } = workspace;
  const ordered = objects.toSorted(compareObjects);
  const kinds = eventKinds();
  const writers = new Map<number, Awaited<ReturnType<typeof columnWriter>>>();
  for (const width of WIDTHS) {
    const slots = Array.from({ length: width }, (_, slot) => `v${slot} DOUBLE`).join(", ");
    await db.run(
      `CREATE TABLE event_${width} (id INTEGER, origin INTEGER, line INTEGER, time DOUBLE, arrival DOUBLE, ${slots})`,
    );
    writers.set(width, await columnWriter(workspace, `event_${width}`, 3, 2 + width));
  }
  const sources: Source[] = [];
  const others: Source[] = [];
  await readArchiveObjects(
    blobs,
    ordered,
    () => {
      // Its place among the sources, where it comes to stand if it has any event.
      const origin = sources.length;
      return (event, arrivalMs, line) => {
        const kind = kinds.of(event);
        const width = WIDTHS.find((most) => kind.metrics.length <= most)!;
        const { columns, next } = writers.get(width)!;
        const at = next();
        columns[0]![at] = kind.id;
        columns[1]![at] = origin;
        columns[2]![at] = line;
        columns[3]![at] = event.timestamp;
        columns[4]![at] = arrivalMs;
        for (let slot = 0; slot < width; slot++) {
          const metric = kind.metrics[slot];
          columns[5 + slot]![at] =
            metric === undefined ? Number.POSITIVE_INFINITY : (event.values[metric] ?? Number.NaN);
        }
      };
    },
    ({ name, version }, { events, logs }) => (events > 0 ? sources : others).push({ name, version, logs }),
  );
  for (const writer of writers.values()) writer.close();
  if (sources.length === 0) return { span: undefined, sources, others };
  const sorted = kinds
    .all()
    .map((kind, id) => ({ kind, id }))
    .sort((a, b) => compareKinds(a.kind, b.kind));
  const places = sorted.map(({ id }, place) => [id, place]);
  await fillTable(workspace, "place", ["id", "kind"], places);
  const slots = Array.from({ length: kinds.widest() }, (_, slot) => `nullif(v${slot}, 'Infinity'::DOUBLE) AS v${slot}`);
  const tables = WIDTHS.map((width) => `SELECT * FROM event_${width}`);
  const span = await toParquet(
    workspace,
    `SELECT p.kind, origin, line, time::BIGINT AS time, arrival::BIGINT AS arrival, ${slots.join(", ")}
     FROM (${tables.join(" UNION ALL BY NAME ")}) e JOIN place p ON e.id = p.id`,
    sorted.map(({ kind }) => kind),
    path,
  );
  return { span, sources, others };
};
