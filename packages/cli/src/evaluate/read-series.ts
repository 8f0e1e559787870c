import { AppError } from "@tidewatch/core/errors";
import { type EventRows, eventsFrom, eventsOfLabels, mergeEvents } from "@tidewatch/core/evaluate/events";
import { parseTimestamp } from "../input/timestamp.ts";
import { labelColumn } from "../score/label-column.ts";
import { checkOrder } from "../score/row-faults.ts";
import { openSeries, type SeriesRow } from "../score/series-rows.ts";
import type { SeriesFiles } from "./folder.ts";
import type { SeriesLabels } from "./labels.ts";

/** One series, cut in time: what comes first trains, the rest is judged. */
export type LabelledSeries = {
  name: string;
  /** The file that is judged. */
  file: string;
  metrics: string[];
  train: SeriesRow[];
  /** Of the training rows, where they are known. */
  trainLabels: (0 | 1)[] | undefined;
  judged: SeriesRow[];
  /** In rows of `judged`. */
  events: EventRows[];
};

export type ReadOptions = {
  interval?: number | undefined;
  timestampColumn?: string | undefined;
  labelColumn: string;
  trainShare: number;
};

/**
 * Rows count in the order of the file, as they would arrive; what is later than this is no arrival, but a file
 * unsorted.
 */
const MAX_BACK_MS = 86_400_000;

/**
 * Reads a series with its labels: a label column, else what the label file says. `undefined` when it has neither. The
 * training part is always the earlier one: its own file, else the first rows.
 */
export const readSeries = async (
  files: SeriesFiles,
  labels: SeriesLabels | undefined,
  options: ReadOptions,
): Promise<LabelledSeries | undefined> => {
  const interval = options.interval ?? labels?.intervalSeconds;
  const before = files.train ? await readFile(files.train, { ...options, interval }) : undefined;
  const lastMs = before?.rows.at(-1)?.timestampMs;
  const firstMs = lastMs !== undefined && interval !== undefined ? lastMs + interval * 1000 : undefined;
  const whole = await readFile(files.judged, { ...options, interval, firstMs });
  if (!whole.labels && !labels) return undefined;
  if (before) checkPair(before, whole);
  checkRowCount(whole, labels);
  if (before) {
    return {
      ...identity(files, whole),
      train: before.rows,
      trainLabels: before.labels ?? (labels && timeLabels(before.rows, labels)),
      judged: whole.rows,
      events: whole.labels ? eventsOfLabels(whole.labels) : eventsIn(files.judged, before.rows, whole.rows, labels!),
    };
  }
  const events = whole.labels ? eventsOfLabels(whole.labels) : eventsIn(files.judged, [], whole.rows, labels!);
  const count = Math.floor(whole.rows.length * options.trainShare);
  if (count < 1)
    throw new AppError("VALIDATION", `${files.judged} has too few rows to train on: ${whole.rows.length}.`);
  return {
    ...identity(files, whole),
    train: whole.rows.slice(0, count),
    trainLabels: labelsOf(count, events),
    judged: whole.rows.slice(count),
    events: eventsFrom(events, count),
  };
};

const identity = ({ name, judged }: SeriesFiles, { metrics }: SeriesContent) => ({ name, file: judged, metrics });

type SeriesContent = { file: string; metrics: string[]; rows: SeriesRow[]; labels: (0 | 1)[] | undefined };
type FileOptions = ReadOptions & { firstMs?: number | undefined };

const readFile = async (path: string, options: FileOptions): Promise<SeriesContent> => {
  const file = await openSeries(path, { ...options, skipBad: false }, () => undefined);
  const labelAt = file.metrics.indexOf(options.labelColumn);
  const labelOf = labelColumn(file, options.labelColumn, { mayBeEmpty: false });
  const metrics = file.metrics.filter((_, at) => at !== labelAt);
  if (metrics.length === 0) throw new AppError("VALIDATION", `${path} has no metric column besides time and label.`);
  const rows: SeriesRow[] = [];
  const labels: (0 | 1)[] = [];
  let newestMs = Number.NEGATIVE_INFINITY;
  for await (const row of file.rows) {
    if (row.timestampMs < newestMs - MAX_BACK_MS) {
      const what = `${path}, row ${rows.length} (${row.timestampText})`;
      throw new AppError("VALIDATION", `${what}: time goes back by more than a day; sort the file by time.`);
    }
    newestMs = Math.max(newestMs, row.timestampMs);
    if (labelOf) labels.push(labelOf(row) as 0 | 1);
    rows.push({ ...row, values: row.values.filter((_, at) => at !== labelAt) });
  }
  checkOrder(file);
  if (rows.length === 0) throw new AppError("VALIDATION", `${path} has a header and no rows.`);
  return { file: path, metrics, rows, labels: labelOf ? labels : undefined };
};

const checkPair = (train: SeriesContent, judged: SeriesContent): void => {
  if (train.metrics.join() !== judged.metrics.join()) {
    throw new AppError("VALIDATION", `${train.file} and ${judged.file} must have the same columns in the same order.`);
  }
  const [last, first] = [train.rows.at(-1)!, judged.rows[0]!];
  if (first.timestampMs > last.timestampMs) return;
  throw new AppError(
    "VALIDATION",
    [
      `${train.file} ends at ${last.timestampText}`,
      `${judged.file} begins at ${first.timestampText}: the training part must be the earlier one.`,
    ].join(", "),
  );
};

const checkRowCount = ({ file, rows }: SeriesContent, labels: SeriesLabels | undefined): void => {
  if (labels?.rows === undefined || labels.rows === rows.length) return;
  throw new AppError("VALIDATION", `${labels.file} says that ${file} has ${labels.rows} rows; it has ${rows.length}.`);
};

/** Events of a label file in rows of the judged part. Those of times that lie in the training part are left out. */
const eventsIn = (
  path: string,
  before: readonly SeriesRow[],
  rows: readonly SeriesRow[],
  { file, spans }: SeriesLabels,
): EventRows[] => {
  const [firstMs, lastMs] = [(before[0] ?? rows[0]!).timestampMs, rows.at(-1)!.timestampMs];
  const events = spans.flatMap(([from, to]): EventRows[] => {
    const refuse = (reason: string): never => {
      throw new AppError("VALIDATION", `${file}, event ${from} to ${to} of ${path}: ${reason}.`);
    };
    if (typeof from === "number" || typeof to === "number") {
      if (Number(from) > Number(to)) refuse("it ends before it begins");
      if (Number(to) >= rows.length) refuse(`the file has ${rows.length} rows only`);
      return [[Number(from), Number(to)]];
    }
    const [fromMs, toMs] = [from, to].map((text) => parseTimestamp(text) ?? refuse(`"${text}" is no time`));
    if (fromMs! > toMs!) refuse("it ends before it begins");
    if (toMs! < firstMs || fromMs! > lastMs) refuse("the file has no rows of that time");
    return rowsBetween(rows, fromMs!, toMs!);
  });
  return mergeEvents(events);
};

const rowsBetween = (rows: readonly SeriesRow[], fromMs: number, toMs: number): EventRows[] => {
  const first = rows.findIndex(({ timestampMs }) => timestampMs >= fromMs);
  const last = rows.findLastIndex(({ timestampMs }) => timestampMs <= toMs);
  return first >= 0 && last >= first ? [[first, last]] : [];
};

/** Labels by time reach into a training part of its own file; row numbers do not. */
const timeLabels = (rows: readonly SeriesRow[], { spans }: SeriesLabels): (0 | 1)[] | undefined => {
  if (!spans.some(([from]) => typeof from === "string")) return undefined;
  const events = spans.flatMap(([from, to]) =>
    rowsBetween(rows, parseTimestamp(String(from)) ?? Infinity, parseTimestamp(String(to)) ?? -Infinity),
  );
  return labelsOf(rows.length, events);
};

const labelsOf = (count: number, events: readonly EventRows[]): (0 | 1)[] => {
  const labels = new Array<0 | 1>(count).fill(0);
  for (const [first, last] of events) labels.fill(1, first, last + 1);
  return labels;
};
