import type { Detector } from "../detector.ts";
import type { OpenDrift } from "../drift/checks.ts";
import { DAY_MS, dayOf, type Report } from "./report.ts";

/** A report that should be there. */
export type Wanted = Pick<Report, "id" | "kind" | "atMs" | "fromMs" | "toMs">;

const WEEK_MS = 7 * DAY_MS;
/** The epoch began on a Thursday: the first Monday came four days later. */
const FIRST_MONDAY_MS = 4 * DAY_MS;
/** Of events that come late, the day before is not over at midnight. */
const SETTLED_MS = 3_600_000;

/** The last day or week (UTC, from Monday) that is over. */
export const periodReport = ({ id, reports }: Detector, nowMs: number): Wanted | undefined => {
  const { every } = reports;
  if (!every) return undefined;
  const settledMs = nowMs - SETTLED_MS;
  const [lengthMs, startMs] = every === "day" ? [DAY_MS, 0] : [WEEK_MS, FIRST_MONDAY_MS];
  const toMs = startMs + Math.floor((settledMs - startMs) / lengthMs) * lengthMs;
  const fromMs = toMs - lengthMs;
  return { id: `${id}-${every}-${dayOf(fromMs)}`, kind: every, atMs: toMs, fromMs, toMs };
};

/** Of the week up to now, once for each run of drift. */
export const driftReport = ({ id, reports }: Detector, drift: OpenDrift, nowMs: number): Wanted | undefined =>
  reports.onDrift
    ? { id: `${id}-drift-${drift.sinceMs}`, kind: "drift", atMs: drift.sinceMs, fromMs: nowMs - WEEK_MS, toMs: nowMs }
    : undefined;

/** Of the week up to now, because somebody asks. */
export const askedReport = ({ id }: Detector, nowMs: number): Wanted => ({
  ...{ id: `${id}-asked-${nowMs}`, kind: "asked", atMs: nowMs, fromMs: nowMs - WEEK_MS, toMs: nowMs },
});
