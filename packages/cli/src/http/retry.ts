import { setTimeout as sleep } from "node:timers/promises";
import { AppError } from "@tidewatch/core/errors";
import { refusalOf } from "./client.ts";

/** A server may ask for a wait (`Retry-After`): it knows when a rate is free again, at most a minute. Not for longer than this. */
const LONGEST_ASKED_WAIT_MS = 120_000;

export type RetryPolicy = {
  attempts: number;
  /**
   * Waits grow from `baseMs` by two each time up to `maxMs`; each is drawn from the upper half, so that clients spread. What
   * the server asks for is waited for, if it is longer, and up to `baseMs` more.
   */
  baseMs: number;
  maxMs: number;
  signal?: AbortSignal;
  onRetry?: (error: AppError, attempt: number, waitMs: number) => void;
};

/** Repeats work that fails with `UNAVAILABLE`; other errors, and the last attempt's, are the caller's. */
export const withRetries = async <T>(policy: RetryPolicy, work: () => Promise<T>): Promise<T> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof AppError && error.code === "UNAVAILABLE") || attempt >= policy.attempts) throw error;
      const ownMs = Math.min(policy.maxMs, policy.baseMs * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
      const askedMs = Math.min(LONGEST_ASKED_WAIT_MS, refusalOf(error).retryAfterMs ?? 0);
      const waitMs = Math.max(ownMs, askedMs + Math.random() * policy.baseMs);
      policy.onRetry?.(error, attempt, waitMs);
      await sleep(waitMs, undefined, policy.signal ? { signal: policy.signal } : {}).catch(() => {
        throw error;
      });
    }
  }
};
