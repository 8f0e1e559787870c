import { AppError } from "@tidewatch/core/errors";
import { expect, test } from "vitest";
import { withRetries } from "./retry.ts";

/** The first wait after a failure for which the server asks `retryAfterMs`. */
const firstWaitMs = async (retryAfterMs: number | undefined): Promise<number> => {
  const stop = new AbortController();
  let waitMs = Number.NaN;
  const onRetry = (_error: AppError, _attempt: number, ms: number) => {
    waitMs = ms;
    stop.abort();
  };
  const policy = { attempts: 2, baseMs: 100, maxMs: 1000, signal: stop.signal, onRetry };
  const failure = Object.assign(new AppError("UNAVAILABLE", "busy"), { retryAfterMs });
  await expect(withRetries(policy, () => Promise.reject(failure))).rejects.toBe(failure);
  return waitMs;
};

test("waits by its own schedule, or as long as the server asks, two minutes at most", async () => {
  for (const [asked, least, most] of [
    [undefined, 50, 100],
    [0, 50, 100],
    [5000, 5000, 5100],
    [3_600_000, 120_000, 120_100],
  ] as const) {
    const waitMs = await firstWaitMs(asked);
    expect(waitMs).toBeGreaterThanOrEqual(least);
    expect(waitMs).toBeLessThanOrEqual(most);
  }
});
