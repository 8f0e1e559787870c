import type { DatasetDocument, FullDataset } from "@tidewatch/functions/api/schemas/datasets";
import { thousands } from "../output/progress.ts";
import { table } from "../output/table.ts";

const time = (ms: number): string => new Date(ms).toISOString().replace(/(:00)?\.\d+Z$/, "Z");

/** Digits that tell datasets apart in a list; the whole hash is in `--json`, and in what `freeze` prints. */
const SHOWN_DIGITS = 12;

export const datasetTable = (datasets: readonly DatasetDocument[]): string => {
  const newestFirst = datasets.toSorted((a, b) => b.createdAtMs - a.createdAtMs);
  const rows = newestFirst.map(({ hash, detector, fromMs, toMs, series, rows: count, excluded, createdAtMs }) => {
    const leftOut = Object.values(excluded).reduce((sum, one) => sum + one, 0);
    return [hash.slice(0, SHOWN_DIGITS), detector, time(fromMs), time(toMs), series, count, leftOut, time(createdAtMs)];
  });
  return table(["dataset", "detector", "from", "to", "series", "rows", "left out", "made"], rows);
};

export const datasetText = ({ hash, detector, fromMs, toMs, series, rows, excluded, labels, bytes }: DatasetDocument) =>
  [
    `dataset ${hash}`,
    `  ${thousands(rows)} rows of ${thousands(series)} series of ${detector}, ${time(fromMs)} to ${time(toMs)}`,
    ...Object.entries(excluded).map(([reason, count]) => `  left out: ${thousands(count)} rows (${reason})`),
    ...(labels.anomalous + labels.normal > 0
      ? [`  labels: ${thousands(labels.anomalous)} anomalous, ${thousands(labels.normal)} normal rows`]
      : []),
    `  ${thousands(bytes)} bytes`,
  ].join("\n");

export const fullText = ({ info, query }: FullDataset): string => {
  const spans = query.exclude.map(({ entity, fromMs, toMs, reason }) => [entity, time(fromMs), time(toMs), reason]);
  const left = spans.length === 0 ? [] : ["", table(["left out", "from", "to", "why"], spans)];
  return [
    datasetText(info),
    `  made ${time(info.createdAtMs)}, at most ${thousands(query.maxRows)} rows`,
    ...left,
  ].join("\n");
};
