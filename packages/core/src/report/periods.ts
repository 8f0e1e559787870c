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

/** Once for each run of drift: of the week up to now, or, of events that are replayed, up to where the checks have come. */
export const driftReport = (
  { id, reports }: Detector,
  { sinceMs, untilMs }: OpenDrift,
  nowMs: number,
): Wanted | undefined => {
  if (!reports.onDrift) return undefined;
  const toMs = nowMs - untilMs > DAY_MS ? untilMs : nowMs;
  return { id: `${id}-drift-${sinceMs}`, kind: "drift", atMs: sinceMs, fromMs: toMs - WEEK_MS, toMs };
};

/** Of the week up to now, because somebody asks. */
export const askedReport = ({ id }: Detector, nowMs: number): Wanted => ({
  ...{ id: `${id}-asked-${nowMs}`, kind: "asked", atMs: nowMs, fromMs: nowMs - WEEK_MS, toMs: nowMs },
});
