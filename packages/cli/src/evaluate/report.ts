import type { EventMeasures } from "@tidewatch/core/evaluate/measure";
import { thousands } from "../output/progress.ts";
import { table } from "../output/table.ts";
import type { ContenderResult, Evaluation } from "./results.ts";

type Column = { head: string; cell: (mean: NonNullable<ContenderResult["mean"]>) => string | undefined };

const KB = 1024;
const fixed = (value: number | undefined, digits: number): string | undefined => value?.toFixed(digits);
const ofEvents =
  (key: keyof EventMeasures): Column["cell"] =>
  (mean) =>
    fixed(mean.ofEvents?.[key], 3);

const COLUMNS: readonly Column[] = [
  { head: "precision", cell: ofEvents("precision") },
  { head: "recall", cell: ofEvents("recall") },
  { head: "F1", cell: ofEvents("f1") },
  { head: "events", cell: ofEvents("eventRecall") },
  { head: "false/day", cell: (mean) => fixed(mean.falseAlarmsPerDay, 2) },
  { head: "best F1", cell: ofEvents("bestF1") },
  { head: "AUC-PR", cell: ofEvents("averagePrecision") },
  { head: "fc1", cell: ofEvents("compositeF1") },
  { head: "ev@1/day", cell: ofEvents("eventRecallAtOneADay") },
  { head: "fit s", cell: (mean) => fixed(mean.fitSeconds, 2) },
  { head: "µs/row", cell: (mean) => fixed(mean.scoreMicrosPerRow, 1) },
  { head: "KB", cell: (mean) => fixed(mean.bytes && mean.bytes / KB, 1) },
];

/** The comparison for people: what was judged, one line per family and baseline, then what was left out and why. */
export const reportText = (evaluation: Evaluation): string => {
  const { contenders } = evaluation;
  const columns = COLUMNS.map(({ head, cell }) =>
    flushRight([head, ...contenders.map(({ mean }) => (mean && cell(mean)) ?? "–")]),
  );
  const rows = contenders.map(({ name }, at) => [name, ...columns.map((column) => column[at + 1]!)]);
  const text = table(["", ...columns.map((column) => column[0]!)], rows);
  return [...headLines(evaluation), "", text, "", LEGEND, ...leftOut(evaluation)].join("\n");
};

const LEGEND = `precision to false/day: at the detector's own threshold. best F1 to ev@1/day: the ranking, at the best
threshold. Means over the series; rows are counted one by one, "events" are labelled events of which a row at least was
found. No figure is point-adjusted. fit s and µs/row are CPU time per series and per row.`;

const headLines = (evaluation: Evaluation): string[] => {
  const { folder, series, sensitivity, threshold, alarmsPerDay, trainShare } = evaluation;
  const budget = alarmsPerDay === undefined ? "" : `; families keep to ${alarmsPerDay} alarms a day`;
  const sum = (key: "rows" | "events") => series.reduce((total, one) => total + one[key], 0);
  const percent = Number((trainShare * 100).toFixed(1));
  const silent = series.filter(({ events }) => events === 0).length;
  return [
    [
      `${folder}: ${thousands(series.length)} series, ${thousands(sum("rows"))} rows judged`,
      `labelled events in them: ${thousands(sum("events"))}; sensitivity ${sensitivity}`,
      `threshold ${Number(threshold.toFixed(2))}${budget}.`,
    ].join(", "),
    `Trained on the earlier rows, judged on the later ones: a training file, or the first ${percent} % of a series.`,
    ...(silent > 0 ? [`Without an event in the judged rows: ${silent} series, which count for false/day only.`] : []),
  ];
};

const leftOut = ({ contenders, series, unlabelled }: Evaluation): string[] => [
  ...contenders.flatMap(({ name, skipped }) =>
    reasons(skipped).map(([reason, names]) => `${name}: skipped on ${extent(names, series.length)}: ${reason}`),
  ),
  ...contenders.flatMap(({ name, series: judged }) => {
    const unscored = judged.reduce((sum, { unscoredRows }) => sum + unscoredRows, 0);
    return unscored > 0
      ? [`${name}: ${thousands(unscored)} rows were too early or lack values; they count as normal`]
      : [];
  }),
  ...(unlabelled.length > 0 ? [`Without labels, not judged: ${unlabelled.join(", ")}`] : []),
];

const extent = (names: readonly string[], all: number): string => {
  if (names.length === all) return "all series";
  return names.length > 3 ? `${names.length} of ${all} series` : names.join(", ");
};

const reasons = (skipped: ContenderResult["skipped"]): [string, string[]][] => {
  const byReason = new Map<string, string[]>();
  for (const { series, reason } of skipped) byReason.set(reason, [...(byReason.get(reason) ?? []), series]);
  return [...byReason];
};

const flushRight = (cells: readonly string[]): string[] => {
  const width = Math.max(...cells.map((cell) => cell.length));
  return cells.map((cell) => cell.padStart(width));
};
