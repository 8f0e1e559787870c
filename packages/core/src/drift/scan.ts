import { AppError } from "../errors.ts";
import { fitScaling } from "../model/scaling.ts";
import { HOUR_MS, HOURS_A_DAY, type HourBlock, hourBlocks } from "./hour.ts";
import { type Judged, judgeTracks, type Track } from "./judge.ts";
import { referenceOf } from "./reference.ts";
import { SHAPE_AFTER, SHAPE_BEFORE, shapeOf } from "./shape.ts";
import { HOURLY, type Hourly, RULES } from "./statistics.ts";

/** Rows of one series in time order: `columns[feature][row]`, NaN = missing. */
export type ScanRows = { timestamps: ArrayLike<number>; features: readonly string[]; columns: readonly Float64Array[] };

/** The start of a run of drift. */
export type ScanAlarm = {
  /** The last row of the hour after which the check says so. */
  row: number;
  timestampMs: number;
  feature: string;
  statistic: Hourly;
  value: number;
  limit: number;
  pValue: number;
  /** Absent when too few hours follow to tell. */
  shape?: "sudden" | "gradual";
};
export type Scan = { referenceDays: number; hours: number; alarms: ScanAlarm[] };

/**
 * Checks a series hour by hour against its own first rows, with the statistics of the pipeline's checks. Hours are counted from
 * the first row on; the reference is cut to whole days, the last hour is judged only if it is full.
 * @throws AppError VALIDATION when the reference is shorter than a day, or has no value of a feature
 */
export const scanRows = (rows: ScanRows, referenceRows: number): Scan => {
  const { timestamps, features, columns } = rows;
  const fromMs = timestamps[0] ?? 0;
  const endMs = timestamps[Math.min(referenceRows, timestamps.length) - 1] ?? fromMs;
  const stepMs = timestamps.length > 1 ? (timestamps[timestamps.length - 1]! - fromMs) / (timestamps.length - 1) : 0;
  const hoursUntil = (ms: number) => Math.floor((ms + stepMs - fromMs) / HOUR_MS + 1e-6);
  const referenceHours = hoursUntil(endMs);
  const hours = hoursUntil(timestamps[timestamps.length - 1] ?? fromMs);
  const days = Math.floor(referenceHours / HOURS_A_DAY);
  if (days < 1) {
    const span = `The first ${referenceRows} rows span ${referenceHours} hours`;
    throw new AppError("VALIDATION", `${span}; a reference needs a day at least, and a week to be relied on.`);
  }
  // Whole days that end where the reference ends, so that the first windows after it may reach back.
  const skipped = referenceHours - days * HOURS_A_DAY;
  const tracks = columns.flatMap((column, feature) => {
    const known = column.slice(0, referenceRows).filter((value) => !Number.isNaN(value));
    if (known.length === 0) {
      throw new AppError("VALIDATION", `${features[feature]} has no value in the first ${referenceRows} rows.`);
    }
    const blocks = hourBlocks(timestamps, (row) => column[row]!, fitScaling(known), { fromMs, hours });
    return HOURLY.map((statistic) => ({
      ...{ feature: features[feature]!, statistic },
      track: trackOf(blocks, statistic, { skipped, referenceHours }),
    }));
  });
  const judged = judgeTracks(tracks.map(({ track }) => track));
  const lastRows = lastRowsOf(timestamps, fromMs, hours);
  const alarms = tracks.flatMap(({ feature, statistic, track }, at) =>
    startsOf(judged[at]!, RULES[statistic].persistence).map((hour): ScanAlarm => {
      const row = lastRows[referenceHours + hour]!;
      const { values, pValues, residual } = judged[at]!;
      const shape =
        hour + SHAPE_AFTER < residual.length
          ? shapeOf(residual.slice(Math.max(0, hour - SHAPE_BEFORE), hour + SHAPE_AFTER + 1))
          : undefined;
      return {
        ...{ row, timestampMs: timestamps[row]!, feature, statistic },
        ...{ value: values[hour]!, limit: track.reference.limit, pValue: pValues[hour]! },
        ...(shape && { shape }),
      };
    }),
  );
  return { referenceDays: days, hours: hours - referenceHours, alarms: alarms.sort((a, b) => a.row - b.row) };
};

const trackOf = (
  blocks: readonly HourBlock[],
  statistic: Hourly,
  { skipped, referenceHours }: { skipped: number; referenceHours: number },
): Track => {
  const rule = RULES[statistic];
  const values = blocks.map((block) => rule.of(block));
  const reference = referenceOf(values.slice(skipped, referenceHours), rule, skipped % HOURS_A_DAY);
  const hours = values.slice(referenceHours);
  return { rule, reference, hours, firstSlot: referenceHours % HOURS_A_DAY, followsReference: true };
};

/** Hours at which a run has just become drift. */
const startsOf = ({ runs }: Judged, persistence: number): number[] =>
  runs.flatMap((run, hour) => (run === persistence ? [hour] : []));

/** Of each hour the last row up to its end. */
const lastRowsOf = (timestamps: ArrayLike<number>, fromMs: number, hours: number): number[] => {
  const last = new Array<number>(hours).fill(0);
  let row = 0;
  for (let hour = 0; hour < hours; hour++) {
    while (row + 1 < timestamps.length && timestamps[row + 1]! < fromMs + (hour + 1) * HOUR_MS) row++;
    last[hour] = row;
  }
  return last;
};
