import { readArchiveCounts } from "../../ingest/archive-counts.ts";
import type { ReadArchivePorts } from "../../ingest/read-archive.ts";
import { compareSequence } from "../../ingest/sequence.ts";
import type { Table } from "../../store/ports.ts";
import { lineDigest } from "../line/digest.ts";
import type { LinePointer } from "../session/session.ts";
import { type ArchiveObject, objectHolding, objectsOfHour } from "./archive-objects.ts";
import { type ArchivedLine, archivedLogLines } from "./archived-lines.ts";

export type PointerPorts = ReadArchivePorts & { table: Table };

/** Why a line cannot be shown: the archive gathers records for a minute, and old objects may have been deleted. */
export type NoLine = "not archived yet" | "not in the archive" | "not looked up";
/**
 * Where a raw line stands in the archive (`line` counts from 1), its text and its own time; or why it is not there.
 */
export type RawLine =
  | { object: string; line: number; text: string; timestampMs: number }
  | { object: string | null; line: null; text: null; reason: NoLine };

/** Objects read per request, each up to 10,000 lines: some seconds of work at the worst. */
export const MAX_OBJECTS = 16;

/**
 * The raw lines of pointers, in their order. Each object is read once, and at most `MAX_OBJECTS` of them: pointers to
 * more are not looked up. An object tells no sequence numbers: the line is the first with the pointer's digest, and
 * lines with the same digest are the same text of the same time.
 */
export const resolvePointers = async (ports: PointerPorts, pointers: readonly LinePointer[]): Promise<RawLine[]> => {
  const objects = remembered((hour: string) => {
    const [shardId, arrivalMs] = splitHour(hour);
    return objectsOfHour(ports.blobs, arrivalMs, shardId);
  });
  const archivedTo = remembered(
    async (shardId: string) => (await readArchiveCounts(ports.table, shardId))?.sequenceNumber,
  );
  const linesOf = remembered((key: string) => archivedLogLines(ports, key));
  const read = new Set<string>();
  const resolved: RawLine[] = [];
  for (const pointer of pointers) {
    const { shardId, sequenceNumber } = pointer;
    const last = await archivedTo(shardId);
    if (last === undefined || compareSequence(last, sequenceNumber) < 0) {
      resolved.push(without(undefined, "not archived yet"));
      continue;
    }
    const object = objectHolding(await objects(hourOf(pointer)), sequenceNumber);
    if (!object) {
      resolved.push(without(undefined, "not in the archive"));
      continue;
    }
    if (!read.has(object.key) && read.size === MAX_OBJECTS) {
      resolved.push(without(object, "not looked up"));
      continue;
    }
    read.add(object.key);
    resolved.push(lineIn(object, await linesOf(object.key), pointer));
  }
  return resolved;
};

const lineIn = (
  object: ArchiveObject,
  lines: readonly ArchivedLine[] | undefined,
  { digest }: LinePointer,
): RawLine => {
  const found = lines?.find(({ event }) => lineDigest(event) === digest);
  if (!found) return without(object, "not in the archive");
  const { line, event } = found;
  return { object: object.key, line, text: event.message, timestampMs: event.timestamp };
};

const without = (object: ArchiveObject | undefined, reason: NoLine): RawLine => ({
  object: object?.key ?? null,
  line: null,
  text: null,
  reason,
});

const HOUR_MS = 3_600_000;
const hourOf = ({ shardId, arrivalMs }: LinePointer): string => `${Math.floor(arrivalMs / HOUR_MS)} ${shardId}`;
const splitHour = (hour: string): [shardId: string, arrivalMs: number] => [
  hour.slice(hour.indexOf(" ") + 1),
  Number.parseInt(hour, 10) * HOUR_MS,
];

/** Asks once per key. */
const remembered = <T>(load: (key: string) => Promise<T>): ((key: string) => Promise<T>) => {
  const known = new Map<string, Promise<T>>();
  return (key) => known.get(key) ?? known.set(key, load(key)).get(key)!;
};
