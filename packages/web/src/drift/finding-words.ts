import type { DriftFinding, DriftSummary } from "../api/shapes.ts";
import { metricLabel } from "../format/metric.ts";
import { count, percent, short } from "../format/number.ts";

type Statistic = DriftFinding["statistic"];

/** Of a detector as a whole, and of a feature. */
const STATISTICS: Record<Statistic, string> = {
  level: "level",
  noise: "movement from row to row",
  volume: "Rows per hour",
  missing: "missing values",
  schema: "features",
  score: "Scores",
  entities: "Entities",
};

/** What a finding is about. */
export const findingName = ({ feature, statistic }: Pick<DriftFinding, "feature" | "statistic">): string => {
  const name = STATISTICS[statistic];
  if (feature !== undefined) return `${metricLabel(feature).title}: ${name.toLowerCase()}`;
  return name.charAt(0).toUpperCase() + name.slice(1);
};

const signed = (value: number, text: string): string => (value > 0 ? `+${text}` : text);
const twoDigits = (value: number): number => Number(value.toPrecision(2));

const WRITERS: Record<DriftFinding["unit"], (effect: number) => string> = {
  deviations: (effect) => signed(effect, `${short(twoDigits(effect))} SD`),
  ratio: (effect) => `× ${short(twoDigits(effect))}`,
  share: (effect) => signed(effect, `${percent(twoDigits(effect)).replace(" %", "")} points`),
  count,
};

/** How large the change is, in a unit that people know: standard deviations, times as much, percentage points. */
export const effectText = ({ effect, unit }: Pick<DriftFinding, "effect" | "unit">): string => WRITERS[unit](effect);

/** What has drifted first, then what is over its limit; within these by how far. */
export const mostDriftedFirst = (findings: readonly DriftFinding[]): DriftFinding[] => {
  const rank = ({ drifted, isOver }: DriftFinding) => (drifted ? 2 : isOver ? 1 : 0);
  const distance = ({ value, limit }: DriftFinding) => Math.abs(value) / Math.max(limit, Number.MIN_VALUE);
  return [...findings].sort((a, b) => rank(b) - rank(a) || distance(b) - distance(a));
};

/** Detectors that drifted first, the longest first; the others by name. */
export const mostUrgentFirst = <T extends Pick<DriftSummary, "detector" | "drifted" | "sinceMs">>(
  summaries: readonly T[],
): T[] => {
  const since = ({ drifted, sinceMs }: T) => (drifted ? (sinceMs ?? 0) : Number.POSITIVE_INFINITY);
  return [...summaries].sort((a, b) =>
    since(a) === since(b) ? a.detector.localeCompare(b.detector) : since(a) - since(b),
  );
};
