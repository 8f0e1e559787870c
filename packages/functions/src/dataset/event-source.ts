import { type EventQuery, type EventSource, type FoundEvents, metricsOf } from "@tidewatch/core/dataset/events";
import { archivedDays, type DayState, dayFolder, readDay, type TailObject } from "@tidewatch/core/dataset/manifest";
import { AppError } from "@tidewatch/core/errors";
import { MAX_AHEAD_MS } from "@tidewatch/core/feature/extract";
import { planOf } from "@tidewatch/core/feature/plan";
import { archiveObjectOf, arrivedBefore, compareObjects } from "@tidewatch/core/ingest/archive-key";
import type { MetricEvent } from "@tidewatch/core/ingest/event";
import type { Blobs } from "@tidewatch/core/store/ports";
import { readArchiveObjects } from "./archive-lines.ts";
import { columnWriter } from "./column-writer.ts";
import { takeCompacted } from "./compacted-events.ts";
import { DUCKDB_LIMITS, type DuckDbLimits, type Workspace, withDuckDb } from "./duckdb.ts";
import { sortedBlocks } from "./sorted-blocks.ts";

/** An object may be compacted, and removed, between the list and the reading: then what is there now is read. */
const ATTEMPTS = 3;

/**
 * The archived events of a detector, out of compacted files and of the objects that none of them speaks for. DuckDB sorts them,
 * and puts what does not fit its memory on the disk.
 */
export const archiveEvents = (blobs: Blobs, limits: DuckDbLimits = DUCKDB_LIMITS): EventSource => ({
  async read(query, use) {
    for (let attempt = 1; ; attempt++) {
      let isFound = false;
      try {
        return await withDuckDb(limits, async (workspace) => {
          const found = await findEvents(blobs, workspace, query);
          isFound = true;
          return await use(found);
        });
      } catch (error) {
        const isGone = error instanceof AppError && error.code === "NOT_FOUND" && !isFound;
        if (!isGone || attempt === ATTEMPTS) throw error;
      }
    }
  },
});

const findEvents = async (blobs: Blobs, workspace: Workspace, query: EventQuery): Promise<FoundEvents> => {
  const metrics = metricsOf(query.detector);
  const columns = metrics.map((_, index) => `m${index} DOUBLE`).join(", ");
  await workspace.db.run(
    `CREATE TABLE event (entity INTEGER, rank INTEGER, line INTEGER, time DOUBLE, arrival DOUBLE, ${columns})`,
  );
  const { days, rankOf } = await listDays(blobs, query);
  const entities = new Map<string, number>();
  await takeTail(blobs, workspace, query, days, { entities, rankOf });
  for (const { day, files } of days) {
    for (const one of files) {
      const wanted = { entities, rankOf: (name: string) => rankOf(day, name) };
      await takeCompacted(blobs, workspace, query, one, wanted);
    }
  }
  const names = await namesOf(workspace, entities);
  return { entities: names, blocks: sortedBlocks(workspace, names, entities, metrics.length) };
};

/** Of the entities that have events in the table: a file has others too, whose events lie outside the time asked for. */
const namesOf = async ({ db }: Workspace, entities: ReadonlyMap<string, number>): Promise<string[]> => {
  const found = await db.runAndReadAll("SELECT DISTINCT entity FROM event");
  const there = new Set((found.getRows() as number[][]).map(([entity]) => entity));
  return [...entities.keys()].filter((name) => there.has(entities.get(name))).sort(byBytes);
};

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

/** No event arrives much before its time; how late it may come nobody knows. */
const listDays = async (blobs: Blobs, { fromMs, toMs }: EventQuery) => {
  const arrivedFromMs = Math.max(0, fromMs - MAX_AHEAD_MS);
  const days: DayState[] = [];
  for (const day of await archivedDays(blobs, new Date(arrivedFromMs).toISOString().slice(0, 10))) {
    const state = await readDay(blobs, day);
    const files = state.files.filter(({ file, live }) => live.length > 0 && file.fromMs < toMs && file.toMs >= fromMs);
    days.push({ ...state, files, tail: state.tail.filter((object) => arrivedBefore(object) > arrivedFromMs) });
  }
  const objects = days.flatMap(({ day, files, tail }) =>
    [...tail, ...files.flatMap(({ live }) => live)].flatMap(({ name }) => archiveObjectOf(dayFolder(day) + name) ?? []),
  );
  const ranks = new Map(objects.sort(compareObjects).map(({ key }, rank) => [key, rank]));
  return { days, rankOf: (day: string, name: string) => ranks.get(dayFolder(day) + name) ?? -1 };
};

type Places = { entities: Map<string, number>; rankOf: (day: string, name: string) => number };

/** Events of objects as they arrived; only those of the detector, and of the time that is asked for. */
const takeTail = async (
  blobs: Blobs,
  workspace: Workspace,
  { detector, fromMs, toMs }: EventQuery,
  days: readonly DayState[],
  { entities, rankOf }: Places,
): Promise<void> => {
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
  const ofDay = (day: string) => (object: TailObject) => {
    const rank = rankOf(day, object.name);
    return (event: MetricEvent, arrivalMs: number, line: number): void => {
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
  };
  for (const { day, tail } of days) await readArchiveObjects(blobs, tail, ofDay(day));
  writer.close();
};
