import type { EventMeasures } from "@tidewatch/core/evaluate/measure";
import { counted, thousands } from "../output/progress.ts";
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
  const rows = contenders.map((contender, at) => [
    nameOf(contender, evaluation.series.length),
    ...columns.map((column) => column[at + 1]!),
  ]);
  const text = table(["", ...columns.map((column) => column[0]!)], rows);
  return [...headLines(evaluation), "", text, "", LEGEND, ...tainted(evaluation), ...leftOut(evaluation)].join("\n");
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

/** What trains is taken for normal, and here it is known not to be. */
const tainted = ({ series }: Evaluation): string[] => {
  const those = series.filter(({ trainAnomalies }) => trainAnomalies > 0);
  if (those.length === 0) return [];
  const rows = those.reduce((sum, { trainAnomalies }) => sum + trainAnomalies, 0);
  return [
    `The training part of ${thousands(those.length)} series holds ${counted(rows, "row")} labelled as anomalous; families that learn without labels take them for normal.`,
  ];
};

/** A mean over fewer series than the others' says so. */
const nameOf = ({ name, series }: ContenderResult, all: number): string =>
  series.length > 0 && series.length < all ? `${name} (${series.length} of ${all})` : name;

const leftOut = ({ contenders, series, unlabelled }: Evaluation): string[] => [
  ...contenders.flatMap(({ name, skipped }) =>
    byReason(skipped).map((alike) => `${name}: skipped on ${extent(alike, series.length)}: ${alike[0]!.reason}`),
  ),
  ...contenders.flatMap(({ name, series: judged }) => {
    const unscored = judged.reduce((sum, { unscoredRows }) => sum + unscoredRows, 0);
    return unscored > 0
      ? [`${name}: ${thousands(unscored)} rows were too early or lack values; they count as normal`]
      : [];
  }),
  ...(unlabelled.length > 0 ? [`Without labels, not judged: ${unlabelled.join(", ")}`] : []),
];

type Skipped = ContenderResult["skipped"];

/** Reasons that differ in their numbers only are one. */
const byReason = (skipped: Skipped): Skipped[] => {
  const groups = new Map<string, Skipped>();
  for (const one of skipped) {
    const key = one.reason.replaceAll(/\d+/g, "#");
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()];
};

const extent = (alike: Skipped, all: number): string => {
  const differ = alike.some(({ reason }) => reason !== alike[0]!.reason) ? ", for instance" : "";
  if (alike.length === all) return `all series${differ}`;
  const names = alike.map(({ series }) => series).join(", ");
  return (alike.length > MOST_NAMED ? `${alike.length} of ${all} series` : names) + differ;
};
/** More series than this are counted, not named. */
const MOST_NAMED = 3;

const flushRight = (cells: readonly string[]): string[] => {
  const width = Math.max(...cells.map((cell) => cell.length));
  return cells.map((cell) => cell.padStart(width));
};
