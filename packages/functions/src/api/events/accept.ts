import { AppError } from "@tidewatch/core/errors";
import { decodeEvent } from "@tidewatch/core/ingest/decode";
import { partitionKey } from "@tidewatch/core/ingest/event";
import type { EventStream, StreamEntry, StreamReceipt } from "@tidewatch/core/store/ports";
import { httpError } from "../http/problem.ts";
import type { Slices } from "./split.ts";

export type Rejection = { index: number; reason: string };
export type Accepted = { accepted: number; rejected: Rejection[] };

/** Events between two breaths: some 5 ms of work, after which other requests get their turn. */
const EVENTS_PER_TURN = 1000;

/**
 * Puts the valid events on the stream as the bytes they came in, in order, and says why the others are refused. Both
 * happen in turns, so that a body of 10 MB holds up nobody else.
 * @param onPut told the receipts of each turn
 * @throws UNAVAILABLE with `resumeFrom` when the stream fails half-way: events before that index are durable.
 */
export const acceptEvents = async (
  stream: EventStream,
  body: Uint8Array,
  slices: Slices,
  onPut: (receipts: readonly StreamReceipt[]) => void = () => {},
): Promise<Accepted> => {
  const result: Accepted = { accepted: 0, rejected: [] };
  const count = slices.length / 2;
  for (let first = 0; first < count; first += EVENTS_PER_TURN) {
    const entries = decodeTurn(body, slices, first, Math.min(count, first + EVENTS_PER_TURN), result.rejected);
    if (entries.length > 0) onPut(await putOrSayWhere(stream, entries, first));
    result.accepted += entries.length;
    if (first + EVENTS_PER_TURN < count) await new Promise(setImmediate);
  }
  return result;
};

const decodeTurn = (body: Uint8Array, slices: Slices, from: number, to: number, rejected: Rejection[]) => {
  const entries: StreamEntry[] = [];
  for (let index = from; index < to; index++) {
    const data = body.subarray(slices[2 * index]!, slices[2 * index + 1]!);
    const decoded = decodeEvent(data);
    if (decoded.ok) entries.push({ partitionKey: partitionKey(decoded.event), data });
    else rejected.push({ index, reason: decoded.reason });
  }
  return entries;
};

const putOrSayWhere = async (
  stream: EventStream,
  entries: StreamEntry[],
  resumeFrom: number,
): Promise<StreamReceipt[]> => {
  try {
    return await stream.putMany(entries);
  } catch (cause) {
    const why = cause instanceof AppError ? cause.message : "the stream did not take them";
    const failure = httpError("UNAVAILABLE", `Events from index ${resumeFrom} on are not stored: ${why}`, {
      resumeFrom,
    });
    throw Object.assign(failure, { stack: cause instanceof Error ? cause.stack : failure.stack });
  }
};
