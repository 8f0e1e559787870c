import { AppError } from "@tidewatch/core/errors";
import { fitLabelledSessions, sessionProbabilities } from "@tidewatch/core/log/session/labelled";
import { type Session, templateCounts } from "@tidewatch/core/log/session/session";
import { fitSessions, type SessionModel } from "@tidewatch/core/log/session/session-model";
import { SIGNATURE_PARAMS, type TemplateCounts } from "@tidewatch/core/log/session/signature";
import { randomOf } from "@tidewatch/core/model/random";
import { counted } from "../output/progress.ts";
import type { LogScoreOptions } from "./score.ts";
import type { namesOf } from "./sessions.ts";

const SEED = 1;
/** Normal sessions to learn from; of more, an even sample is. */
const MAX_LEARNED = 100_000;
/** Counts that are kept once, however many sessions have them. */
const MAX_ALIKE = 10_000;

export type Learned = {
  model: SessionModel;
  sessions: number;
  /** Learnt from labels, if there were both. */
  probabilityOf: ((counts: TemplateCounts) => number) | undefined;
};

/** What the sessions look like: of labelled ones the normal, else all; and a forest where labels tell of both kinds. */
export const learnSessions = async (
  sessions: Iterable<Session>,
  labels: ReadonlyMap<string, boolean> | undefined,
  { severe, currentId }: ReturnType<typeof namesOf>,
  options: LogScoreOptions,
): Promise<Learned> => {
  const normal: TemplateCounts[] = [];
  const labelled: { counts: TemplateCounts; isAnomalous: boolean }[] = [];
  const random = randomOf(SEED);
  const once = sharing();
  let [known, firstKey] = [0, ""];
  for (const session of sessions) {
    firstKey ||= session.key;
    const isAnomalous = labels?.get(session.key);
    if (labels && isAnomalous === undefined) continue;
    const counts = once(templateCounts(session, currentId));
    if (isAnomalous !== undefined) labelled.push({ counts, isAnomalous });
    if (isAnomalous) continue;
    // Vitter's algorithm R.
    const place = normal.length < MAX_LEARNED ? normal.length : random.below(known + 1);
    if (place < MAX_LEARNED) normal[place] = counts;
    known++;
  }
  if (labels && labelled.length === 0) throw noneLabelled(labels, firstKey, options);
  if (known === 0) throw new AppError("VALIDATION", "There is no normal session to learn from.");
  const isNormal = options.normal === true || labels !== undefined;
  const params = { ...SIGNATURE_PARAMS, training: isNormal ? ("normal" as const) : ("unlabelled" as const) };
  return { model: fitSessions(normal, severe, params), sessions: known, probabilityOf: await forestOf(labelled) };
};

const forestOf = async (labelled: readonly { counts: TemplateCounts; isAnomalous: boolean }[]) => {
  const labels = Uint8Array.from(labelled, ({ isAnomalous }) => (isAnomalous ? 1 : 0));
  if (!labels.includes(1) || !labels.includes(0)) return undefined;
  const model = await fitLabelledSessions(
    labelled.map(({ counts }) => counts),
    labels,
    SEED,
  );
  return (counts: TemplateCounts): number => sessionProbabilities(model, [counts])[0]!;
};

/** Gives equal counts as one object; a memory that can be lost. */
const sharing = () => {
  const known = new Map<string, TemplateCounts>();
  return (counts: TemplateCounts): TemplateCounts => {
    const key = [...counts].join();
    const same = known.get(key);
    if (same) return same;
    if (known.size >= MAX_ALIKE) known.clear();
    known.set(key, counts);
    return counts;
  };
};

const noneLabelled = (labels: ReadonlyMap<string, boolean>, known: string, options: LogScoreOptions): AppError => {
  const { train, input, session } = options;
  const labelled = labels.keys().next().value;
  const examples = labelled !== undefined && known !== "" ? ` ("${labelled}" unlike "${known}")` : "";
  return new AppError(
    "VALIDATION",
    `Of ${counted(labels.size, "labelled key")}, none is a session of ${train ?? input}${examples}: see that --session ${session} makes the same keys.`,
  );
};
