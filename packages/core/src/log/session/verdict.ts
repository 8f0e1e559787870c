import { type LinePointer, type Session, templateCounts } from "./session.ts";
import { isDecided, type SessionModel, scoreSession } from "./session-model.ts";
import type { Difference } from "./signature.ts";

/** What a verdict needs to know of the templates: the id that one has by now, and how it reads. */
export type TemplateNames = { currentId: (id: string) => string; textOf: (id: string) => string };

/** Lines of a template that a session lacks, or has too many of; `first` is the first of those it has. */
export type VerdictItem = { templateId: string; template: string; count: number; first?: LinePointer };

/**
 * The verdict about a session, with what it takes to see for oneself. `score` is a number from 0 to 1, anomalous from
 * .5 on: the probability by a model that learnt from labels, else 1 / (1 + 10^−s) of the session model's score s.
 * `isFinal` says that no later line can repair it, or that the session has ended.
 */
export type SessionVerdict = {
  key: string;
  startMs: number;
  endMs: number;
  lines: number;
  score: number;
  isAnomalous: boolean;
  isFinal: boolean;
  nearest?: { sessions: number; share: number; distance: number };
  missing: VerdictItem[];
  extra: VerdictItem[];
  firstOffending?: LinePointer;
};

/** Templates that a verdict names of those that are missing, or too many: it is kept in one item. */
const MAX_ITEMS = 50;
/** Characters of a template that a verdict repeats. */
const MAX_TEXT_CHARS = 400;

/** Those that differ by most lines, in their order. */
const most = (items: readonly Difference[]): readonly Difference[] => {
  if (items.length <= MAX_ITEMS) return items;
  const named = new Set(items.toSorted((a, b) => b.count - a.count).slice(0, MAX_ITEMS));
  return items.filter((item) => named.has(item));
};

/**
 * Judges a session as it is now. `probability` is what a model that learnt from labels says of it, and then decides;
 * the session model explains in either case.
 */
export const verdictOf = (
  session: Session,
  model: SessionModel,
  { currentId, textOf }: TemplateNames,
  { hasEnded, probability }: { hasEnded: boolean; probability?: number },
): SessionVerdict => {
  const counts = templateCounts(session, currentId);
  const own = scoreSession(model, counts);
  const score = probability ?? 1 / (1 + 10 ** -own.score);
  const firstOf = new Map<string, LinePointer>();
  for (const { templateId, first } of session.entries) {
    const id = currentId(templateId);
    if (!firstOf.has(id)) firstOf.set(id, first);
  }
  const item = ({ templateId, count }: { templateId: string; count: number }): VerdictItem => {
    const first = firstOf.get(templateId);
    return {
      templateId,
      template: textOf(templateId).slice(0, MAX_TEXT_CHARS).toWellFormed(),
      count,
      ...(first && { first }),
    };
  };
  const { nearest, distance } = own;
  const tooMany = new Set(own.extra.map(({ templateId }) => templateId));
  const offending = session.entries.find(({ templateId }) => tooMany.has(currentId(templateId)))?.first;
  return {
    ...{ key: session.key, startMs: session.firstMs, endMs: session.lastMs, lines: session.lines },
    ...{ score, isAnomalous: score >= 0.5 },
    isFinal: hasEnded || (probability === undefined && isDecided(model, counts)),
    ...(nearest && {
      nearest: { sessions: nearest.sessions, share: nearest.sessions / model.signatures.sessions, distance },
    }),
    missing: most(own.missing).map(item),
    extra: most(own.extra).map(item),
    ...(offending && { firstOffending: offending }),
  };
};
