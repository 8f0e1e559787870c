import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { GateRule } from "./decision.ts";
import { type ComparedSeries, comparedSeries, type GateEvidence, type LabelledSpan } from "./evidence.ts";
import { decide } from "./gate.ts";
import { poissonUpper } from "./poisson.ts";
import { scoreDistance } from "./score-distance.ts";
import { emptyTally } from "./tally.ts";

const MINUTE_MS = 60_000;
const THRESHOLD = 3;
const CLOSE_AFTER = 3;
/** Scores as a calibrated model gives them to ordinary rows: a share of 10^−s reaches s. None reaches the threshold. */
const calm = (rows: number): number[] =>
  Array.from({ length: rows }, (_, n) => -Math.log10(((n * 0.618) % 1) * 0.998 + 0.002));
/** The same with alerts of this score at these rows. */
const alerting = (rows: number, at: readonly number[], score = 6): number[] =>
  calm(rows).map((value, row) => (at.includes(row) ? score : value));

const rowsOf = (scores: readonly number[]) =>
  scores.map((score, row) => ({
    ...{ row, timestampMs: row * MINUTE_MS, score, threshold: THRESHOLD },
    isAnomaly: score >= THRESHOLD,
  }));
const series = (champion: number[] | undefined, challenger: number[], entity = "a"): ComparedSeries =>
  comparedSeries(entity, champion && rowsOf(champion), rowsOf(challenger), CLOSE_AFTER)!;
const cost = (version: number, parts: object = {}) => ({ version, bytes: 1000, msPerRow: 0.01, ...parts });
const evidence = (
  champion: number[] | undefined,
  challenger: number[],
  parts: Partial<GateEvidence> = {},
): GateEvidence => ({
  source: "shadow",
  series: [series(champion, challenger)],
  champion: champion && cost(3),
  challenger: cost(4),
  labels: [],
  ...parts,
});
const label = (fromRow: number, toRow: number, what: LabelledSpan["label"]): LabelledSpan => ({
  ...{ entity: "a", fromMs: fromRow * MINUTE_MS, toMs: toRow * MINUTE_MS, label: what },
});
const failedOf = (of: GateEvidence) =>
  decide(of)
    .rules.filter(({ passed }) => !passed)
    .map(({ rule }) => rule);
const ruleOf = (of: GateEvidence, name: GateRule["rule"]) => decide(of).rules.find(({ rule }) => rule === name)!;

describe("decide", () => {
  test("a challenger that does as well takes the champion's place, and the sentence says by what", () => {
    const decision = decide(evidence(alerting(1440, [100, 101, 900]), alerting(1440, [101, 102])));
    expect(decision).toMatchObject({ outcome: "promote", rows: 1440, fromMs: 0, toMs: 1439 * MINUTE_MS });
    expect(decision.alerts).toEqual({ added: 0, vanished: 1, common: 1 });
    expect(decision.reason).toBe(
      "version 4 takes the place of version 3: over 1,440 rows in shadow it reports 1 incident where that one reports 2 " +
        "(1 in common, 0 new, 1 gone), and keeps all limits.",
    );
  });

  test("the first model of a detector is judged by its own calibration", () => {
    const decision = decide(evidence(undefined, alerting(500, [40]), { source: "held-out" }));
    expect(decision.outcome).toBe("promote");
    expect(decision.reason).toBe(
      "version 4 is the first one: over 500 held-out rows it reports 1 incident, as its threshold allows.",
    );
    expect(decide(evidence(undefined, Array(500).fill(9))).reason).toMatch(
      /^no model is used: it alerts on 100 % of the rows/,
    );
  });

  test("one that alerts always is rejected, whatever the champion does", () => {
    for (const champion of [calm(500), alerting(500, [50, 90]), Array<number>(500).fill(12)]) {
      const decision = decide(evidence(champion, Array(500).fill(8)));
      expect(decision.outcome).toBe("reject");
      expect(decision.reason).toMatch(
        /^version 3 stays instead of version 4: it alerts on 100 % of the rows, beyond (the limit of 5.0 %|half of the rows)/,
      );
    }
  });

  test("one that never alerts is rejected, whatever the champion does: its scores do not move", () => {
    for (const champion of [calm(500), alerting(500, [50, 90]), Array<number>(500).fill(12)]) {
      const regime = { sinceMs: 0, reason: "a drift" };
      const decision = decide(evidence(champion, Array(500).fill(0), { regime }));
      expect(decision.outcome).toBe("reject");
      expect(decision.reason).toMatch(/none of 500 rows scores 1, which one in ten should: it cannot alert/);
    }
  });

  test("one whose scores end below the threshold misses what the champion is sure of", () => {
    const champion = alerting(1440, [100, 400, 800]);
    expect(failedOf(evidence(champion, calm(1440)))).toEqual(["vanished-incidents"]);
    expect(decide(evidence(champion, calm(1440))).reason).toBe(
      "version 3 stays instead of version 4: it misses 3 of 3 incidents of the champion, of which 3 were far beyond the " +
        "threshold.",
    );
    // By chance a calibrated champion reports as much, just over its threshold.
    expect(failedOf(evidence(alerting(1440, [100, 400, 800], 3.2), calm(1440)))).toEqual([]);
  });

  test("a champion that alerts without end since a drift loses, but without a drift nobody knows that it is wrong", () => {
    const broken = calm(1440).map((score, row) => (row < 240 ? score : 8));
    const better = alerting(1440, [700]);
    expect(failedOf(evidence(broken, better))).toEqual(["vanished-incidents"]);
    expect(decide(evidence(broken, better)).reason).toBe(
      "version 3 stays instead of version 4: the champion alerts on 83 % of the rows, it on 0.1 %, and nothing says whether " +
        "that was a fault.",
    );
    const normal = { labels: [label(240, 1440, "normal")] };
    expect(failedOf(evidence(broken, better, normal))).toEqual([]);
    expect(failedOf(evidence(broken, better, { regime: { sinceMs: 240 * MINUTE_MS, reason: "a drift" } }))).toEqual([]);
    const bursts = Array.from({ length: 190 }, (_, n) => 240 + 6 * n);
    const flapping = alerting(1440, bursts);
    expect(failedOf(evidence(flapping, better))).toEqual(["vanished-incidents"]);
    const regime = { sinceMs: 240 * MINUTE_MS, reason: "the drift of 20 November" };
    const decision = decide(evidence(flapping, better, { regime }));
    expect(decision.outcome).toBe("promote");
    expect(decision.reason).toMatch(
      /190 \(1 in common, 0 new, 189 gone\), after the drift of 20 November, and keeps all/,
    );
    // What it was sure of before the drift still counts.
    const sure = alerting(1440, [20, 60, 100, ...bursts]);
    expect(failedOf(evidence(sure, better, { regime }))).toEqual(["vanished-incidents"]);
  });

  test("rows that are all quiet condemn no challenger that sees what is moved, and one that sees little is turned down", () => {
    const regime = { sinceMs: 0, reason: "a drift" };
    const broken = Array<number>(1440).fill(8);
    const judged = (champion: number | null, challenger: number) =>
      decide(evidence(broken, Array(1440).fill(0.2), { regime, detection: { champion, challenger } }));
    expect(judged(0.8, 0.5)).toMatchObject({ outcome: "promote" });
    expect(judged(null, 0.5)).toMatchObject({ outcome: "promote" });
    expect(judged(0.8, 0.05).reason).toMatch(
      /^version 3 stays instead of version 4: it finds 5.0 % of values moved past their range, where the champion found 80 %/,
    );
    expect(judged(0, 0).reason).toMatch(/it cannot alert/);
    const lively = evidence(calm(1440), calm(1440), { detection: { champion: 0.8, challenger: 0.07 } });
    expect(failedOf(lively)).toEqual(["detection"]);
  });

  test("a challenger of a broken champion may alert more than its calibration allows, if it is half as much", () => {
    const every = (step: number) => Array.from({ length: Math.floor(1440 / step) }, (_, n) => n * step);
    const regime = { sinceMs: 0, reason: "a drift" };
    const broken = Array<number>(1440).fill(8);
    expect(failedOf(evidence(broken, alerting(1440, every(10)), { regime }))).toEqual([]);
    expect(failedOf(evidence(calm(1440), alerting(1440, every(10))))).toEqual(
      expect.arrayContaining(["alert-volume", "false-alarms"]),
    );
  });

  test("labels come first: what people called right must be found, what they called normal must not be reported", () => {
    const at = [100, 300, 500];
    const labels = at.map((row) => label(row - 5, row + 5, "anomalous"));
    const both = alerting(1440, at, 3.1);
    expect(failedOf(evidence(both, alerting(1440, [100, 300], 3.1), { labels }))).toEqual(["recall"]);
    expect(decide(evidence(both, alerting(1440, [100], 3.1), { labels })).reason).toBe(
      "version 3 stays instead of version 4: it finds 1 of 3 labelled anomalies, the champion 3.",
    );
    const normal = [label(700, 720, "normal")];
    expect(failedOf(evidence(both, alerting(1440, [...at, 710], 3.1), { labels: [...labels, ...normal] }))).toEqual([
      "precision",
    ]);
    // Incidents that were called normal are not missed, however strong; those called right are no false alarms.
    const wrong = Array.from({ length: 20 }, (_, n) => 50 + 60 * n);
    const called = wrong.map((row) => label(row, row + 1, "normal"));
    expect(failedOf(evidence(alerting(1440, wrong), calm(1440), { labels: called }))).toEqual([]);
    const right = wrong.map((row) => label(row, row + 1, "anomalous"));
    const found = evidence(calm(1440), alerting(1440, wrong), { labels: right });
    expect(failedOf(found)).toEqual([]);
    expect(ruleOf(found, "recall")).toMatchObject({ champion: 0, challenger: 1 });
    expect(ruleOf(found, "false-alarms")).toMatchObject({ challenger: 0 });
  });

  test("labels of other series, of other times and of both kinds at once", () => {
    const labels = [
      { ...label(0, 2000, "anomalous"), entity: "b" },
      label(5000, 6000, "anomalous"),
      label(90, 110, "normal"),
      label(95, 105, "anomalous"),
    ];
    const rules = evidence(alerting(1440, [100]), alerting(1440, [100]), { labels });
    expect(ruleOf(rules, "recall")).toMatchObject({ champion: 1, challenger: 1, passed: true });
    expect(ruleOf(rules, "precision")).toMatchObject({ champion: 1, challenger: 1, passed: true });
    expect(ruleOf(evidence(undefined, alerting(1440, [100]), { labels }), "recall")).toMatchObject({
      ...{ champion: null, challenger: 1, passed: true },
    });
  });

  test("few rows, slow and large models fail by their own rules", () => {
    expect(failedOf(evidence(calm(99), calm(99)))).toEqual(["rows"]);
    expect(failedOf({ ...evidence(calm(500), calm(500)), series: [] })).toContain("rows");
    expect(decide({ ...evidence(undefined, calm(500)), series: [] })).toMatchObject({ rows: 0, fromMs: 0, toMs: 0 });
    const costly = { challenger: cost(4, { bytes: 26e6, msPerRow: 0.2 }) };
    expect(failedOf(evidence(calm(500), calm(500), costly))).toEqual(["latency", "size"]);
    expect(decide(evidence(calm(500), calm(500), costly)).reason).toBe(
      "version 3 stays instead of version 4: it takes 200 µs per row, and may take 100 µs per row (also failed: size).",
    );
    const asCostly = { champion: cost(3, { bytes: 14e6, msPerRow: 0.11 }), ...costly };
    expect(failedOf(evidence(calm(500), calm(500), asCostly))).toEqual([]);
  });

  test("scores that leave their calibration fail, unless the champion's have left it further", () => {
    const high = calm(1000).map((score) => Math.min(2.9, score + 0.6));
    expect(failedOf(evidence(calm(1000), high))).toEqual(["score-distribution"]);
    expect(
      failedOf(
        evidence(
          calm(1000).map((score) => Math.min(2.9, score + 1)),
          high,
        ),
      ),
    ).toEqual([]);
  });
});

describe("decide, for any scores", () => {
  const scores = fc
    .array(
      fc.record({
        at: fc.nat({ max: 999 }),
        length: fc.integer({ min: 1, max: 60 }),
        score: fc.double({ min: 3, max: 16, noNaN: true }),
      }),
      {
        maxLength: 8,
      },
    )
    .map((bursts) => {
      const values = calm(1000);
      for (const { at, length, score } of bursts) values.fill(score, at, at + length);
      return values;
    });
  const labels = fc.array(
    fc.record({
      from: fc.nat({ max: 999 }),
      length: fc.integer({ min: 1, max: 50 }),
      what: fc.constantFrom("anomalous" as const, "normal" as const),
    }),
    { maxLength: 5 },
  );
  const labelled = (spans: { from: number; length: number; what: LabelledSpan["label"] }[]) =>
    spans.map(({ from, length, what }) => label(from, from + length, what));

  test("a challenger equal to the champion passes, unless most rows alert", () => {
    fc.assert(
      fc.property(scores, labels, (values, spans) => {
        fc.pre(values.filter((score) => score >= THRESHOLD).length < 500);
        const decision = decide(evidence(values, values, { labels: labelled(spans) }));
        expect(decision.rules.filter(({ passed }) => !passed)).toEqual([]);
        expect(decision.alerts).toMatchObject({ added: 0, vanished: 0 });
      }),
    );
  });

  test("what is new for one is gone for the other, and a rule of both can fail for one of them only", () => {
    fc.assert(
      fc.property(scores, scores, labels, (one, other, spans) => {
        const parts = { labels: labelled(spans) };
        const [there, back] = [decide(evidence(one, other, parts)), decide(evidence(other, one, parts))];
        expect(there.alerts.added).toBe(back.alerts.vanished);
        expect(there.alerts.vanished).toBe(back.alerts.added);
        const relative = ["recall", "precision"];
        for (const [at, rule] of there.rules.entries()) {
          if (relative.includes(rule.rule)) expect(rule.passed || back.rules[at]!.passed).toBe(true);
          expect(back.rules[at]!.rule).toBe(rule.rule);
        }
        expect(there.reason.endsWith(".")).toBe(true);
        expect(there.outcome === "promote").toBe(there.rules.every(({ passed }) => passed));
      }),
    );
  });
});

test("comparedSeries: rows that one of both did not score are left out; without a common row there is nothing", () => {
  const rows = rowsOf(calm(5));
  const unscored = (at: readonly number[]) => rows.map((row) => (at.includes(row.row) ? { ...row, score: null } : row));
  const compared = comparedSeries(
    "a",
    unscored([0]),
    [...unscored([4]).slice(0, 5), { ...rows[0]!, row: 9 }],
    CLOSE_AFTER,
  );
  expect(compared).toMatchObject({
    fromMs: MINUTE_MS,
    toMs: 3 * MINUTE_MS,
    champion: { rows: 3 },
    challenger: { rows: 3 },
  });
  expect(comparedSeries("a", [], rows, CLOSE_AFTER)).toBeUndefined();
  expect(comparedSeries("a", undefined, unscored([1]), CLOSE_AFTER)).toMatchObject({ challenger: { rows: 4 } });
});

test("poissonUpper: as R's qpois", () => {
  // R: qpois(c(.999, .999, .999, .99, .5), c(.5, 5, 100, 2, 1000))
  expect([poissonUpper(0.5, 0.001), poissonUpper(5, 0.001), poissonUpper(100, 0.001)]).toEqual([4, 13, 132]);
  expect([poissonUpper(2, 0.01), poissonUpper(1000, 0.5), poissonUpper(0, 0.001)]).toEqual([6, 1000, 0]);
});

test("scoreDistance: zero for a calibrated share in each bin, by hand for a shifted one", () => {
  const tally = { ...emptyTally(), rows: 1000 };
  for (const [bin, rows] of [684, 216, 68, 22, 10].entries()) tally.histogram[bin] = rows;
  expect(scoreDistance(tally)).toBeLessThan(1e-4);
  const shifted = { ...emptyTally(), rows: 1000 };
  for (const [bin, rows] of [342, 316, 68, 22, 252].entries()) shifted.histogram[bin] = rows;
  // (.342 − .684) ln .5 + (.316 − .216) ln 1.463 + (.252 − .01) ln 25.2 = .237 + .038 + .781
  expect(scoreDistance(shifted)).toBeCloseTo(1.056, 2);
});
