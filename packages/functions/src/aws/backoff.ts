import { setTimeout } from "node:timers/promises";

/** How to wait before the next try. Chance and sleep are arguments, so that a test decides them. */
export type Backoff = {
  /** In [0, 1). */
  random: () => number;
  sleep: (ms: number) => Promise<unknown>;
  /** Tries that may fail one after the other. */
  attempts: number;
  /** When work that begins now must be over, in epoch milliseconds. No wait and no try goes beyond it. */
  endsMs?: () => number;
};

/** Up to 16 s of waiting without any progress, 8 s on average: a throttled partition or shard recovers within seconds. */
export const PATIENT: Backoff = { random: Math.random, sleep: (ms) => setTimeout(ms), attempts: 10 };

const FIRST_WAIT_MS = 50;
const LONGEST_WAIT_MS = 5000;

/**
 * Full jitter: anything from nothing to the exponential bound, so that clients that failed together do not come back
 * together. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export const fullJitterMs = (attempt: number, random: () => number): number =>
  random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt);

/**
 * Calls `attempt` with what is left to do until nothing is, waiting in between; gives what is left after the last try.
 * A try that got something done begins the count of failures anew: the service is slow and not stuck. How long that may
 * go on is for `endsMs` to say.
 */
export const untilDone = async <T>(
  work: readonly T[],
  attempt: (left: readonly T[]) => Promise<readonly T[]>,
  { random, sleep, attempts, endsMs }: Backoff,
): Promise<readonly T[]> => {
  const endMs = endsMs?.() ?? Number.POSITIVE_INFINITY;
  let left = work;
  for (let failures = 0; left.length > 0; ) {
    const before = left.length;
    left = await attempt(left);
    failures = left.length < before ? 0 : failures + 1;
    if (left.length === 0 || failures >= attempts) break;
    const waitMs = fullJitterMs(Math.max(0, failures - 1), random);
    if (Date.now() + waitMs >= endMs) break;
    await sleep(waitMs);
  }
  return left;
};
