import type { NodeHttpHandler } from "@smithy/node-http-handler";

export type Service = "DYNAMODB" | "S3" | "KINESIS" | "EVENTBRIDGE" | "SESV2" | "SFN";

/** How long a call of the SDK may take. */
export type CallLimits = {
  /** Milliseconds until the answer begins, which is after the whole request is sent; of each attempt. */
  requestMs: Record<Service, number>;
  /** Tries in all, before an adapter hears of a failure. */
  attempts: number;
  /** When a call that begins now must be over, in epoch milliseconds, retries and all. Without it: when attempts are used up. */
  endsMs?: () => number;
};

/**
 * Parts of 8 MiB and calls of 5 MiB take their time on a slow line, the others answer within 20 ms. For tools and tests: a
 * function has limits of its own.
 */
export const PATIENT_CALLS: CallLimits = {
  requestMs: { DYNAMODB: 5000, EVENTBRIDGE: 5000, SFN: 5000, SESV2: 5000, KINESIS: 20_000, S3: 30_000 },
  attempts: 4,
};

/** Somebody waits for the answer: a service that hangs is a 503 within ten seconds (table, stream) or sixteen (objects). */
export const API_CALLS: CallLimits = {
  requestMs: { DYNAMODB: 2000, EVENTBRIDGE: 2000, SFN: 2000, SESV2: 2000, KINESIS: 3000, S3: 5000 },
  attempts: 3,
};

/** Nobody waits for a batch, and to repeat all of it costs more than one call: still, a hang ends within its time-out. */
export const CONSUMER_CALLS: CallLimits = {
  requestMs: { DYNAMODB: 5000, EVENTBRIDGE: 5000, SFN: 5000, SESV2: 5000, KINESIS: 5000, S3: 10_000 },
  attempts: 4,
};

/** Aborts what is under way when its time is over, bodies of answers included, and begins nothing then. */
export const endingInTime = (
  handler: NodeHttpHandler,
  endsMs: () => number = () => Number.POSITIVE_INFINITY,
): NodeHttpHandler => {
  const handle = handler.handle.bind(handler);
  handler.handle = (request, options = {}) => {
    const leftMs = endsMs() - Date.now();
    if (leftMs === Number.POSITIVE_INFINITY) return handle(request, options);
    const timeUp = leftMs > 0 ? AbortSignal.timeout(Math.ceil(leftMs)) : AbortSignal.abort();
    const { abortSignal } = options;
    const signals = abortSignal instanceof AbortSignal ? [abortSignal, timeUp] : [timeUp];
    return handle(request, { ...options, abortSignal: AbortSignal.any(signals) });
  };
  return handler;
};
