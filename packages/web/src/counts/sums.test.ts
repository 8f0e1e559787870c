import { expect, test } from "vitest";
import type { DetectorStatus, Status } from "../api/shapes.ts";
import { backlogs, sums } from "./sums.ts";

const detector = (id: string, events: number): DetectorStatus => ({
  id,
  description: "",
  enabled: true,
  series: 1,
  events,
  late: 0,
  rows: { scored: 70, warmingUp: 20, skipped: 6, imputed: 4 },
  anomalies: 3,
  suppressed: 1,
  family: "stream",
  learns: "row by row",
  model: null,
  warmUp: null,
});

const status: Status = {
  version: "0.1.0",
  scopes: [],
  nowMs: 0,
  archive: { received: 110, archived: 100, quarantined: 10 },
  score: { received: 105, invalid: 5, unmatched: 20, deliveries: 140, failed: 0 },
  log: { received: 0, invalid: 0, lines: 0, unmatched: 0, deliveries: 0, failed: 0 },
  detectors: [detector("host", 80), detector("disk", 60)],
  logDetectors: [],
  unreadableDetectors: [],
  consumers: [],
};

test("totals equal their parts when nothing is lost", () => {
  expect(sums(status).map(({ missing }) => missing)).toEqual([0, 0, 0, 0]);
  expect(sums(status)[1]?.parts[0]).toEqual({ label: "matched by a detector", value: 80 });
  expect(sums(status)[3]?.total.value).toBe(200);
});

test("a lost record shows as missing", () => {
  const lossy = { ...status, archive: { received: 110, archived: 99, quarantined: 10 } };
  expect(sums(lossy)[0]?.missing).toBe(1);
});

test("deliveries that failed are told apart, once there are any", () => {
  const failing = { ...status, score: { ...status.score, deliveries: 143, failed: 3 } };
  expect(sums(failing)[2]?.parts.at(-1)).toEqual({ label: "failed and kept", value: 3 });
  expect(sums(failing)[2]?.missing).toBe(0);
  expect(sums(status)[2]?.parts).toHaveLength(2);
});

test("what waits is told per consumer, over its shards", () => {
  const consumers = [
    { name: "archive", shardId: "0", lag: 5 },
    { name: "archive", shardId: "1", lag: 6 },
    { name: "score", shardId: "0", lag: 0 },
  ];
  expect(backlogs({ ...status, consumers })).toEqual([
    { label: "archive", value: 11 },
    { label: "score", value: 0 },
  ]);
});

test("where the platform knows the backlog better, none is claimed", () => {
  expect(backlogs(status)).toEqual([]);
});
