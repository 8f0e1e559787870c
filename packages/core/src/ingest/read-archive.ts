import { z } from "zod";
import { AppError } from "../errors.ts";
import type { Blobs } from "../store/ports.ts";
import { decodeEvent } from "./decode.ts";
import type { Event } from "./event.ts";

export type ReadArchivePorts = { blobs: Blobs; gunzip: (bytes: Uint8Array) => Promise<Uint8Array> };

/** Keys fetched at a time while walking the archive. */
const LIST_PAGE = 1000;

export const QuarantinedRecord = z.strictObject({
  reason: z.string(),
  /** The record's text, or its bytes in base64 where `encoding` says so. */
  record: z.string(),
  encoding: z.literal("base64").optional(),
  shardId: z.string(),
  sequenceNumber: z.string(),
  /** Which log event of the record it is, from 0; absent when it is the record as a whole. */
  part: z.int().optional(),
});
export type QuarantinedRecord = z.output<typeof QuarantinedRecord>;

/** Archived lines as they arrived, in order of key: by hour, then shard, then sequence number. */
export async function* archivedLines(ports: ReadArchivePorts, prefix = "events/"): AsyncGenerator<Uint8Array> {
  for await (const key of keysUnder(ports.blobs, prefix)) {
    yield* linesOf(await ports.gunzip(await object(ports.blobs, key)));
  }
}

/** Archived events in the same order. Throws CORRUPT where a line is no event: only valid ones are put there. */
export async function* archivedEvents(ports: ReadArchivePorts, prefix = "events/"): AsyncGenerator<Event> {
  for await (const line of archivedLines(ports, prefix)) {
    const decoded = decodeEvent(line);
    if (!decoded.ok) throw new AppError("CORRUPT", `an archived line is no event: ${decoded.reason}`);
    yield decoded.event;
  }
}

export async function* quarantinedRecords(
  ports: Pick<ReadArchivePorts, "blobs">,
  prefix = "quarantine/",
): AsyncGenerator<QuarantinedRecord> {
  for await (const key of keysUnder(ports.blobs, prefix)) yield* quarantinedIn(await object(ports.blobs, key));
}

/** The lines of one object of the quarantine, or of failed records. */
export const quarantinedIn = (bytes: Uint8Array): QuarantinedRecord[] => {
  const decoder = new TextDecoder();
  return [...linesOf(bytes)].map((line) => QuarantinedRecord.parse(JSON.parse(decoder.decode(line))));
};

/** The record's data as they arrived; of a part, the event that it would have been. */
export const bytesOf = ({ record, encoding }: QuarantinedRecord): Uint8Array =>
  encoding === undefined
    ? new TextEncoder().encode(record)
    : Uint8Array.from(atob(record), (character) => character.charCodeAt(0));

async function* keysUnder(blobs: Blobs, prefix: string): AsyncGenerator<string> {
  for (let after: string | undefined; ; ) {
    const keys = await blobs.list(prefix, { limit: LIST_PAGE, ...(after === undefined ? {} : { after }) });
    yield* keys;
    if (keys.length < LIST_PAGE) return;
    after = keys.at(-1);
  }
}

const object = async (blobs: Blobs, key: string): Promise<Uint8Array> => {
  const bytes = await blobs.get(key);
  if (!bytes) throw new AppError("NOT_FOUND", `the object ${key} was deleted while the archive was read`);
  return bytes;
};

/** What stands between line feeds. */
export function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(0x0a, from);
    const to = end === -1 ? bytes.length : end;
    yield bytes.subarray(from, to);
    from = to + 1;
  }
}
