import { describe, expect, it } from "vitest";
import { reportText } from "./report.ts";
import { type ContenderResult, type Evaluation, meanOf, type SeriesResult } from "./results.ts";

const judged = (series: string, share: number, unscoredRows = 0): SeriesResult => ({
  series,
  rows: 100,
  unscoredRows,
  events: 2,
  falseAlarmsPerDay: share * 2,
  ofEvents: {
    precision: share,
    recall: share,
    f1: share,
    eventRecall: share,
    bestF1: share,
    averagePrecision: share,
    compositeF1: share,
    eventRecallAtOneADay: share,
  },
  fitSeconds: share,
  scoreMicrosPerRow: 10 * share,
  bytes: 2048,
});
const contender = (name: string, rest: Partial<ContenderResult>): ContenderResult => ({
  name,
  kind: "family",
  mean: rest.series && meanOf(rest.series),
  series: [],
  skipped: [],
  ...rest,
});
const NAMES = ["a", "b", "c", "d", "e"];
const evaluation = (contenders: ContenderResult[]): Evaluation => ({
  folder: "incidents",
  sensitivity: 5,
  threshold: 3.5,
  alarmsPerDay: 2,
  trainShare: 0.3,
  series: NAMES.map((series, at) => ({
    series,
    trainRows: 50,
    trainAnomalies: at < 2 ? 3 * at + 1 : 0,
    rows: 1000,
    events: at,
    metrics: 1,
  })),
  unlabelled: ["notes"],
  contenders,
});

describe("the table", () => {
  it("shows means of the series, flush right, with dashes for who was skipped everywhere", () => {
    const skipped = NAMES.map((series) => ({ series, reason: "no labels" }));
    const text = reportText(
      evaluation([contender("one", { series: [judged("a", 0.2), judged("b", 0.4)] }), contender("two", { skipped })]),
    );
    const [head, one, two] = text.split("\n").slice(4);
    expect(head).toMatch(/^ {14}precision {2}recall {5}F1 {2}events {2}false\/day .* KB$/);
    expect(one).toMatch(/^one \(2 of 5\) {6}0\.300 {3}0\.300 {2}0\.300 {3}0\.300 {7}0\.60 .* 0\.30 {5}3\.0 {2}2\.0$/);
    expect(two).toMatch(/^two {19}–( +–){11}$/);
    expect(text).toContain("two: skipped on all series: no labels");
  });

  it("says what was judged, by what limit, and what was left out", () => {
    const skipped = [
      ...["b", "c", "d", "e"].map((series, at) => ({ series, reason: `${at} rows are too few` })),
      { series: "e", reason: "failed: it broke" },
    ];
    const text = reportText(
      evaluation([contender("one", { series: [judged("a", 1, 12), judged("b", 1, 8)], skipped })]),
    );
    expect(text).toContain(
      "incidents: 5 series, 5,000 rows judged, labelled events in them: 10; sensitivity 5, threshold 3.5;",
    );
    expect(text).toContain("families keep to 2 alarms a day.");
    expect(text).toContain("the first 30 % of a series");
    expect(text).toContain("Without an event in the judged rows: 1 series");
    expect(text).toContain(
      "one: skipped on 4 of 5 series, for instance: 0 rows are too few\none: skipped on e: failed: it broke",
    );
    expect(text).toContain("one: 20 rows were too early or lack values; they count as normal");
    expect(text).toContain("Without labels, not judged: notes");
    expect(text).toContain(
      "The training part of 2 series holds 5 rows labelled as anomalous; families that learn without",
    );
  });

  it("says nothing of training parts without anomalies", () => {
    const { series, ...rest } = evaluation([contender("one", { series: [judged("a", 1)] })]);
    const clean = { ...rest, series: series.map((one) => ({ ...one, trainAnomalies: 0 })) };
    expect(reportText(clean)).not.toContain("labelled as anomalous");
  });
});
