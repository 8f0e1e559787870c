import type { AnomalousSession as FoundSession } from "@tidewatch/core/log/read/anomalous-sessions";
import type { Explained, ExplainedItem } from "@tidewatch/core/log/read/explain";
import type { RawLine } from "@tidewatch/core/log/read/pointers";
import type { TemplateView } from "@tidewatch/core/log/read/templates";
import type { TemplateRate } from "@tidewatch/core/log/read/vanished";
import type { SessionHead } from "@tidewatch/core/log/store/session-head";
import type { AnomalousSession, SessionDocument, TemplateDocument } from "../schemas/logs.ts";

/** UTF-16 units of a raw line that are shown: an answer may hold some hundred lines. */
const MAX_TEXT = 4096;

export const shortText = (text: string): string =>
  text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT).toWellFormed()}…`;

export const rawLine = (line: RawLine) =>
  line.line === null
    ? { object: line.object, line: null, text: null, timestamp: null, reason: line.reason }
    : { object: line.object, line: line.line, text: shortText(line.text), timestamp: line.timestampMs, reason: null };

export const anomalousSession = (detector: string, { verdict, state }: FoundSession): AnomalousSession => {
  const { key, startMs, endMs, lines, score, isAnomalous, isFinal, decidedBy, modelVersion } = verdict;
  const listed = (items: typeof verdict.missing) =>
    items.map(({ templateId, template, count }) => ({ templateId, template, count }));
  return {
    ...{ detector, key, startMs, endMs, lines, state, score, isAnomalous, isFinal, decidedBy, modelVersion },
    ...{ missing: listed(verdict.missing), extra: listed(verdict.extra) },
  };
};

/** @param others sessions of the same key, newest first */
export const sessionDocument = (
  detector: string,
  { session, state }: SessionHead,
  explained: Explained,
  others: readonly SessionHead[],
): SessionDocument => {
  const { label } = explained;
  return {
    ...{ detector, key: session.key, startMs: session.firstMs, endMs: session.lastMs, lines: session.lines, state },
    verdict: verdictDocument(explained),
    longestSilenceSeconds: session.longestGapMs / 1000,
    templates: explained.templates,
    label: label ? { label: label.label, note: label.note ?? null, createdAtMs: label.createdAtMs } : null,
    earlier: others.map((other) => ({
      ...{
        startMs: other.session.firstMs,
        endMs: other.session.lastMs,
        lines: other.session.lines,
        state: other.state,
      },
      ...{ score: other.verdict?.score ?? null, isAnomalous: other.verdict?.isAnomalous ?? null },
    })),
  };
};

const verdictDocument = ({ verdict, missing, extra, firstOffending }: Explained): SessionDocument["verdict"] => {
  if (!verdict) return null;
  const { score, isAnomalous, isFinal, decidedBy, modelVersion, nearest } = verdict;
  const items = (all: readonly ExplainedItem[]) =>
    all.map(({ firstLine, ...item }) => ({ ...item, firstLine: firstLine ? rawLine(firstLine) : null }));
  return {
    ...{ score, isAnomalous, isFinal, decidedBy, modelVersion },
    ...{ probability: decidedBy === "labels" ? score : null, nearest: nearest ?? null },
    ...{ missing: items(missing), extra: items(extra) },
    firstOffending: firstOffending ? rawLine(firstOffending) : null,
  };
};

export const templateDocument = (
  detector: string,
  { id, text, level, firstMs, isNew, earlierIds }: TemplateView,
  rate: TemplateRate | undefined,
): TemplateDocument => ({
  ...{ detector, id, text, level: level ?? null, firstMs, earlierIds },
  status: rate?.hasVanished ? "vanished" : isNew ? "new" : "known",
  rate: rate ? { lines: rate.lines, lastMs: rate.lastMs, linesPerInterval: rate.linesPerInterval } : null,
});
