import { expect, test } from "vitest";
import { takeEvent } from "../feature/extract.ts";
import { planOf } from "../feature/plan.ts";
import { emptyRows } from "../feature/rows.ts";
import { freshState } from "../feature/state.ts";
import { LogDetector } from "./detector.ts";
import { LINES_METRIC, rateDetectorOf, ratesOwnerId } from "./rates.ts";

const logs = (parts: object = {}) => LogDetector.parse({ id: "hdfs", match: { type: "log" }, rates: {}, ...parts });

test("template rates are a metric detector with what the log detector says of them", () => {
  const rates = rateDetectorOf(logs({ rates: { intervalSeconds: 60, sensitivity: 7 } }));
  expect(rates).toMatchObject({
    ...{ id: "hdfs.rates", enabled: true, intervalSeconds: 60, sensitivity: 7, missing: "zero", shingleSize: 1 },
    match: { type: "metric", entity: "*", tags: {} },
    features: [{ name: "lines", metric: "lines", aggregate: "count" }],
    model: { family: "stream" },
  });
  expect(rateDetectorOf(logs({ enabled: false })).enabled).toBe(false);
  expect([rates.id, "hdfs", ".rates"].map(ratesOwnerId)).toEqual(["hdfs", undefined, ""]);
});

test("lines become counts per interval, and an interval without any is zero", () => {
  const log = logs({ rates: { intervalSeconds: 10 } });
  const plan = planOf(rateDetectorOf(log));
  expect(planOf(rateDetectorOf(log))).toBe(plan);
  const to = { plan, scaling: undefined, rows: emptyRows(1, 1) };
  const state = freshState(plan);
  const counts = { scored: 0, warmingUp: 0, skipped: 0, imputed: 0 };
  const startMs = Date.UTC(2026, 10, 21);
  for (const [cause, seconds] of [0, 1, 2, 11, 30, 120].entries()) {
    const timestamp = startMs + seconds * 1000;
    const event = { type: "metric" as const, entity: "t", timestamp, values: { [LINES_METRIC]: 1 } };
    expect(plan.matches(event)).toBe(true);
    takeEvent(to, state, counts, event, timestamp, cause);
  }
  const rows = Array.from({ length: to.rows.count }, (_, row) => [
    (to.rows.timestamps[row]! - startMs) / 1000,
    to.rows.values[row],
  ]);
  expect(rows).toEqual([
    [0, 3],
    [10, 1],
    [20, 0],
    [30, 1],
  ]);
});
