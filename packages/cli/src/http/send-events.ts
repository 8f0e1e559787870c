import { randomUUID } from "node:crypto";
import { AppError } from "@tidewatch/core/errors";
import { EVENTS_PER_PUT } from "@tidewatch/core/ingest/put-size";
import { batches } from "../input/batches.ts";
import type { BadRow } from "../input/csv.ts";
import type { EventLine } from "../input/event-lines.ts";
import { type Client, refusalOf } from "./client.ts";
import { withRetries } from "./retry.ts";

/** Half a megabyte, or as many events as the server puts on the stream at once: the round trip costs little then. */
const BATCH_BYTES = 512 * 1024;
/** Ten minutes of patience with a server that restarts, in all: 0.25 + 0.5 + … + 30 + 30 … s. */
const RETRY = { attempts: 26, baseMs: 250, maxMs: 30_000 };
const LINE_FEED = Buffer.from("\n");

export type Sent = { accepted: number; rejected: number; bytes: number; retries: number };
export type SendOptions = {
  signal?: AbortSignal;
  /** The source ends by itself when the signal aborts: what was read by then is sent, too. */
  sendsRest?: boolean;
  maxWaitMs: number;
  /** Events read ahead while the server is away. */
  capacity?: number;
  attempts?: number | undefined;
  /** The longest wait between two tries, unless the server asks for a longer one. */
  maxRetryMs?: number | undefined;
  onRejected: (bad: BadRow) => void;
  onRetry: (text: string) => void;
  onBatch?: (soFar: Sent) => void;
};

/**
 * Sends events in order, batch by batch, and waits for each answer. A batch carries an idempotency key, so that one
 * whose answer was lost is not counted twice. Of one that was taken in part only the rest is sent again. Ends with what the server took, or throws once retries are used up.
 */
export const sendEvents = async (
  client: Client,
  events: AsyncIterable<EventLine>,
  options: SendOptions,
): Promise<Sent> => {
  const sent: Sent = { accepted: 0, rejected: 0, bytes: 0, retries: 0 };
  const limits = {
    maxCount: EVENTS_PER_PUT,
    maxBytes: BATCH_BYTES,
    sizeOf: ({ bytes }: EventLine) => bytes.length + 1,
    maxWaitMs: options.maxWaitMs,
    capacity: options.capacity ?? EVENTS_PER_PUT,
  };
  for await (const batch of batches(events, limits)) {
    await sendBatch(client, batch, sent, options);
    options.onBatch?.(sent);
    if (options.signal?.aborted && !options.sendsRest) break;
  }
  return sent;
};

type Answer = { accepted: number; rejected: { index: number; reason: string }[] };

const sendBatch = async (client: Client, batch: EventLine[], sent: Sent, options: SendOptions): Promise<void> => {
  let request = requestOf(batch);
  sent.bytes += request.body.length;
  const settle = ({ accepted, rejected }: Answer) => {
    sent.accepted += accepted;
    sent.rejected += rejected.length;
    for (const { index, reason } of rejected) {
      options.onRejected({ line: request.events[index]?.line ?? 0, reason });
    }
  };
  const attempt = async () => {
    try {
      settle(asAnswer(client.url, await client.request("POST", "/v1/events", request).catch(waitForFirst)));
    } catch (error) {
      const part = progressOf(error);
      if (part && part.accepted + part.rejected.length > 0) {
        settle(part);
        request = requestOf(restOf(request.events, part));
      }
      throw error;
    }
  };
  const onRetry = (error: AppError, tries: number, waitMs: number) => {
    sent.retries += 1;
    options.onRetry(`${error.message} Try ${tries + 1} in ${(waitMs / 1000).toFixed(1)} s.`);
  };
  const { attempts = RETRY.attempts, maxRetryMs: maxMs = RETRY.maxMs } = options;
  const policy = { ...RETRY, attempts, maxMs, onRetry };
  await withRetries(options.signal ? { ...policy, signal: options.signal } : policy, attempt);
};

/** Another body is another request, with a key of its own. */
const requestOf = (events: EventLine[]) => ({
  events,
  body: Buffer.concat(events.flatMap(({ bytes }) => [bytes, LINE_FEED])),
  headers: { "content-type": "application/x-ndjson", "idempotency-key": randomUUID() },
});

type Part = Answer & { notStored: number[]; resumeFrom: number };

/** How far a batch came that failed half-way, if the server says so. */
const progressOf = (error: unknown): Part | undefined => {
  const problem = refusalOf(error).problem as Partial<Part> | undefined;
  const lists = [problem?.rejected, problem?.notStored];
  const isWhole = lists.every(Array.isArray) && Number.isInteger(problem?.accepted);
  return isWhole && Number.isInteger(problem?.resumeFrom) ? (problem as Part) : undefined;
};

const restOf = (events: EventLine[], { notStored, resumeFrom }: Part): EventLine[] => [
  ...notStored.flatMap((index) => events[index] ?? []),
  ...events.slice(resumeFrom),
];

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
