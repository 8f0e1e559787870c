import type { LogEvent } from "../../ingest/event.ts";
import type { ReadArchivePorts } from "../../ingest/read-archive.ts";
import { type ArchiveObject, archiveObject, byShardAndRecord, objectsOfHour } from "./archive-objects.ts";
import { type ArchivedLine, archivedLogLines } from "./archived-lines.ts";

export type TemplateLinesQuery = {
  /** Of the lines' arrival, inclusive: the archive is kept by it. */
  fromMs: number;
  /** Exclusive. */
  toMs: number;
  limit: number;
  order: "newest" | "oldest";
  /** Goes on behind this line. */
  after: Place | undefined;
};
/**
 * A line's place in the archive; `object` is empty before the first one of the hour, `line` 0 before its first line.
 */
export type Place = { hourMs: number; object: string; line: number };
export type TemplateLine = { object: string; line: number; text: string; timestampMs: number };
export type TemplateLinesPage = { lines: TemplateLine[]; resume: Place | undefined };

const HOUR_MS = 3_600_000;
/** Work of one request: objects read, and hours whose objects are listed. */
const MAX_OBJECTS = 8;
const MAX_HOURS = 400;

/**
 * Lines of the archive that are wanted, hour by hour of their arrival, newest or oldest hour first; within an hour
 * shard by shard, in the same direction. Stops at the limit, or when it has done its share of work, and says where to
 * go on.
 */
export const findLines = async (
  ports: ReadArchivePorts,
  isWanted: (event: LogEvent) => boolean,
  { fromMs, toMs, limit, order, after }: TemplateLinesQuery,
): Promise<TemplateLinesPage> => {
  const step = order === "oldest" ? HOUR_MS : -HOUR_MS;
  const [first, last] = [startOfHour(fromMs), startOfHour(toMs - 1)];
  const lines: TemplateLine[] = [];
  let [hours, objects] = [0, 0];
  let from = after;
  for (let hourMs = after?.hourMs ?? (step > 0 ? first : last); hourMs >= first && hourMs <= last; hourMs += step) {
    if (hours++ === MAX_HOURS) return { lines, resume: { hourMs, object: "", line: 0 } };
    for (const { key } of inOrder(await objectsOfHour(ports.blobs, hourMs), order, from?.object)) {
      if (objects++ === MAX_OBJECTS) return { lines, resume: { hourMs, object: key, line: 0 } };
      const seen = from?.object === key ? from.line : 0;
      for (const { line, event } of linesIn(await archivedLogLines(ports, key), order, seen)) {
        if (!isWanted(event)) continue;
        lines.push({ object: key, line, text: event.message, timestampMs: event.timestamp });
        if (lines.length === limit) return { lines, resume: { hourMs, object: key, line } };
      }
    }
    from = undefined;
  }
  return { lines, resume: undefined };
};

const startOfHour = (ms: number): number => Math.floor(ms / HOUR_MS) * HOUR_MS;

/** From the object with this key on, or from its place on when it was deleted since. */
const inOrder = (objects: ArchiveObject[], order: TemplateLinesQuery["order"], from = ""): ArchiveObject[] => {
  const ordered = order === "oldest" ? objects : objects.toReversed();
  const place = archiveObject(from);
  if (!place) return ordered;
  const direction = order === "oldest" ? 1 : -1;
  return ordered.filter((object) => direction * byShardAndRecord(object, place) >= 0);
};

/** Behind the line that was the last one seen; 0 is none. */
const linesIn = (lines: ArchivedLine[] | undefined, order: TemplateLinesQuery["order"], seen: number) => {
  if (order === "oldest") return (lines ?? []).filter(({ line }) => line > seen);
  return (lines ?? []).filter(({ line }) => seen === 0 || line < seen).toReversed();
};
