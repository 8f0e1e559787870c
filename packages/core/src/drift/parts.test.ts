import { expect, test } from "vitest";
import { afterHour, driftWorld, host, type Machine, machine } from "../../../../test/support/drifting.ts";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { T0 } from "../../../../test/support/scoring.ts";
import { AppError } from "../errors.ts";
import { putDetector } from "../store/detectors.ts";
import { driftCheckKey, driftStateKey } from "../store/keys.ts";
import { advance } from "./advance.ts";
import { announceDrifts } from "./announce.ts";
import { buildReference } from "./build-reference.ts";
import { DriftCheck, type DriftFinding } from "./check.ts";
import { checkAt, driftedDetectors } from "./checks.ts";
import { closedUntil } from "./closed-hours.ts";
import { describeCheck } from "./describe.ts";
import { findingText, verdictText } from "./finding-text.ts";
import { HOUR_MS, type HourBlock, NOTHING } from "./hour.ts";
import { referenceOf } from "./reference.ts";
import { keepReference, loadReference, type ReferenceDoc } from "./reference-document.ts";
import { driftCheck } from "./run.ts";
import { runDriftChecks } from "./run-all.ts";
import { drawnSeries, seriesNames } from "./series.ts";
import { referenceSpan } from "./span.ts";
import { type DriftStateDoc, loadState } from "./state.ts";
import { RULES } from "./statistics.ts";

const MINUTE = 60_000;
const waits = { latenessSeconds: 60, intervalSeconds: 300 };

test("only hours are judged that no event can be missing from any more", () => {
  const hours = (newest: number, now: number) => closedUntil(waits, newest * MINUTE, now * MINUTE) / HOUR_MS;
  expect(hours(607, 608)).toBe(10);
  expect(hours(605, 608)).toBe(9);
  expect(hours(607, 607)).toBe(9);
  expect(hours(900, 608)).toBe(10);
});

test("a feed that falls silent is waited for, then its empty hours count; a replay is judged up to where it is", () => {
  const hours = (newest: number, now: number) => closedUntil(waits, newest * MINUTE, now * MINUTE) / HOUR_MS;
  expect(hours(607, 608 + 180)).toBe(10);
  expect(hours(607, 608 + 300)).toBe(12);
  expect(hours(607, 608 + 100_000)).toBe(10);
});

const DAY = 24 * HOUR_MS;
const learnt = (from: number, to: number) => ({ fromMs: from * DAY, toMs: to * DAY });
const days = (span: { fromMs: number; toMs: number } | undefined) => span && [span.fromMs / DAY, span.toMs / DAY];

test("the reference is what a champion learnt, 28 days at most, and no less than is asked for once it is there", () => {
  const all = { oldestMs: 0, notBeforeMs: 0 };
  expect(days(referenceSpan(learnt(10, 20), all, 40 * DAY, 7))).toEqual([10, 20]);
  expect(days(referenceSpan(learnt(10, 60), all, 70 * DAY, 7))).toEqual([32, 60]);
  expect(days(referenceSpan(learnt(10, 11), all, 40 * DAY, 7))).toEqual([4, 11]);
  expect(days(referenceSpan(learnt(10, 20), { ...all, oldestMs: 15 * DAY }, 40 * DAY, 3))).toEqual([15, 20]);
});

test("a short one goes back to the last drift, and then on with the days that come", () => {
  const drift = { oldestMs: 0, notBeforeMs: 9 * DAY };
  expect(days(referenceSpan(learnt(10, 11), drift, 11.5 * DAY, 7))).toEqual([9.5, 11.5]);
  expect(days(referenceSpan(learnt(10, 11), drift, 40 * DAY, 7))).toEqual([9, 16]);
  // Rolled back to a model that learnt before the drift: it is still held against what it learnt.
  expect(days(referenceSpan(learnt(1, 8), drift, 40 * DAY, 7))).toEqual([1, 8]);
});

test("without such rows it is those that are there", () => {
  const own = { fromMs: undefined, toMs: 0 };
  const from3 = { oldestMs: 3 * DAY, notBeforeMs: 0 };
  expect(days(referenceSpan(own, from3, 8 * DAY, 7))).toEqual([3, 8]);
  expect(days(referenceSpan(own, from3, 80 * DAY, 7))).toEqual([52, 80]);
  expect(days(referenceSpan(own, { ...from3, notBeforeMs: 5 * DAY }, 8 * DAY, 7))).toEqual([5, 8]);
  expect(days(referenceSpan(learnt(90, 95), from3, 8 * DAY, 7))).toEqual([3, 8]);
  expect(referenceSpan(own, from3, 3.9 * DAY, 7)).toBeUndefined();
});

test("of many series the same 200 are drawn, whatever their order; names are read page by page", async () => {
  const table = memoryTable();
  const names = Array.from({ length: 1500 }, (_, at) => `machine-${String(at).padStart(4, "0")}`);
  await table.putMany(
    names.map((sk) => ({ item: { pk: "SERIES-OF#host", sk, version: 1 }, condition: { kind: "any" as const } })),
  );
  expect(await seriesNames(table, "host")).toEqual(names);
  const drawn = drawnSeries(names);
  expect(drawn.length).toBe(200);
  expect(drawnSeries(names.toReversed())).toEqual(drawn);
});

test("who comes second keeps the reference of the first; one that is missing or damaged is named", async () => {
  const blobs = memoryBlobs();
  const reference: ReferenceDoc = {
    ...{ format: 1, detector: "host", modelVersion: 0, rowsHash: "", fromMs: 0, toMs: DAY, features: [] },
    ...{ series: [], entities: [], tracks: [] },
  };
  expect(await keepReference(blobs, "a", reference)).toEqual(reference);
  expect(await keepReference(blobs, "a", { ...reference, toMs: 2 * DAY })).toEqual(reference);
  await expect(loadReference(blobs, "b")).rejects.toThrow("the drift reference b is missing");
  await blobs.put("b", new Uint8Array([1]));
  await expect(loadReference(blobs, "b")).rejects.toThrow("the drift reference b cannot be read");
});

test("a state or a check that cannot be read is named, and keeps no other drift from being known", async () => {
  const { table, ports } = driftWorld(host());
  const put = (item: { pk: string; sk: string }) =>
    table.putMany([{ item: { ...item, version: 1, doc: "{" }, condition: { kind: "any" } }]);
  await put(driftStateKey("host"));
  await put(driftCheckKey("host", 1));
  await expect(loadState(table, "host")).rejects.toMatchObject({ code: "CORRUPT" });
  await expect(checkAt(table, "host", 1)).rejects.toMatchObject({ code: "CORRUPT" });
  expect(await driftedDetectors(ports)).toEqual([]);
  expect(await checkAt(table, "other", 1)).toBeUndefined();
});

test("a detector whose entities have no rows is not checked", async () => {
  const { ports, table } = driftWorld(host());
  await table.putMany([{ item: { pk: "SERIES-OF#host", sk: "a", version: 1 }, condition: { kind: "any" } }]);
  expect(await driftCheck(ports, host(), 5 * DAY)).toBeUndefined();
});

test("findings read as sentences", () => {
  const text = (
    statistic: Parameters<typeof findingText>[0]["statistic"],
    effect: number,
    from?: number,
    to?: number,
  ) => findingText({ statistic, effect, from, to, feature: "cpu" });
  expect(text("level", -2.04)).toBe("cpu is 2 standard deviations lower than usual.");
  expect(text("noise", 3)).toBe("cpu moves 3 times as much from row to row as usual.");
  expect(text("noise", 0.4)).toBe("cpu moves 40 % as much from row to row as usual.");
  expect(text("volume", 0.5)).toBe("50 % fewer rows come than usual.");
  expect(text("volume", 1.5)).toBe("50 % more rows come than usual.");
  expect(text("volume", 1)).toBe("As many rows come as usual.");
  expect(text("missing", 0.2, 0, 0.2)).toBe("20 % of the values of cpu are missing, 0 % is usual.");
  expect(text("score", -1)).toBe("Scores are 1 standard deviations lower than usual.");
  expect(text("entities", 3, 10)).toBe("3 entities are new, beside 10 that are known.");
  expect(text("schema", 1, 0, 3)).toContain("has values now");
  expect(text("schema", 1, 0, 0)).toBe("cpu has changed.");
});

test("all detectors are checked that ask for it; neither a broken one nor a bus that is away stops the others", async () => {
  const { ports, feed, table, published } = driftWorld(host());
  const clock = () => afterHour(66);
  for (const document of [
    host(),
    host({ id: "broken" }),
    host({ id: "off", drift: { enabled: false } }),
    host({ id: "quiet" }),
  ])
    await putDetector(table, document, undefined);
  await feed([machine("a", 1, 60, 40)], 0, 66);
  await driftCheck(ports, host(), afterHour(49));
  await table.putMany([{ item: { ...driftStateKey("broken"), version: 1, doc: "{" }, condition: { kind: "any" } }]);
  const away = { publish: () => Promise.reject(new Error("away")) };
  const report = await runDriftChecks({ ...ports, clock, bus: away });
  expect(report).toMatchObject({ detectors: 3, checked: 1, waiting: 1, drifted: ["host"] });
  expect(report.failed).toMatchObject([{ detector: "broken", code: "CORRUPT" }]);
  expect(report.announceFailure?.error).toMatchObject({ message: "away" });
  const again = await runDriftChecks({ ...ports, clock });
  expect(again).toMatchObject({ checked: 1, drifted: ["host"], durationMs: 0 });
  expect(again.announceFailure).toBeUndefined();
  await runDriftChecks({ ...ports, clock });
  expect(published.map(({ type }) => type)).toEqual(["drift.detected"]);
});

test("an error that is none of ours is reported as such", async () => {
  const { ports, table } = driftWorld(host());
  await putDetector(table, host(), undefined);
  const getMany = async (keys: Parameters<typeof table.getMany>[0]) => {
    if (keys.some(({ pk }) => pk === "DRIFT-STATE")) throw new Error("unknown");
    return await table.getMany(keys);
  };
  const report = await runDriftChecks({ ...ports, table: { ...table, getMany }, clock: () => 0 });
  expect(report.failed).toMatchObject([{ detector: "host", code: "INTERNAL" }]);
});

test("hours in a gap of more than a week are left out", async () => {
  const { ports, feed } = driftWorld(host());
  await feed([machine("a", 1)], 0, 51);
  expect(await driftCheck(ports, host(), afterHour(50))).toMatchObject({ drifted: false });
  await feed([machine("a", 1)], 400, 410);
  const check = await driftCheck(ports, host(), afterHour(409));
  expect(check?.findings.find(({ statistic }) => statistic === "volume")?.sparkline.length).toBe(72);
});

test("what is drawn of a statistic ends at its value, so that its limit can be drawn beside it", async () => {
  const { ports, feed } = driftWorld(host());
  await feed([machine("a", 1)], 0, 51);
  await driftCheck(ports, host(), afterHour(50));
  await feed([machine("a", 1)], 51, 60);
  const { findings = [] } = (await driftCheck(ports, host(), afterHour(59))) ?? {};
  const drawn = findings.filter(({ sparkline }) => sparkline.length > 0);
  expect(drawn.map(({ statistic }) => statistic)).toContain("level");
  expect(drawn.map(({ sparkline }) => sparkline.at(-1))).toEqual(drawn.map(({ value }) => value));
});

test("rows are read up to a budget, series after series; what had no value is not watched", async () => {
  const { feed, table, ports } = driftWorld(host());
  const blank: Machine = { entity: "b", values: (hour) => ({ cpu: hour % 2, memory: null }) };
  const first: Machine = { entity: "a", values: (hour) => ({ cpu: hour % 5, memory: null }) };
  await feed([first, blank], 0, 49);
  const span = { fromMs: T0, toMs: T0 + 2 * DAY };
  const all = await buildReference(table, host(), ["a", "b"], 0, span);
  expect(all?.series).toMatchObject([{ entity: "a", scaling: [{}, null] }, { entity: "b" }]);
  expect(all?.tracks.flatMap(({ feature }) => feature ?? [])).toEqual(["cpu", "cpu", "cpu"]);
  expect((await buildReference(table, host(), ["a", "b"], 0, span, 288))?.series.length).toBe(1);
  expect(await buildReference(table, host(), ["none"], 0, span)).toBeUndefined();
  await driftCheck(ports, host(), afterHour(49));
  await feed([machine("a", 1), blank], 49, 53);
  const check = await driftCheck(ports, host(), afterHour(53));
  const came = check?.findings.find(({ statistic }) => statistic === "schema");
  expect(came?.text).toBe("memory has values now, and had none when the model learnt.");
});

test("a feature that is made in another way is told of by its name", async () => {
  const { ports, feed } = driftWorld(host());
  await feed([machine("a", 1)], 0, 50);
  await driftCheck(ports, host(), afterHour(48));
  const minutes = host({ features: [{ metric: "cpu", aggregate: "max" }, { metric: "memory" }] });
  const check = await driftCheck(ports, minutes, afterHour(49));
  expect(check?.findings.filter(({ statistic }) => statistic === "schema").map(({ text }) => text)).toEqual([
    "cpu has changed.",
    "memory has changed.",
  ]);
});

test("a series that has begun just now has no reference", async () => {
  const { ports, feed } = driftWorld(host());
  await feed([machine("a", 1)], 0, 0.5);
  expect(await driftCheck(ports, host(), afterHour(1))).toBeUndefined();
});

test("a drift whose check is kept no more is announced all the same", async () => {
  const { ports, feed, table, published } = driftWorld(host());
  await feed([machine("a", 1, 60, 40)], 0, 66);
  await driftCheck(ports, host(), afterHour(50));
  const check = await driftCheck(ports, host(), afterHour(66));
  const key = driftCheckKey("host", check!.atMs);
  await table.putMany([{ item: { ...key, version: 1, expiresAtMs: 1 }, condition: { kind: "any" } }]);
  await announceDrifts(ports);
  expect(published).toMatchObject([{ detail: { features: [], verdict: "" } }]);
});

test("a drift whose check cannot be read is announced all the same", async () => {
  const { ports, feed, table, published } = driftWorld(host());
  await feed([machine("a", 1, 60, 40)], 0, 66);
  await driftCheck(ports, host(), afterHour(50));
  const check = await driftCheck(ports, host(), afterHour(66));
  const damaged = { ...driftCheckKey("host", check!.atMs), version: 1, doc: "{}" };
  await table.putMany([{ item: damaged, condition: { kind: "any" } }]);
  const away = { ...table, getMany: () => Promise.reject(new AppError("UNAVAILABLE", "no table")) };
  await expect(announceDrifts({ ...ports, table: away })).rejects.toThrow("no table");
  expect(published).toEqual([]);
  await announceDrifts(ports);
  expect(published).toMatchObject([{ detail: { detector: "host", verdict: "" } }]);
});

test("an hour without rows right behind the reference says no more than numbers can", () => {
  const hours = (count: number, of: HourBlock) => Array.from({ length: count }, () => of);
  const usual = hours(48, { values: 60, missing: 3, level: 0, noise: 0.5 });
  const missing = referenceOf(usual.map(RULES.missing.of), RULES.missing);
  const span = { fromMs: 0, toMs: 2 * DAY };
  const reference: ReferenceDoc = {
    ...{ format: 1, detector: "host", modelVersion: 1, rowsHash: "", ...span, features: ["cpu"], series: [] },
    ...{ entities: [], tracks: [{ feature: "cpu", statistic: "missing", reference: missing }] },
  };
  const doc: DriftStateDoc = {
    ...{ format: 1, referenceKey: "", referenceFromMs: 0, referenceToMs: 2 * DAY, modelVersion: 1 },
    ...{ isProvisional: false, notBeforeMs: 0, hoursFromMs: 2 * DAY, untilMs: 2 * DAY, columns: 2, since: {} },
    ...{ openSinceMs: null, openedAtMs: null, announcedSinceMs: null, clearChecks: 0 },
  };
  const silent = hours(1, NOTHING);
  const check = describeCheck(
    reference,
    advance(reference, { doc, hours: [[], []] }, [silent, silent], []),
    [],
    new Map(),
  );
  expect(DriftCheck.parse(JSON.parse(JSON.stringify(check)))).toEqual(check);
  expect(check.findings).toMatchObject([{ statistic: "missing", effect: 0, isOver: false }]);
});

test("a verdict names four findings, and how many more there are", () => {
  const finding = (feature: string): DriftFinding => ({
    ...{ feature, statistic: "level", value: 2, limit: 1, effect: 2, unit: "deviations", isOver: true, drifted: true },
    ...{ sinceMs: null, sparkline: [], text: `${feature} moved.` },
  });
  const facts = { isProvisional: false, referenceDays: 7, openSinceMs: 0, clearChecks: 0, atMs: 0 };
  const verdict = verdictText({ ...facts, findings: ["a", "b", "c", "d", "e", "f"].map(finding) });
  expect(verdict).toMatch(/a moved\. b moved\. c moved\. d moved\. And 2 more\. It is held against 7 days/);
  expect(verdictText({ ...facts, openSinceMs: null, findings: [] })).toContain("no full hour has come");
  const one = { ...finding("a"), isOver: false, drifted: false, pValue: 1 };
  expect(verdictText({ ...facts, openSinceMs: null, findings: [one] })).toContain("1 statistic is within");
});
