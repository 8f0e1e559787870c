import { randomUUID } from "node:crypto";
import { AppError } from "@tidewatch/core/errors";
import { batches } from "../input/batches.ts";
import type { BadRow } from "../input/csv.ts";
import type { EventLine } from "../input/event-lines.ts";
import type { Client } from "./client.ts";
import { withRetries } from "./retry.ts";

/**
 * Half a megabyte or 1,000 events per request: the round trip costs little then, and the server puts that many onto the
 * stream at once, so that a batch is stored as a whole or not at all.
 */
const BATCH_EVENTS = 1000;
const BATCH_BYTES = 512 * 1024;
/** Ten minutes of patience with a server that restarts, in all: 0.25 + 0.5 + … + 30 + 30 … s. */
const RETRY = { attempts: 26, baseMs: 250, maxMs: 30_000 };
const LINE_FEED = Buffer.from("\n");

export type Sent = { accepted: number; rejected: number; bytes: number; retries: number };
export type SendOptions = {
  signal?: AbortSignal;
  maxWaitMs: number;
  /** Events read ahead while the server is away. */
  capacity?: number;
  attempts?: number | undefined;
  onRejected: (bad: BadRow) => void;
  onRetry: (text: string) => void;
  onBatch?: (soFar: Sent) => void;
};

/**
 * Sends events in order, batch by batch, and waits for each answer. A batch carries an idempotency key, so that one
 * whose answer was lost is not counted twice. Ends with what the server took, or throws once retries are used up.
 */
export const sendEvents = async (
  client: Client,
  events: AsyncIterable<EventLine>,
  options: SendOptions,
): Promise<Sent> => {
  const sent: Sent = { accepted: 0, rejected: 0, bytes: 0, retries: 0 };
  const limits = {
    maxCount: BATCH_EVENTS,
    maxBytes: BATCH_BYTES,
    sizeOf: ({ bytes }: EventLine) => bytes.length + 1,
    maxWaitMs: options.maxWaitMs,
    capacity: options.capacity ?? BATCH_EVENTS,
  };
  for await (const batch of batches(events, limits)) {
    const answer = await sendBatch(client, batch, sent, options);
    sent.accepted += answer.accepted;
    sent.rejected += answer.rejected.length;
    for (const { index, reason } of answer.rejected) options.onRejected({ line: batch[index]?.line ?? 0, reason });
    options.onBatch?.(sent);
    if (options.signal?.aborted) break;
  }
  return sent;
};

type Answer = { accepted: number; rejected: { index: number; reason: string }[] };

const sendBatch = (client: Client, batch: EventLine[], sent: Sent, options: SendOptions): Promise<Answer> => {
  const body = Buffer.concat(batch.flatMap(({ bytes }) => [bytes, LINE_FEED]));
  sent.bytes += body.length;
  const headers = { "content-type": "application/x-ndjson", "idempotency-key": randomUUID() };
  const onRetry = (error: AppError, attempt: number, waitMs: number) => {
    sent.retries += 1;
    options.onRetry(`${error.message} Try ${attempt + 1} in ${(waitMs / 1000).toFixed(1)} s.`);
  };
  const policy = { ...RETRY, attempts: options.attempts ?? RETRY.attempts, onRetry };
  return withRetries(options.signal ? { ...policy, signal: options.signal } : policy, async () =>
    asAnswer(client.url, await client.request("POST", "/v1/events", { body, headers }).catch(waitForFirst)),
  );
};

/** A conflict means that the server died over the first try, or is still at it: under its key it can be tried again. */
const waitForFirst = (error: unknown): never => {
  if (error instanceof AppError && error.code === "CONFLICT") {
    throw new AppError("UNAVAILABLE", error.message, { cause: error });
  }
  throw error;
};

const asAnswer = (url: string, answer: unknown): Answer => {
  if (typeof answer === "object" && answer !== null && "accepted" in answer && "rejected" in answer)
    return answer as Answer;
  throw new AppError("VALIDATION", `${url} did not answer as Tidewatch does; is it the right address?`);
};
