import { fitLabelledSessions } from "../../log/session/labelled.ts";
import { type Session, templateCounts } from "../../log/session/session.ts";
import { fitSessions } from "../../log/session/session-model.ts";
import { SIGNATURE_PARAMS, type SignatureParams } from "../../log/session/signature.ts";
import { currentIds, type TemplateStore } from "../../log/template/store.ts";
import type { Threads } from "../../model/family.ts";
import type { LearntLogs } from "../../register/log-files.ts";

/** Labelled sessions of each kind from which on labels decide: with fewer, what the forest learns is these very sessions. */
const LEAST_LABELLED = 10;

export type LogTraining = {
  store: TemplateStore;
  sessions: readonly Session[];
  /** 1 anomalous, 0 normal, `null` unknown. */
  labelOf: (session: Session) => 0 | 1 | null;
  /** Templates that tell of trouble. */
  severe: ReadonlySet<string>;
  /** What the sessions without a label are. */
  training: SignatureParams["training"];
  seed: number;
  threads?: Threads | undefined;
  /** Labelled sessions of each kind that a forest takes. */
  leastLabelled?: number;
};
export type FittedLogs = { learnt: LearntLogs; anomalous: number; normal: number; fromMs: number; toMs: number };

/**
 * Learns what the sessions look like, and a forest where labels of both kinds are enough. Sessions that are labelled as
 * anomalous teach the forest alone. The same sessions, in any order, give the same bytes.
 */
export const fitLogs = async (training: LogTraining): Promise<FittedLogs> => {
  const { store, labelOf, severe, seed, threads, leastLabelled = LEAST_LABELLED } = training;
  const sessions = training.sessions.toSorted(byStart);
  const currentId = currentIds(store);
  const rows = sessions.map((session) => ({ counts: templateCounts(session, currentId), label: labelOf(session) }));
  const usual = rows.filter(({ label }) => label !== 1).map(({ counts }) => counts);
  const known = rows.filter(({ label }) => label !== null);
  const labels = Uint8Array.from(known, ({ label }) => label ?? 0);
  const anomalous = labels.reduce((sum, label) => sum + label, 0);
  const normal = labels.length - anomalous;
  const isTaught = Math.min(anomalous, normal) >= leastLabelled;
  const counts = known.map((one) => one.counts);
  const labelled = isTaught ? await fitLabelledSessions(counts, labels, seed, threads?.growTrees) : undefined;
  const model = fitSessions(usual, severe, { ...SIGNATURE_PARAMS, training: training.training });
  return {
    learnt: { templates: store, sessions: model, labelled },
    ...{ anomalous, normal },
    fromMs: sessions.reduce((least, { firstMs }) => Math.min(least, firstMs), Number.POSITIVE_INFINITY),
    toMs: sessions.reduce((most, { lastMs }) => Math.max(most, lastMs), Number.NEGATIVE_INFINITY),
  };
};

/** By their first line; those that began at once by their keys. */
const byStart = (a: Session, b: Session): number => a.firstMs - b.firstMs || (a.key < b.key ? -1 : 1);
