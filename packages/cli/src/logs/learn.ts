import { AppError } from "@tidewatch/core/errors";
import type { LogModel } from "@tidewatch/core/log/model";
import type { Session } from "@tidewatch/core/log/session/session";
import { currentIds } from "@tidewatch/core/log/template/store";
import { type FittedLogs, fitLogs } from "@tidewatch/core/train/log/fit";
import { severeTemplates } from "@tidewatch/core/train/log/severe";
import { UsageError } from "../failure.ts";
import { counted } from "../output/progress.ts";
import type { SessionReader } from "./sessions.ts";

export const SEED = 1;

/** What is known of the sessions that are learnt from. */
export type Known = { labels?: string; normal?: true };
export type Labels = ReadonlyMap<string, boolean>;

/** @throws UsageError when both are said */
export const checkKnown = ({ labels, normal }: Known): void => {
  if (labels === undefined || !normal) return;
  throw new UsageError("--labels and --normal exclude each other: --normal says that every session is normal.");
};

/** @throws AppError VALIDATION when no session of the log that is learnt from has a label */
export const checkLabels = (labels: Labels, sessions: readonly Session[], log: string, pattern: string): void => {
  if (sessions.some(({ key }) => labels.has(key))) return;
  const [labelled, known] = [labels.keys().next().value, sessions[0]?.key];
  const examples = [labelled, known].every((key) => key !== undefined) ? ` ("${labelled}" unlike "${known}")` : "";
  throw new AppError(
    "VALIDATION",
    `Of ${counted(labels.size, "labelled key")}, none is a session of ${log}${examples}: see that --session ${pattern} makes the same keys.`,
  );
};

/**
 * Learns from the sessions of a log file: from the normal ones of those that have labels, and a forest if both labels are
 * there; else from all.
 */
export const learn = async (
  { store, levels }: SessionReader,
  sessions: readonly Session[],
  labels: Labels | undefined,
  isNormal: boolean,
): Promise<FittedLogs> => {
  const fitted = await fitLogs({
    store,
    sessions: labels ? sessions.filter(({ key }) => labels.has(key)) : sessions,
    labelOf: ({ key }) => (labels ? (labels.get(key) ? 1 : 0) : null),
    severe: severeTemplates(store, levels),
    training: isNormal || labels ? "normal" : "unlabelled",
    seed: SEED,
    leastLabelled: 1,
  });
  if (fitted.learnt.sessions.signatures.sessions > 0) return fitted;
  throw new AppError("VALIDATION", "There is no normal session to learn from.");
};

/** What was learnt, as a model that judges. */
export const modelFrom = ({ learnt }: FittedLogs): LogModel => ({
  ...learnt,
  version: 1,
  trainedAtMs: 0,
  trainingSessions: learnt.sessions.signatures.sessions,
  currentId: currentIds(learnt.templates),
});
