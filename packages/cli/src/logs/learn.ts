import { AppError } from "@tidewatch/core/errors";
import type { LogModel } from "@tidewatch/core/log/model";
import type { Session, SessionEntry } from "@tidewatch/core/log/session/session";
import { currentIds } from "@tidewatch/core/log/template/store";
import { randomOf } from "@tidewatch/core/model/random";
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
export const checkLabels = (labels: Labels, sessions: Iterable<Session>, log: string, pattern: string): void => {
  let known: string | undefined;
  for (const { key } of sessions) {
    if (labels.has(key)) return;
    known ??= key;
  }
  const labelled = labels.keys().next().value;
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
  sessions: Iterable<Session>,
  labels: Labels | undefined,
  isNormal: boolean,
): Promise<FittedLogs & { seen: number }> => {
  const { kept, seen } = toLearnFrom(sessions, labels);
  const fitted = await fitLogs({
    store,
    sessions: kept,
    labelOf: ({ key }) => (labels ? (labels.get(key) ? 1 : 0) : null),
    severe: severeTemplates(store, levels),
    training: isNormal || labels ? "normal" : "unlabelled",
    seed: SEED,
    leastLabelled: 1,
  });
  if (fitted.learnt.sessions.signatures.sessions > 0) return { ...fitted, seen };
  throw new AppError("VALIDATION", "There is no normal session to learn from.");
};

/** Sessions without labels that are learnt from; of more, an even sample is. */
const MAX_LEARNED = 100_000;
/** Entries that are kept once, however many sessions have the like. */
const MAX_ALIKE = 10_000;

/** All that have labels, or a sample (Vitter's algorithm R): what learning asks of them, and no more. */
const toLearnFrom = (sessions: Iterable<Session>, labels: Labels | undefined) => {
  const kept: Session[] = [];
  const alike = new Map<string, SessionEntry[]>();
  const random = randomOf(SEED);
  let seen = 0;
  for (const session of sessions) {
    seen++;
    if (labels && !labels.has(session.key)) continue;
    const place = labels || kept.length < MAX_LEARNED ? kept.length : random.below(seen);
    if (!labels && place >= MAX_LEARNED) continue;
    const like = session.entries.map(({ templateId, count }) => `${templateId} ${count}`).join();
    const entries = alike.get(like) ?? session.entries;
    if (alike.size >= MAX_ALIKE) alike.clear();
    alike.set(like, entries);
    kept[place] = { ...session, entries, steps: NO_STEPS };
  }
  return { kept, seen };
};
const NO_STEPS = new Map<number, number>();

/** What was learnt, as a model that judges. */
export const modelFrom = ({ learnt }: FittedLogs): LogModel => ({
  ...learnt,
  version: 1,
  definition: "",
  trainedAtMs: 0,
  trainingSessions: learnt.sessions.signatures.sessions,
  currentId: currentIds(learnt.templates),
});
