import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Estimate, estimate } from "./estimate.ts";
import { measuredOf } from "./measured.ts";
import { FAMILIES_MEASURED } from "./measured-detectors.ts";
import { pricesOf } from "./prices.ts";
import type { Workload } from "./workload.ts";

const PRICES = pricesOf("us-east-1");
const THOUSAND_A_MINUTE: Workload = {
  ...{ eventsPerSecond: 1000 / 60, entities: 1000, detectors: 1, intervalSeconds: 0, windowSeconds: 10 },
  ...{ family: "stream", metrics: 3 },
  ...{ arrivals: "even", eventsPerRequest: 0, pageHours: 22, months: 12 },
};
const costOf = (parts: Partial<Workload> = {}) => estimate({ ...THOUSAND_A_MINUTE, ...parts }, PRICES);
const usdOf = ({ lines }: Estimate, item: string) => lines.find((line) => line.item === item)?.usd;

describe("the estimate for 1,000 entities with an event a minute each", () => {
  // A month is 730 h × 3,600 s = 2,628,000 s; 2,628,000 × 1000 / 60 = 43,800,000 events.
  const found = costOf();

  it("takes 43.8 million events a month", () => expect(found.flow.events).toBeCloseTo(43_800_000, 3));

  it.each([
    // 730 × 0.04
    ["the stream", 29.2],
    // 43.8 M × 1 KB = 41.77 GB; × 0.08
    ["data in", 3.3417],
    // three times that × 0.04
    ["data out", 5.0125],
    // A window of 10 s meets no entity twice: every event is a write, of 1.13 units. 43.8 × 1.13 × 0.625
    ["heads written", 30.93375],
    // 43.8 × 0.125
    ["heads read", 5.475],
    // 60 rows an hour in chunks of 15 are 4: 1,000 × 4 × 730 = 2.92 M; × 0.625 / M
    ["chunks written", 1.825],
    // 2.92 M × 4.95 units × 0.625 / M
    ["learnt written", 9.03375],
    // 43.8 M × 1.95 units × 0.125 / M
    ["learnt read", 10.67625],
    // 35 × 24 / 730 months × 2.92 M × (4,172 + 100) bytes = 13.3684 GB; × 0.25
    ["learnt, kept 35 days", 3.3421],
    // 1,051,200 + 4 × 43,800 batches = 1.2264 M; × 0.625 / M
    ["counters written", 0.7665],
    // 22 h × 1,800 polls × (1,000 + 200) heads = 47.52 M; × 0.125 / M
    ["heads read for the page", 5.94],
    // (3.2 + 25 × 0.041667 + 790 × 0.041667) ms × 2 / 1 CPU + 7 calls × 5 ms = 109.3167 ms; × 1,051,200 × 1,769 / 1,024 MB
    // = 198,518 GB-s; × 0.0000166667
    ["score, time", 3.3086],
    // (2 + 4.4 × 0.25) ms × 2 / (512 / 1,769) CPU + 2 × 5 ms + 50 ms = 81.4218 ms; × 175,200 × 0.5 GB = 7,132.5 GB-s
    ["archive, time", 0.1189],
    // 4 × 43,800 objects = 175,200; × 5 / M
    ["archive objects put", 0.876],
    // 9 + 1 + 4 + 4 + 6, and 3 + 2 + 2 + 1 + 2 of the learning loop: 34 metrics × 0.30
    ["custom metrics", 10.2],
    // 43,800 minutes × 1 unit; × 0.125 / M
    ["looks for silent sessions", 0.0055],
    // 43,800 × 1 / M
    ["runs of the sweep", 0.0438],
    // 3 × 730 + 2 × 8,760 = 19,710; × 1 / M
    ["runs of the learning loop", 0.0197],
    // 730 × 200 series × (3 heads + 8 chunks × 977 bytes / 4,096, rounded up) = 730,000; × 0.125 / M
    ["rows read for drift", 0.0913],
    // 894 ms × 0.2 × 2 + 2 × 200 calls × 5 ms = 2,357.6 ms; × 730 × 1,769 / 1,024 MB = 2,973.2 GB-s; × 0.0000166667
    ["drift, time", 0.0496],
    // 60,000 events, twice: 14 ms × 120 × 2 + 240 objects × 30 ms = 10,560 ms; × 730 × 1,769 / 1,024 = 13,317 GB-s
    ["compact, time", 0.222],
    // 12 × 43.8 M × 21 bytes = 10.28 GB; × 0.023
    ["archive compacted, stored", 0.2364],
    // 175,200 objects × 0.4 / M
    ["archive compacted, read", 0.0701],
  ])("%s cost $%d", (item, usd) => {
    expect(found.flow.measured.rowsPerChunk).toBe(15);
    expect(usdOf(found, item)).toBeCloseTo(usd, 3);
  });

  it("spares four of five head writes with a window of 300 s", () => {
    // 35,040 batches × 250 series = 8.76 M; × 1.13 × 0.625 / M
    expect(usdOf(costOf({ windowSeconds: 300 }), "heads written")).toBeCloseTo(6.18675, 3);
  });

  it("writes one chunk in the place of four with a row per five minutes", () => {
    // 12 rows an hour: 1,000 × 730 = 0.73 M; × 0.625 / M
    expect(usdOf(costOf({ intervalSeconds: 300 }), "chunks written")).toBeCloseTo(0.45625, 3);
  });

  it("adds up, over lines and over services", () => {
    const sum = (all: readonly { usd: number }[]) => all.reduce((total, { usd }) => total + usd, 0);
    expect(sum(found.lines)).toBeCloseTo(found.usd, 9);
    expect(sum(found.services)).toBeCloseTo(found.usd, 9);
    expect(found.services.reduce((total, { share }) => total + share, 0)).toBeCloseTo(1, 9);
    for (const { quantity, price, usd } of found.lines) expect(usd).toBeCloseTo((quantity / price.per) * price.usd, 9);
    expect(found.usdPerMillionEvents).toBeCloseTo(found.usd / 43.8, 9);
  });

  it("names levers that save what they say", () => {
    const lever = found.levers.find(({ change }) => change.includes("300 s"));
    expect(lever?.savesUsd).toBeCloseTo(found.usd - costOf({ windowSeconds: 300 }).usd, 9);
    expect(
      costOf({ family: "isolation-forest", windowSeconds: 300, intervalSeconds: 300, pageHours: 0 }).levers,
    ).toEqual([]);
  });

  it("charges nothing for requests that nobody makes", () => {
    const quiet = costOf({ pageHours: 0 });
    expect(usdOf(quiet, "requests")).toBe(0);
    // 43.8 M requests × $1 / M, and two writes each.
    const each = costOf({ pageHours: 0, eventsPerRequest: 1 });
    expect(usdOf(each, "requests")).toBeCloseTo(43.8, 3);
    expect(usdOf(each, "answers kept for repeats")).toBeCloseTo(54.75, 3);
  });
});

describe("the estimate with a hundred log lines a second", () => {
  const LOGS = {
    ...{ linesPerSecond: 100, lineBytes: 150, linesPerSession: 20, sessionSeconds: 60, templates: 50 },
    hasRates: true,
  };
  const found = costOf({ logs: LOGS });

  it.each([
    // 100 × 2,628,000 s = 262.8 M lines of 76 + 150 bytes, 1 KB each: 250.63 GB; × 0.08
    ["log lines in", 20.05],
    ["log lines out", 30.0751],
    // 262.8 M / 20 = 13.14 M sessions; 60 s meet 7 windows of 10 s, the end is one more: × 8 × 1.03 × 0.625 / M
    ["sessions written", 67.671],
    // 13.14 M × 8 × 0.125 / M
    ["sessions read", 13.14],
    // 13.14 M × 390 / 1,024 + 1,051,200 batches = 6.0557 M; × 0.625 / M
    ["sessions to learn from", 3.7848],
    // 13.14 M × 27 / 1,024 + 4 × 1,051,200 = 4.55126 M; × 0.625 / M
    ["lists of open sessions", 2.8445],
    // 13.14 M × 0.02 × 2.51 × 0.625 / M
    ["anomalous sessions", 0.4123],
    // 1,051,200 batches × 50 templates + 50 × 730 chunks × 3 = 52.6695 M; × 0.625 / M
    ["rates written", 32.9184],
    // 52.56 M × 2 × 0.125 / M
    ["rates read", 13.14],
    // 12 × 262.8 M × 26 × 150 / 134 bytes = 85.479 GB; × 0.023
    ["log lines stored", 1.966],
    // 34 + 9 metrics × 0.30
    ["custom metrics", 12.9],
  ])("%s cost $%d", (item, usd) => expect(usdOf(found, item)).toBeCloseTo(usd, 3));

  it("pays for each million of both, and adds up", () => {
    expect(found.lines.reduce((sum, { usd }) => sum + usd, 0)).toBeCloseTo(found.usd, 9);
    expect(found.usdPerMillionEvents).toBeCloseTo(found.usd / (43.8 + 262.8), 9);
  });

  it("has no rates, and no sessions, where nobody wants them", () => {
    const plain = costOf({ logs: { ...LOGS, hasRates: false, linesPerSession: 0 } });
    expect(plain.lines.some(({ item }) => item.startsWith("rates"))).toBe(false);
    expect(usdOf(plain, "sessions written")).toBe(0);
    const lever = found.levers.find(({ change }) => change === "a log detector without rates");
    expect(lever?.savesUsd).toBeCloseTo(found.usd - costOf({ logs: { ...LOGS, hasRates: false } }).usd, 9);
  });

  it("makes room for events and lines on one stream", () => {
    // 2 × (1,000 / 60 + 2,000) / 1,000 = 4.03
    const { flow } = costOf({ logs: { ...LOGS, linesPerSecond: 2000 } });
    expect([flow.score, flow.archive, flow.logs?.batching].map((one) => one?.shards)).toEqual([5, 5, 5]);
    // 500 lines a second and shard; requests have events and lines.
    expect(flow.logs?.batching.eventsPerBatch).toBe(2500);
    const asked = costOf({ logs: LOGS, eventsPerRequest: 100 }).flow;
    expect(asked.eventRequests).toBeCloseTo((43_800_000 + 262_800_000) / 100, 3);
  });
});

describe("the estimate by family and metrics", () => {
  it("has nothing learnt by series of a family that is trained", () => {
    const forest = costOf({ family: "isolation-forest" });
    expect(forest.lines.some(({ item }) => item.startsWith("learnt"))).toBe(false);
    // One unit each: 43.8 × 0.625. 60 rows in chunks of 13 are 5: 3.65 M × 0.625 / M
    expect(usdOf(forest, "heads written")).toBeCloseTo(27.375, 3);
    expect(usdOf(forest, "chunks written")).toBeCloseTo(2.28125, 3);
    expect(costOf().levers.map(({ change }) => change)).toContain("the family isolation-forest");
    expect(forest.levers.map(({ change }) => change)).not.toContain("the family isolation-forest");
  });

  it("has a retraining a month of a family that is trained, and none of one that learns by itself", () => {
    const forest = costOf({ family: "isolation-forest" });
    // 8 steps of 2 transitions, 1 to the end, 48 h × 12 looks × 4: 2,321; × 25 / M
    expect(usdOf(forest, "transitions")).toBeCloseTo(0.058, 3);
    // 24 h × 12 runs × 1,000 series = 288,000; × 0.625 / M
    expect(usdOf(forest, "challengers' results written")).toBeCloseTo(0.18, 3);
    // the same × 3 units × 0.125 / M
    expect(usdOf(forest, "rows read for challengers")).toBeCloseTo(0.108, 3);
    // 600 s + 584 calls × 200 ms = 716.8 s × 3,008 / 1,024 MB = 2,105.6 GB-s; × 0.0000166667
    expect(usdOf(forest, "retrain, time")).toBeCloseTo(0.0351, 3);
    expect(costOf().services.map(({ service }) => service)).not.toContain("Step Functions");
    expect(usdOf(costOf(), "retrain, time")).toBeUndefined();
  });

  it("takes what was measured, and what lies on the line between", () => {
    const [one, three, ten] = FAMILIES_MEASURED.stream;
    expect([1, 3, 10].map((metrics) => measuredOf("stream", metrics))).toEqual([one, three, ten]);
    // Halfway from 1 to 3.
    const two = measuredOf("stream", 2);
    expect(two).toMatchObject({ metrics: 2, eventBytes: 106, learntBytes: 2825, rowsPerChunk: 20 });
    // 13,637 + 54 × (13,637 − 4,172) / 7
    expect(measuredOf("stream", 64).learntBytes).toBe(86_653);
    expect(measuredOf("isolation-forest", 64).rowsPerChunk).toBe(1);
  });

  it("refuses numbers of metrics that a detector with the family cannot have", () => {
    expect(() => measuredOf("var", 1)).toThrow("A detector with var has 2 to 64 metrics, not 1.");
    expect(() => measuredOf("stream", 65)).toThrow("A detector with stream has 1 to 64 metrics, not 65.");
  });
});

describe("the cluster", () => {
  it("costs 73.00 + 91.10 + 4.80 + 32.85", () => {
    // 730 × 0.10; 3 × 730 × 0.0416; 60 × 0.08; 730 × 0.045
    expect(costOf().cluster.lines.map(({ usd }) => usd.toFixed(2))).toEqual(["73.00", "91.10", "4.80", "32.85"]);
    expect(costOf().cluster.usd).toBeCloseTo(201.754, 3);
  });
});

describe("laws", () => {
  const workload = fc.record({
    // Up to here a stream has four shards. With more, batches get smaller, and a head is then shared by fewer events.
    eventsPerSecond: fc.double({ min: 0.01, max: 1000, noNaN: true }),
    entities: fc.integer({ min: 1, max: 100_000 }),
    detectors: fc.integer({ min: 1, max: 20 }),
    family: fc.constantFrom("stream" as const, "isolation-forest" as const, "var" as const),
    metrics: fc.integer({ min: 2, max: 64 }),
    intervalSeconds: fc.constantFrom(0, 60, 3600),
    windowSeconds: fc.integer({ min: 0, max: 299 }),
    arrivals: fc.constantFrom("even" as const, "random" as const),
    eventsPerRequest: fc.constantFrom(0, 1, 100),
    pageHours: fc.integer({ min: 0, max: 730 }),
    months: fc.integer({ min: 1, max: 36 }),
  });
  const logs = fc.record({
    linesPerSecond: fc.double({ min: 0.01, max: 500, noNaN: true }),
    lineBytes: fc.integer({ min: 1, max: 900 }),
    linesPerSession: fc.integer({ min: 0, max: 1000 }),
    sessionSeconds: fc.integer({ min: 0, max: 100_000 }),
    templates: fc.integer({ min: 1, max: 5000 }),
    hasRates: fc.boolean(),
  });
  const grows = (change: (of: Workload) => Workload) =>
    fc.assert(
      fc.property(workload, (of) => {
        const [less, more] = [estimate(of, PRICES).usd, estimate(change(of), PRICES).usd];
        expect(more).toBeGreaterThanOrEqual(less * (1 - 1e-9));
      }),
    );

  it("cost grows with the events", () => grows((of) => ({ ...of, eventsPerSecond: of.eventsPerSecond * 2 })));
  it("cost grows with the entities", () => grows((of) => ({ ...of, entities: of.entities * 2 })));
  it("cost grows with the detectors", () => grows((of) => ({ ...of, detectors: of.detectors + 1 })));
  it("cost grows with the hours of the page", () => grows((of) => ({ ...of, pageHours: of.pageHours + 1 })));
  it("cost grows with the months kept", () => grows((of) => ({ ...of, months: of.months + 1 })));

  it("log lines never make it cheaper, and a session is written no more often than it has lines, and once at its end", () => {
    fc.assert(
      fc.property(workload, logs, (of, lines) => {
        const calm = { ...of, eventsPerSecond: Math.min(of.eventsPerSecond, 400) };
        const [without, found] = [estimate(calm, PRICES), estimate({ ...calm, logs: lines }, PRICES)];
        expect(found.usd).toBeGreaterThan(without.usd);
        const flow = found.flow.logs!;
        expect(flow.heads).toBeLessThanOrEqual((flow.lines + flow.sessions) * (1 + 1e-9));
      }),
    );
  });

  it("a longer window never writes more to the table", () => {
    fc.assert(
      fc.property(workload, fc.integer({ min: 1, max: 300 }), (of, more) => {
        const unitsOf = (windowSeconds: number) => estimate({ ...of, windowSeconds }, PRICES).flow.heads;
        const longer = Math.min(300, of.windowSeconds + more);
        expect(unitsOf(longer)).toBeLessThanOrEqual(unitsOf(of.windowSeconds) * (1 + 1e-9));
      }),
    );
  });

  it("a head is never written more often than its series has events", () => {
    fc.assert(
      fc.property(workload, (of) => {
        const { heads, events } = estimate(of, PRICES).flow;
        expect(heads).toBeLessThanOrEqual(events * of.detectors * (1 + 1e-9));
      }),
    );
  });
});
