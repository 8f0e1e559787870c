import { z } from "zod";
import { AppError } from "../errors.ts";
import type { Blobs, Clock, EventStream, StreamEntry } from "../store/ports.ts";
import { decodeEvent } from "./decode.ts";
import { partitionKey } from "./event.ts";
import { failedRoot } from "./failed.ts";
import { bytesOf, quarantinedIn } from "./read-archive.ts";

export type RedrivePorts = { blobs: Blobs; stream: EventStream; clock: Clock };
export type RedriveOptions = {
  /** Goes on after this object. */
  after?: string | undefined;
  /** Objects that are looked at. */
  limit: number;
  /** Sends objects again that a redrive began and did not finish: their events may be on the stream already. */
  again: boolean;
};
export type RedriveReport = {
  /** Objects whose records were put on the stream now, and these records. */
  objects: number;
  records: number;
  /** Objects that an earlier redrive has put on the stream. */
  done: number;
  /** Objects that another redrive began: it is under way, or it was interrupted and nobody knows how far it came. */
  unclear: string[];
  /** Where to go on; absent when all objects were looked at. */
  next?: string;
};

const Mark = z.strictObject({ state: z.enum(["begun", "done"]), atMs: z.int(), records: z.int().nonnegative() });
type Mark = z.output<typeof Mark>;

const ROOT = `${failedRoot("score")}/`;
/** Beside the failed objects, so that it expires with them. */
const markKey = (key: string): string => `failed/redriven/${key.slice("failed/".length)}`;

/**
 * Puts the records that the scorer failed on back onto the stream, each object once: it is marked as begun before, and as
 * done afterwards. They come as new records, at the end of their series: the archive keeps them once more, and what is
 * older than a series' lateness allows counts as late.
 *
 * @throws UNAVAILABLE when the stream or the objects do not answer; the object at hand is then unclear
 */
export const redriveFailed = async (
  ports: RedrivePorts,
  { after, limit, again }: RedriveOptions,
): Promise<RedriveReport> => {
  const keys = await ports.blobs.list(ROOT, { limit, ...(after === undefined ? {} : { after }) });
  const report: RedriveReport = { objects: 0, records: 0, done: 0, unclear: [] };
  for (const key of keys) {
    const state = await begin(ports, key, again);
    if (state === "done") report.done++;
    else if (state === "unclear") report.unclear.push(key);
    else {
      report.records += await sendObject(ports, key);
      report.objects++;
    }
  }
  const last = keys.at(-1);
  return keys.length === limit && last !== undefined ? { ...report, next: last } : report;
};

const begin = async (ports: RedrivePorts, key: string, again: boolean): Promise<"begun" | "done" | "unclear"> => {
  const { blobs, clock } = ports;
  const mark = { state: "begun", atMs: clock(), records: 0 } as const;
  if (await blobs.putIfAbsent(markKey(key), encodeMark(mark))) return "begun";
  const { state } = await readMark(blobs, key);
  if (state === "done") return "done";
  return again ? "begun" : "unclear";
};

const sendObject = async ({ blobs, stream, clock }: RedrivePorts, key: string): Promise<number> => {
  const bytes = await blobs.get(key);
  if (!bytes) throw new AppError("NOT_FOUND", `the object ${key} was deleted while it was sent`);
  const entries = quarantinedIn(bytes).flatMap((record) => entryOf(bytesOf(record)));
  if (entries.length > 0) await stream.putMany(entries);
  await blobs.put(markKey(key), encodeMark({ state: "done", atMs: clock(), records: entries.length }));
  return entries.length;
};

/** The scorer fails on valid events only, so that every record has a key of its own; its producer's was not kept. */
const entryOf = (data: Uint8Array): StreamEntry[] => {
  const decoded = decodeEvent(data);
  return decoded.ok ? [{ partitionKey: partitionKey(decoded.event), data }] : [];
};

const encodeMark = (mark: Mark): Uint8Array => new TextEncoder().encode(JSON.stringify(mark));

const readMark = async (blobs: Blobs, key: string): Promise<Mark> => {
  const bytes = await blobs.get(markKey(key));
  if (!bytes) throw new AppError("NOT_FOUND", `the object ${markKey(key)} was deleted while it was read`);
  const parsed = Mark.safeParse(parseJson(new TextDecoder().decode(bytes)));
  if (!parsed.success) {
    throw new AppError("CORRUPT", `the object ${markKey(key)} cannot be read: delete it to send ${key} again`);
  }
  return parsed.data;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
