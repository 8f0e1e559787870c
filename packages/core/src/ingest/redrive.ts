import { z } from "zod";
import { AppError } from "../errors.ts";
import type { Blobs, Clock, EventStream, StreamEntry } from "../store/ports.ts";
import { decodeEvent } from "./decode.ts";
import { partitionKey } from "./event.ts";
import { failedRoot } from "./failed.ts";
import { GIVEN_UP_ROOT, givenUpIn } from "./given-up.ts";
import { bytesOf, type QuarantinedRecord, quarantinedIn } from "./read-archive.ts";

export type RedrivePorts = { blobs: Blobs; stream: EventStream; clock: Clock };
export type RedriveOptions = {
  /** Goes on after this object. */
  after?: string | undefined;
  /** Objects that are looked at. */
  limit: number;
  /** Sends objects again that a redrive began and did not finish: their events may be on the stream already. */
  again: boolean;
  /**
   * Begins no further object from this time on (epoch milliseconds, by the clock of the ports), but one in any case.
   */
  stopAtMs?: number;
};
export type RedriveReport = {
  /** Objects whose records were put on the stream now, and these records. */
  objects: number;
  records: number;
  /** Objects that an earlier redrive has put on the stream. */
  done: number;
  /** Objects that another redrive began: it is under way, or it was interrupted and nobody knows how far it came. */
  unclear: string[];
  /** Objects of batches that were given up, without the records in them: they say where on the stream these were. */
  unreadable: string[];
  /** The last object that was looked at, where to go on; absent when all were. */
  next?: string;
};

const Mark = z.strictObject({
  state: z.enum(["begun", "done", "unreadable"]),
  atMs: z.int(),
  records: z.int().nonnegative(),
});
type Mark = z.output<typeof Mark>;

/** In the order of their names, in which a list goes on. */
const ROOTS = [GIVEN_UP_ROOT, `${failedRoot("log")}/`, `${failedRoot("score")}/`];
/** Beside the failed objects, so that it expires with them. */
const markKey = (key: string): string => `failed/redriven/${key.replace(/^failed\//, "")}`;

/** A call ends after the object that reaches it, and tells where to go on: a batch that was given up may be of 6 MB. */
const RECORDS_A_CALL = 10_000;

/**
 * Puts the records that the scorer and the log stage failed on, and the batches that a mapping gave up, back onto the
 * stream, each object once: it is marked as begun before, and as done afterwards. They come as new records, at the end
 * of their series, and to all consumers: the archive keeps once more what it had, and what is older than a series'
 * lateness allows counts as late.
 * @throws UNAVAILABLE when the stream or the objects do not answer; the object at hand is then unclear
 */
export const redriveFailed = async (
  ports: RedrivePorts,
  { after, limit, again, stopAtMs = Number.POSITIVE_INFINITY }: RedriveOptions,
): Promise<RedriveReport> => {
  const keys = await listed(ports.blobs, after, limit);
  const report: RedriveReport = { objects: 0, records: 0, done: 0, unclear: [], unreadable: [] };
  for (const key of keys) {
    const state = await begin(ports, key, again);
    if (state === "done") report.done++;
    else if (state === "unclear") report.unclear.push(key);
    else {
      const sent = state === "unreadable" ? undefined : await sendObject(ports, key);
      if (sent === undefined) report.unreadable.push(key);
      else {
        report.records += sent;
        report.objects++;
      }
    }
    if (report.records >= RECORDS_A_CALL || ports.clock() >= stopAtMs) return { ...report, next: key };
  }
  const last = keys.at(-1);
  return keys.length === limit && last !== undefined ? { ...report, next: last } : report;
};

const listed = async (blobs: Blobs, after: string | undefined, limit: number): Promise<string[]> => {
  const keys: string[] = [];
  for (const root of ROOTS) {
    const options = { limit: limit - keys.length, ...(after === undefined ? {} : { after }) };
    if (options.limit > 0) keys.push(...(await blobs.list(root, options)));
  }
  return keys;
};

type Begin = "begun" | "done" | "unclear" | "unreadable";
const begin = async (ports: RedrivePorts, key: string, again: boolean): Promise<Begin> => {
  const { blobs, clock } = ports;
  const mark = { state: "begun", atMs: clock(), records: 0 } as const;
  if (await blobs.putIfAbsent(markKey(key), encodeMark(mark))) return "begun";
  const { state } = await readMark(blobs, key);
  if (state === "done") return "done";
  if (state === "unreadable" && !again) return "unreadable";
  return again ? "begun" : "unclear";
};

/** How many records were sent; `undefined` when the object holds none that can be read. */
const sendObject = async ({ blobs, stream, clock }: RedrivePorts, key: string): Promise<number | undefined> => {
  const bytes = await blobs.get(key);
  if (!bytes) throw new AppError("NOT_FOUND", `the object ${key} was deleted while it was sent`);
  const entries = key.startsWith(GIVEN_UP_ROOT) ? givenUpIn(bytes) : failedIn(bytes);
  if (entries && entries.length > 0) await stream.putMany(entries);
  const records = entries?.length ?? 0;
  await blobs.put(markKey(key), encodeMark({ state: entries ? "done" : "unreadable", atMs: clock(), records }));
  return entries?.length;
};

const failedIn = (bytes: Uint8Array): StreamEntry[] => quarantinedIn(bytes).map(entryOf);

/**
 * Consumers fail on what is valid only, so that an event has a key of its own. A record of CloudWatch Logs, which holds
 * many, gets any: the producer's was not kept, and what follows has come since.
 */
const entryOf = (record: QuarantinedRecord): StreamEntry => {
  const data = bytesOf(record);
  const decoded = decodeEvent(data);
  return { partitionKey: decoded.ok ? partitionKey(decoded.event) : record.sequenceNumber, data };
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
