/**
 * When calls to AWS must be over, so that the invocation under way can still answer, log and count: a sandbox that runs
 * into its time-out is killed and says nothing. It has one invocation at a time.
 */

/** Before the end of an invocation: calls that began earlier end here. */
const RESERVE_MS = 5000;
/** Before the end, too: calls that begin in the reserve (they free the idempotency key, say) end here. */
const LAST_WORD_MS = 2500;

let [worksUntilMs, tidiesUntilMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];

/** @param remainingMs what Lambda's context gives it */
export const beginInvocation = (remainingMs: number, nowMs = Date.now()): void => {
  worksUntilMs = nowMs + remainingMs - RESERVE_MS;
  tidiesUntilMs = nowMs + remainingMs - LAST_WORD_MS;
};

/** When a call that begins now must be over, in epoch milliseconds. */
export const callsEndMs = (nowMs = Date.now()): number => (nowMs < worksUntilMs ? worksUntilMs : tidiesUntilMs);
