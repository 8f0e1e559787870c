import { keptDiscoveries } from "./false-discovery.ts";
import { movingWindows, residualsAfter, type StatisticReference } from "./reference.ts";
import type { StatisticRule } from "./statistics.ts";
import { studentTail } from "./student.ts";

/** Share of false discoveries among all that a check keeps. */
const FALSE_DISCOVERY_RATE = 0.05;

/** One statistic of one feature: its reference, and its hours after that. */
export type Track = {
  rule: StatisticRule;
  reference: StatisticReference;
  /** NaN for an hour that says nothing. */
  hours: readonly number[];
  /** Hour of the day of the first. */
  firstSlot: number;
  /** Whether the first hour follows the reference's last one, so that windows may reach back into it. */
  followsReference: boolean;
};

/** What a track says at each of its hours, when the hour has just closed. */
export type Judged = {
  /** What is left of each hour after what is usual at it. */
  residual: number[];
  /** The window that ends with the hour; NaN where too little of it is known. */
  values: number[];
  pValues: number[];
  /** Over the limit, and kept by the false-discovery correction over all tracks. */
  isOver: boolean[];
  /** Checks in a row up to this one; drift when it has reached the rule's persistence. */
  runs: number[];
};

/** Judges all tracks of a model hour by hour; they have the same hours. */
export const judgeTracks = (tracks: readonly Track[]): Judged[] => {
  const judged = tracks.map(windowsOf);
  const hours = tracks[0]?.hours.length ?? 0;
  for (let hour = 0; hour < hours; hour++) {
    const kept = keptDiscoveries(
      judged.map(({ pValues }) => pValues[hour]!),
      FALSE_DISCOVERY_RATE,
    );
    judged.forEach(({ values, isOver, runs }, at) => {
      const over = kept[at]! && Math.abs(values[hour]!) >= tracks[at]!.reference.limit;
      isOver.push(over);
      runs.push(over ? (runs.at(-1) ?? 0) + 1 : 0);
    });
  }
  return judged;
};

const windowsOf = ({ rule, reference, hours, firstSlot, followsReference }: Track): Judged => {
  const tail = followsReference ? reference.tail : reference.tail.map(() => null);
  const all = residualsAfter({ ...reference, tail }, hours, firstSlot);
  const values = movingWindows(all, rule);
  const pValues = values.map((value) =>
    Number.isNaN(value) ? 1 : studentTail(value / reference.rms, reference.freedom),
  );
  return { residual: all.slice(tail.length), values, pValues, isOver: [], runs: [] };
};
