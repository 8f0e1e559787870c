import { expect, test } from "vitest";
import { isLogDetector, modelFamilyOf, parseAnyDetector } from "./any-detector.ts";

const issuesOf = (document: unknown) =>
  parseAnyDetector(document).error?.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);

test("the kind is what match.type says, metrics where it says nothing", () => {
  const web = parseAnyDetector({ id: "web", features: [{ metric: "cpu" }] }).data!;
  const hdfs = parseAnyDetector({ id: "hdfs", match: { type: "log" } }).data!;
  expect([isLogDetector(web), isLogDetector(hdfs)]).toEqual([false, true]);
  expect([modelFamilyOf(web), modelFamilyOf(hdfs)]).toEqual(["stream", "log-sessions"]);
});

test("mistakes are named by the rules of the kind that is meant", () => {
  const session = { key: { pattern: "(" } };
  expect(issuesOf({ id: "hdfs", match: { type: "log" }, session, features: [] })).toEqual([
    expect.stringMatching(/^session\.key\.pattern: /),
    expect.stringContaining("features"),
  ]);
  expect(issuesOf({ id: "web", features: [], format: "auto" })).toEqual([
    expect.stringMatching(/^features: /),
    expect.stringContaining("format"),
  ]);
  expect(issuesOf({ id: "web", features: [{ metric: "cpu" }], match: { type: "trace" } })).toEqual([
    'match.type: is "metric" or "log"',
  ]);
  for (const nothing of [undefined, null, 1, "log", []]) expect(issuesOf(nothing)).toHaveLength(1);
});
