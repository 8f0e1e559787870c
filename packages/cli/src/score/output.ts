/** Result of one input row. `expected` is NaN where nothing is known yet; `attribution` is there for anomalies only. */
export type ScoredRow = {
  timestampText: string;
  score: number;
  isAnomaly: boolean;
  grade: number;
  expected: Float64Array | undefined;
  attribution: Float64Array | undefined;
};

/** Scores carry what a float32 model resolves; more digits would be noise, and differ between machines. */
const SCORE_DIGITS = 6;
const VALUE_DIGITS = 9;
const SHARE_DIGITS = 3;
/** Metrics with a smaller share of an anomaly are left out of its attribution. */
const LEAST_SHARE = 0.0005;

export const outputHeader = (metrics: readonly string[]): string =>
  `${["timestamp", "anomaly_score", "is_anomaly", "grade", ...metrics.map((metric) => `expected_${metric}`), "attribution"].map(csvCell).join(",")}\n`;

export const outputLine = (row: ScoredRow, metrics: readonly string[]): string => {
  const expected = metrics.map((_, at) => numberText(row.expected?.[at] ?? Number.NaN, VALUE_DIGITS)).join(",");
  const attribution = row.attribution ? csvCell(attributionText(row.attribution, metrics)) : "";
  const score = numberText(row.score, SCORE_DIGITS);
  const grade = numberText(row.grade, SCORE_DIGITS);
  return `${csvCell(row.timestampText)},${score},${row.isAnomaly ? 1 : 0},${grade},${expected},${attribution}\n`;
};

/** `cpu:0.7;memory:0.3`, the largest share first. */
const attributionText = (shares: Float64Array, metrics: readonly string[]): string =>
  metrics
    .map((metric, at) => ({ metric, share: shares[at]! }))
    .filter(({ share }) => share >= LEAST_SHARE)
    .sort((a, b) => b.share - a.share)
    .map(({ metric, share }) => `${metric}:${numberText(share, SHARE_DIGITS)}`)
    .join(";");

/** Shortest text of the value rounded to so many significant digits; empty for NaN. */
const numberText = (value: number, digits: number): string =>
  Number.isNaN(value) ? "" : String(Number(value.toPrecision(digits)));

const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
