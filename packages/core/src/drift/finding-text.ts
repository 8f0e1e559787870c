import type { DriftFinding } from "./check.ts";

/** What a finding says in numbers: `effect` is meant in `unit`. */
export type Figures = Pick<DriftFinding, "statistic" | "feature" | "effect"> & {
  from?: number | undefined;
  to?: number | undefined;
};

/** One sentence for people. */
export const findingText = ({ statistic, feature, effect, from = 0, to = 0 }: Figures): string => {
  const what = feature ?? "";
  switch (statistic) {
    case "level":
      return `${what} is ${figure(Math.abs(effect))} standard deviations ${effect < 0 ? "lower" : "higher"} than usual.`;
    case "noise":
      return `${what} moves ${times(effect)} from row to row as usual.`;
    case "volume":
      if (figure(100 * (effect - 1)) === "0") return "As many rows come as usual.";
      return `${percent(Math.abs(effect - 1))} ${effect < 1 ? "fewer" : "more"} rows come than usual.`;
    case "missing":
      return `${percent(to)} of the values of ${what} are missing, ${percent(from)} is usual.`;
    case "score":
      return `Scores are ${figure(Math.abs(effect))} standard deviations ${effect < 0 ? "lower" : "higher"} than usual.`;
    case "entities":
      return `${figure(effect)} entities are new, beside ${figure(from)} that are known.`;
    case "schema":
      return `${what} ${SCHEMA_TEXT[to] ?? "has changed"}.`;
  }
};

/** What has become of a feature, by the number that stands for it. */
export const SCHEMA = { added: 1, removed: 2, came: 3 } as const;
const SCHEMA_TEXT: Record<number, string> = {
  [SCHEMA.added]: "is a new feature, which the model has not learnt",
  [SCHEMA.removed]: "is no feature any more, and the model has learnt it",
  [SCHEMA.came]: "has values now, and had none when the model learnt",
};

const times = (ratio: number) => (ratio >= 1 ? `${figure(ratio)} times as much` : `${percent(ratio)} as much`);
const percent = (share: number) => `${figure(100 * share)} %`;
const figure = (value: number) => String(Number(value.toPrecision(2)));

type Verdict = {
  findings: readonly DriftFinding[];
  isProvisional: boolean;
  referenceDays: number;
  openSinceMs: number | null;
  clearChecks: number;
  atMs: number;
};

/** One paragraph for people: what changed, since when, how sure. */
export const verdictText = ({
  findings,
  isProvisional,
  referenceDays,
  openSinceMs,
  clearChecks,
  atMs,
}: Verdict): string => {
  const drifted = findings.filter((finding) => finding.drifted);
  const parts: string[] = [];
  if (drifted.length > 0) {
    const since = drifted.reduce((first, { sinceMs }) => Math.min(first, sinceMs ?? atMs), atMs);
    parts.push(`What comes in is not what the model learnt, since ${timeText(since)}.`);
    parts.push(...drifted.slice(0, MOST_SENTENCES).map(({ text }) => text));
    if (drifted.length > MOST_SENTENCES) parts.push(`And ${drifted.length - MOST_SENTENCES} more.`);
  } else if (openSinceMs !== null) {
    parts.push(
      `The drift since ${timeText(openSinceMs)} is over for ${clearChecks} of the 24 checks after which it is closed.`,
    );
  } else {
    parts.push(`Nothing has drifted: ${watched(findings)}`);
  }
  const days = `${figure(referenceDays)} ${referenceDays === 1 ? "day" : "days"}`;
  if (isProvisional) parts.push(`Provisional: the reference is ${days} long, too short to act on.`);
  else if (drifted.length > 0) parts.push(`It is held against ${days} of reference.`);
  return parts.join(" ");
};

/** Sentences of a verdict; the findings have them all. */
const MOST_SENTENCES = 4;

/** Of the findings that hours were judged for. */
const watched = (findings: readonly DriftFinding[]): string => {
  const judged = findings.filter(({ pValue }) => pValue !== undefined).length;
  if (judged === 0) return "no full hour has come since the reference.";
  return `${judged} ${judged === 1 ? "statistic is" : "statistics are"} within what the reference's own days do.`;
};

const timeText = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace("T", " ")} UTC`;
