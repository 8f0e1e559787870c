import type { LogModel } from "../model.ts";
import { sessionJudge } from "../stage/judge.ts";
import type { SessionHead } from "../store/session-head.ts";
import type { StoredVerdict } from "../store/stored-verdict.ts";

/**
 * What is to be said of a session: what was said when it ended; else what the model says of it now, as if it ended
 * now. Of an open one that was found anomalous for good, that stands until it ends, whatever a newer model thinks of
 * it so far. `undefined` without a model.
 */
export const judged = (
  { session, state, verdict }: SessionHead,
  model: LogModel | undefined,
  textOf: (id: string) => string,
): StoredVerdict | undefined => {
  if (verdict && state !== "open") return verdict;
  const now = model && sessionJudge(model, textOf).final(session);
  if (state !== "open") return now;
  // What was said after a silence holds for what the session had by then.
  if (!verdict?.isFinal) return now ? { ...now, isFinal: false } : verdict;
  // More lines may have come since then.
  return now?.isAnomalous ? { ...now, isFinal: true } : verdict;
};
