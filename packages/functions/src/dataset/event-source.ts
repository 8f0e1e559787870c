import { type EventQuery, type EventSource, type FoundEvents, metricsOf } from "@tidewatch/core/dataset/events";
import { archivedDays, type DayState, dayFolder, readDay } from "@tidewatch/core/dataset/manifest";
import { AppError } from "@tidewatch/core/errors";
import { MAX_AHEAD_MS } from "@tidewatch/core/feature/extract";
import { archiveObjectOf, arrivedBefore, compareObjects } from "@tidewatch/core/ingest/archive-key";
import type { Blobs } from "@tidewatch/core/store/ports";
import { compactedPart } from "./compacted-events.ts";
import { DUCKDB_LIMITS, type DuckDbLimits, type Workspace, withDuckDb } from "./duckdb.ts";
import { sortedEvents } from "./sorted-events.ts";
import { tailPart } from "./tail-events.ts";

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
  const { days, rankOf } = await listDays(blobs, query);
  const tail = days.flatMap((day) => day.tail);
  const parts = [await tailPart(blobs, workspace, query, tail, ({ key }) => rankOf(key))];
  for (const { day, files } of days) {
    for (const one of files) {
      const place = { index: parts.length, rankOf: (name: string) => rankOf(dayFolder(day) + name) };
      parts.push(await compactedPart(blobs, workspace, query, one, place));
    }
  }
  return await sortedEvents(workspace, parts, metricsOf(query.detector).length);
};

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
  return { days, rankOf: (key: string) => ranks.get(key) ?? -1 };
};
