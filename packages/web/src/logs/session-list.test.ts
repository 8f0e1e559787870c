import { expect, test } from "vitest";
import type { AnomalousSession } from "../api/shapes.ts";
import { mainDifference, mergeSessions } from "./session-list.ts";

const session = (key: string, startMs: number, state = "open") =>
  ({ detector: "hdfs", key, startMs, state }) as AnomalousSession;

test("sessions are listed once, newest first, as they were fetched last", () => {
  const merged = mergeSessions([session("a", 2), session("b", 1)], [session("c", 2), session("a", 2, "idle")]);
  expect(merged.map(({ key, state }) => [key, state])).toEqual([
    ["c", "open"],
    ["a", "idle"],
    ["b", "open"],
  ]);
  expect(mergeSessions([session("a", 2)], [session("a", 9)])).toHaveLength(2);
});

test("a line too many is named before one that is missing", () => {
  const [extra, missing] = [
    { templateId: "e", template: "failed", count: 2 },
    { templateId: "m", template: "ended", count: 1 },
  ];
  expect(mainDifference({ extra: [extra], missing: [missing] })).toEqual({ text: "2 too many", template: "failed" });
  expect(mainDifference({ extra: [], missing: [missing] })).toEqual({ text: "1 missing", template: "ended" });
  expect(mainDifference({ extra: [], missing: [] })).toBeUndefined();
});
