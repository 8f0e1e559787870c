import { AppError } from "@tidewatch/core/errors";
import { EVENTS_PER_PUT } from "@tidewatch/core/ingest/put-size";
import type { EventStream, StreamEntry, StreamReceipt } from "@tidewatch/core/store/ports";
import { storedBy } from "@tidewatch/core/store/put-failure";
import { httpError } from "../http/problem.ts";
import { afterFailure, nothingDone, type Progress, type Rejection, shortened, turnsOf } from "./progress.ts";
import type { EventSource } from "./source.ts";

export type Accepted = { accepted: number; rejected: Rejection[] };

export type AcceptOptions = {
  /** How far an earlier try of the same request came. */
  from?: Progress | undefined;
  /** Told the receipts of each turn, of one that fails too. */
  onPut?: (receipts: readonly StreamReceipt[]) => void;
  /** Told how far it came before it throws. */
  onFailure?: (progress: Progress) => void;
};

/**
 * Puts the valid events on the stream, in order, and says why the others are refused. Both happen in turns of one put,
 * some 3 ms of work, after which other requests get theirs: a body of 10 MB holds up nobody.
 * @throws UNAVAILABLE with the `Progress` when the stream fails half-way
 */
export const acceptEvents = async (
  stream: EventStream,
  source: EventSource,
  { from = nothingDone(), onPut = () => {}, onFailure = () => {} }: AcceptOptions = {},
): Promise<Accepted> => {
  const result: Accepted = { accepted: from.accepted, rejected: [...from.rejected] };
  for (const turn of turnsOf(from, source.count, EVENTS_PER_PUT)) {
    const { entries, valid } = entriesOf(source, turn.indexes, result.rejected);
    try {
      if (entries.length > 0) onPut(await stream.putMany(entries));
    } catch (failure) {
      const stored = storedBy(failure);
      onPut(stored.filter((receipt) => receipt !== undefined));
      const progress = afterFailure(result, turn, valid, stored);
      onFailure(progress);
      throw interrupted(progress, failure);
    }
    result.accepted += entries.length;
    await new Promise(setImmediate);
  }
  return result;
};

const entriesOf = (source: EventSource, indexes: readonly number[], rejected: Rejection[]) => {
  const entries: StreamEntry[] = [];
  const valid: number[] = [];
  for (const index of indexes) {
    const found = source.entryOf(index);
    if (found.ok) {
      entries.push(found.entry);
      valid.push(index);
    } else rejected.push({ index, reason: found.reason });
  }
  return { entries, valid };
};

const interrupted = (progress: Progress, cause: unknown) => {
  const { notStored, resumeFrom } = progress;
  const some = notStored.length > 0 ? `, and ${notStored.length} before it (\`notStored\`),` : "";
  const why = cause instanceof AppError ? cause.message : "the stream did not take them";
  const detail = `Events from index ${resumeFrom} on${some} are not stored: ${why}`;
  const failure = httpError("UNAVAILABLE", detail, { ...progress, rejected: shortened(progress.rejected) });
  return Object.assign(failure, { stack: cause instanceof Error ? cause.stack : failure.stack });
};
