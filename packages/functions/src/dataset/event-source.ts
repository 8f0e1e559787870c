import { type EventQuery, type EventSource, type FoundEvents, metricsOf } from "@tidewatch/core/dataset/events";
import { planOf } from "@tidewatch/core/feature/plan";
import { type ArchiveObject, archiveObjectOf, compareObjects } from "@tidewatch/core/ingest/archive-key";
import type { Blobs } from "@tidewatch/core/store/ports";
import { readArchiveObjects } from "./archive-lines.ts";
import { columnWriter } from "./column-writer.ts";
import { DUCKDB_LIMITS, type DuckDbLimits, type Workspace, withDuckDb } from "./duckdb.ts";
import { sortedBlocks } from "./sorted-blocks.ts";

/** The archived events of a detector, sorted by DuckDB, which puts what does not fit its memory on the disk. */
export const archiveEvents = (blobs: Blobs, limits: DuckDbLimits = DUCKDB_LIMITS): EventSource => ({
  read: (query, use) => withDuckDb(limits, async (workspace) => use(await findEvents(blobs, workspace, query))),
});

const findEvents = async (blobs: Blobs, workspace: Workspace, query: EventQuery): Promise<FoundEvents> => {
  const metrics = metricsOf(query.detector);
  const columns = metrics.map((_, index) => `m${index} DOUBLE`).join(", ");
  await workspace.db.run(
    `CREATE TABLE event (entity INTEGER, rank INTEGER, line INTEGER, time DOUBLE, arrival DOUBLE, ${columns})`,
  );
  const entities = new Map<string, number>();
  await takeTail(blobs, workspace, query, entities);
  return { entities: [...entities.keys()], blocks: sortedBlocks(workspace, entities, metrics.length) };
};

/** Events of objects as they arrived; only those of the detector, and of the time that is asked for. */
const takeTail = async (
  blobs: Blobs,
  workspace: Workspace,
  { detector, fromMs, toMs }: EventQuery,
  entities: Map<string, number>,
): Promise<void> => {
  const objects = (await listObjects(blobs, fromMs)).sort(compareObjects);
  const ranks = new Map(objects.map((object, rank) => [object, rank]));
  const metrics = metricsOf(detector);
  const { matches } = planOf(detector);
  const writer = await columnWriter(workspace, "event", 3, 2 + metrics.length);
  const [entityColumn, rankColumn, lineColumn, timeColumn, arrivalColumn, ...valueColumns] = writer.columns;
  const idOf = (entity: string): number => {
    const known = entities.get(entity);
    if (known !== undefined) return known;
    entities.set(entity, entities.size);
    return entities.size - 1;
  };
  await readArchiveObjects(blobs, objects, (object) => {
    const rank = ranks.get(object)!;
    return (event, arrivalMs, line) => {
      const { timestamp, values } = event;
      if (timestamp < fromMs || timestamp >= toMs || !matches(event)) return;
      const at = writer.next();
      entityColumn![at] = idOf(event.entity);
      rankColumn![at] = rank;
      lineColumn![at] = line;
      timeColumn![at] = timestamp;
      arrivalColumn![at] = arrivalMs;
      for (let index = 0; index < metrics.length; index++) {
        const value = Object.hasOwn(values, metrics[index]!) ? values[metrics[index]!] : null;
        valueColumns[index]![at] = value ?? Number.NaN;
      }
    };
  });
  writer.close();
};

const listObjects = async (blobs: Blobs, fromMs: number): Promise<ArchiveObject[]> => {
  const keys = await blobs.list("events/");
  void fromMs;
  return keys.flatMap((key) => archiveObjectOf(key) ?? []);
};
