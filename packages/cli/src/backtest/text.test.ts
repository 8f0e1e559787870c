import { diffIncidents } from "@tidewatch/core/backtest/incidents";
import { addSeries, emptyResult } from "@tidewatch/core/backtest/result";
import { expect, test } from "vitest";
import { backtestText } from "./text.ts";

test("an entity's name cannot command a terminal", () => {
  const of = { detector: "web", model: { name: "web", version: 2 }, fromMs: 0, toMs: 86_400_000 };
  const incident = { fromMs: 5, toMs: 6, firstRow: 1, lastRow: 2, anomalies: 2, score: 4 };
  const result = addSeries(emptyResult(of), "a\u001b[2Jb", diffIncidents([], [incident], 5));
  const text = backtestText({ ...result, series: 1, rows: 3 });
  expect(text).toContain("a\\u{1b}[2Jb");
  expect(text).not.toContain("\u001b");
});
