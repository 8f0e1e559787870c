import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { beforeEach, describe, expect, it } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import {
  detector,
  distanceManifest,
  distanceModel,
  loading,
  metric,
  record,
  scorePorts,
  T0,
} from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { LATEST_TIMESTAMP_MS } from "../ingest/event.ts";
import { loadScorer } from "../model/scorer.ts";
import { registerModel, reserveVersion } from "../register/models.ts";
import { scoreBatch } from "../score/run.ts";
import { putDetector } from "../store/detectors.ts";
import { jobKey, seriesListKey } from "../store/keys.ts";
import type { Point } from "../store/points.ts";
import type { StreamRecord, Table } from "../store/ports.ts";
import { readPoints } from "../store/read-series.ts";
import { backtest } from "./backtest.ts";
import { openJobs, orderBacktest, readJob, runJob } from "./job.ts";
import { readInParts } from "./read-parts.ts";

const DAY_MS = 86_400_000;
const ONNX = new TextEncoder().encode("distance");

const world = () => {
  const clock = { nowMs: T0 };
  const ports = {
    table: memoryTable(),
    blobs: memoryBlobs(),
    runtime: loading(distanceModel(2)),
    clock: () => clock.nowMs,
  };
  return { ports, clock };
};
type World = ReturnType<typeof world>;

/** A version that finds strange what is farther from 50 than its scale allows. */
const register = async ({ ports }: World, of: Detector, scale: number) => {
  const version = await reserveVersion(ports, of.id);
  const onnx = { onnxSha256: bytesToHex(sha256(ONNX)), onnxBytes: ONNX.length };
  const manifest = { ...distanceManifest(of, 50, scale), version, ...onnx };
  await registerModel(ports, { manifest, onnx: ONNX });
  return await loadScorer(ports.runtime, manifest, ONNX);
};

/** Rows ten minutes apart for three days: ordinary ones, a large spike at noon and a small one at six in the evening. */
const spikes = (entity: string): StreamRecord[] =>
  Array.from({ length: 3 * 144 }, (_, n) => {
    const hour = (n / 6 + 10) % 24;
    const cpu = hour === 12 ? 95 : hour === 18 ? 72 : 50 + ((n * 7) % 5);
    return record(n, metric(entity, n * 600, { cpu, memory: 50 }), 0, Number.MAX_SAFE_INTEGER);
  });

const range = { fromMs: T0 - DAY_MS, toMs: T0 + 10 * DAY_MS };

let of: Detector;
let here: World;
beforeEach(async () => {
  of = detector({ closeAfterRows: 2 });
  here = world();
  const { ports } = here;
  await putDetector(ports.table, of, undefined);
  const scorer = await register(here, of, 10);
  for (const entity of ["a", "b"]) await scoreBatch(scorePorts(ports.table, [of], [scorer]), spikes(entity));
});

/** Counts what is asked of a table. */
const counting = (table: Table) => {
  const counts = { queries: 0 };
  const query: Table["query"] = (wanted) => {
    counts.queries++;
    return table.query(wanted);
  };
  return { counts, table: { ...table, query } };
};

const order = (version: number) => ({ detector: of, model: { name: of.id, version }, ...range });

describe("backtest", () => {
  it("finds no difference to what was live with the version that was live", async () => {
    const result = await backtest(here.ports, order(1));
    expect(result).toMatchObject({ series: 2, rows: 864, otherRows: 0, added: 0, vanished: 0, common: 6 });
    expect(result.live).toMatchObject({ ...result.other, versions: { 1: 864 }, otherSettings: 0 });
    expect(result.other).toMatchObject({ anomalies: 6, incidents: 6 });
  });

  it("shows what another version adds, by day and by entity", async () => {
    await register(here, of, 5);
    const result = await backtest(here.ports, order(2));
    expect(result).toMatchObject({ added: 6, vanished: 0, common: 6 });
    expect(result.byDay).toEqual([
      { day: "2026-11-20", added: 2, vanished: 0, common: 2 },
      { day: "2026-11-21", added: 2, vanished: 0, common: 2 },
      { day: "2026-11-22", added: 2, vanished: 0, common: 2 },
    ]);
    expect(result.byEntity).toEqual([
      { entity: "a", added: 3, vanished: 0, common: 3 },
      { entity: "b", added: 3, vanished: 0, common: 3 },
    ]);
    expect(result.incidents[0]).toMatchObject({ kind: "added", entity: "a", anomalies: 1 });
    expect(result.incidents.map(({ kind }) => kind).slice(5, 7)).toEqual(["added", "common"]);
    expect(new Date(result.incidents[0]!.fromMs).toISOString()).toMatch(/T18:00/);
  });

  it("shows what a duller version leaves out", async () => {
    await register(here, of, 1000);
    expect(await backtest(here.ports, order(2))).toMatchObject({ added: 0, vanished: 6, common: 0 });
  });

  it("of all time takes no longer than of the time that there are rows of, and finds the same", async () => {
    const { counts, table } = counting(here.ports.table);
    const all = { ...order(1), fromMs: 0, toMs: LATEST_TIMESTAMP_MS };
    const result = await backtest({ ...here.ports, table }, all);
    expect(counts.queries).toBeLessThan(100);
    expect({ ...result, ...range }).toEqual(await backtest(here.ports, order(1)));
    expect(await backtest(here.ports, { ...all, toMs: T0 - 9 * DAY_MS })).toMatchObject({ series: 0, rows: 0 });
    expect(await backtest(here.ports, { ...all, fromMs: T0 + 90 * DAY_MS })).toMatchObject({ series: 0, rows: 0 });
  });

  it("looks at its range only, with what came before it known", async () => {
    const result = await backtest(here.ports, { ...order(1), fromMs: T0 + DAY_MS, toMs: T0 + 2 * DAY_MS });
    expect(result).toMatchObject({ rows: 288, common: 2, added: 0, vanished: 0 });
    expect(result.other.scored).toBe(288);
  });

  it("knows the alarm budget of the week before", async () => {
    const budget = detector({ closeAfterRows: 2, alarmsPerDay: 2 });
    const other = world();
    const scorer = await register(other, budget, 10);
    await scoreBatch(scorePorts(other.ports.table, [budget], [scorer]), spikes("a"));
    const days = { fromMs: T0 + 2 * DAY_MS, toMs: T0 + 3 * DAY_MS };
    const result = await backtest(other.ports, { detector: budget, model: { name: budget.id, version: 1 }, ...days });
    expect(result).toMatchObject({ added: 0, vanished: 0, rows: 144 });
    expect(result.live.anomalies).toBe(result.other.anomalies);
  });

  it("counts rows of other features and of other settings apart", async () => {
    const dull = { ...of, sensitivity: 1 };
    const elsewhere = await backtest(here.ports, { ...order(1), detector: dull });
    expect(elsewhere).toMatchObject({ rows: 864, live: { otherSettings: 864 } });
    const slower = detector({ closeAfterRows: 2, latenessSeconds: 5 });
    await register(here, slower, 10);
    const other = await backtest(here.ports, { ...order(2), detector: slower });
    expect(other).toMatchObject({ rows: 0, otherRows: 864, series: 0 });
  });

  it("refuses versions that are not there or not of this detector, and families without versions", async () => {
    await expect(backtest(here.ports, order(9))).rejects.toMatchObject({ code: "NOT_FOUND" });
    const wide = detector({ shingleSize: 3 });
    await expect(backtest(here.ports, { ...order(1), detector: wide })).rejects.toMatchObject({ code: "CONFLICT" });
    const online = detector({ model: { family: "stream" } });
    await expect(backtest(here.ports, { ...order(9), detector: online })).rejects.toThrow(/learns row by row/);
  });

  it("goes on behind the series that were done, with the same result", async () => {
    const seen: Parameters<NonNullable<Parameters<typeof backtest>[2]>["onProgress"] & object>[0][] = [];
    const rows: number[] = [];
    const whole = await backtest(here.ports, order(1), {
      onProgress: (progress) => void seen.push(progress),
      onRows: (count) => rows.push(count),
    });
    expect(seen.map(({ after }) => after)).toEqual(["a", "b"]);
    expect(rows.at(-1)).toBe(864);
    expect(await backtest(here.ports, order(1), { before: seen[0] })).toEqual(whole);
  });
});

const partsOf = async (...query: Parameters<typeof readInParts>) => {
  const parts: Point[][] = [];
  for await (const part of readInParts(...query)) parts.push(part);
  return parts;
};

describe("readInParts", () => {
  it("gives the stream's order over the edges of days, each row once", async () => {
    const late = detector({ id: "late", latenessSeconds: 7200 });
    const { ports } = world();
    // Every row is up to an hour and a half older or newer than its neighbours.
    const records = Array.from({ length: 300 }, (_, n) =>
      record(n, metric("a", n * 600 + ((n * 37) % 10) * 540, { cpu: 1, memory: 1 }), 0, Number.MAX_SAFE_INTEGER),
    );
    await scoreBatch(scorePorts(ports.table, [late], []), records);
    const all = await readPoints(ports.table, "late", "a");
    const query = { detectorId: "late", entity: "a", fromMs: T0, toMs: T0 + 10 * DAY_MS, latenessMs: 7_200_000 };
    const parts = await partsOf(ports.table, query);
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flat().map(({ row }) => row)).toEqual(all.map(({ row }) => row).sort((a, b) => a - b));
    expect(await partsOf(ports.table, { ...query, toMs: T0 })).toEqual([]);
  });
});

describe("a backtest as a job", () => {
  const wish = (version: number) => ({ detector: of.id, model: { name: of.id, version }, ...range });

  it("is queued, done, and kept with its result", async () => {
    const { ports } = here;
    const job = await orderBacktest(ports, wish(1));
    expect(job).toMatchObject({ state: "queued", attempts: 0 });
    const damaged = { ...jobKey("0"), version: 1, doc: "{}" };
    await ports.table.putMany([{ item: damaged, condition: { kind: "any" } }]);
    expect(await openJobs(ports.table)).toEqual([job.id]);
    const done = await runJob(ports, job.id);
    expect(done).toMatchObject({ state: "done", progress: { series: 2, ofSeries: 2, rows: 864 } });
    expect(await readJob(ports.table, job.id)).toEqual(done);
    expect(await openJobs(ports.table)).toEqual([]);
    expect(await runJob(ports, job.id)).toEqual(done);
  });

  it("goes on after a crash where it was, and says that it was begun again", async () => {
    const { ports, clock } = here;
    const job = await orderBacktest(ports, wish(1));
    let reads = 0;
    const runtime = { load: async () => loading(distanceModel(2)).load() };
    const getMany: typeof ports.table.getMany = async (keys) => {
      clock.nowMs += 2000;
      if (keys.some(({ pk }) => pk.endsWith("#b")) && ++reads > 1) throw new Error("crash");
      return ports.table.getMany(keys);
    };
    // A process that dies writes nothing more.
    let isDead = false;
    const table = {
      ...ports.table,
      getMany: async (keys: Parameters<typeof getMany>[0]) =>
        getMany(keys).catch((error: unknown) => {
          isDead = true;
          throw error;
        }),
      putMany: async (puts: Parameters<typeof ports.table.putMany>[0]) => {
        if (isDead) throw new Error("dead");
        return ports.table.putMany(puts);
      },
    };
    await expect(runJob({ ...ports, runtime, table }, job.id)).rejects.toThrow("dead");
    const cut = await readJob(ports.table, job.id);
    expect(cut).toMatchObject({ state: "running", progress: { series: 1, ofSeries: 2 }, result: { series: 1 } });
    expect(await openJobs(ports.table)).toEqual([job.id]);
    const done = await runJob(ports, job.id);
    expect(done).toMatchObject({ state: "done", attempts: 2, result: { series: 2, rows: 864, common: 6 } });
    expect(done!.result).toEqual((await runJob(ports, (await orderBacktest(ports, wish(1))).id))!.result);
  });

  it("leaves off when its time is up, and goes on in another call, to the same result", async () => {
    const { ports, clock } = here;
    const whole = (await runJob(ports, (await orderBacktest(ports, wish(1))).id))!;
    clock.nowMs += 1;
    const { id } = await orderBacktest(ports, wish(1));
    expect(await runJob(ports, id, clock.nowMs)).toMatchObject({ state: "running", progress: { series: 1 } });
    // There is always a series that gets done, so that it ends.
    let calls = 1;
    let job = await runJob(ports, id, clock.nowMs);
    for (; job?.state === "running" && calls < 9; calls++) job = await runJob(ports, id, clock.nowMs);
    expect(job).toMatchObject({ state: "done", result: whole.result });
    expect(calls).toBeLessThan(9);
  });

  it("counts the series that there are, more than a page of them", async () => {
    const { ports } = here;
    const item = (at: number) => ({ ...seriesListKey(of.id, `z${at}`), version: 1, doc: "{}" });
    const puts = Array.from({ length: 1000 }, (_, at) => ({ item: item(at), condition: { kind: "any" } as const }));
    await ports.table.putMany(puts);
    const done = await runJob(ports, (await orderBacktest(ports, wish(1))).id);
    expect(done).toMatchObject({ state: "done", progress: { series: 2, ofSeries: 1002 } });
  });

  it("says why it failed", async () => {
    const { ports } = here;
    const job = await orderBacktest(ports, wish(1));
    ports.blobs.objects.clear();
    expect(await runJob(ports, job.id)).toMatchObject({
      state: "failed",
      error: expect.stringMatching(/no version 1/),
    });
  });

  it("is left to whoever took it over", async () => {
    const { ports } = here;
    const job = await orderBacktest(ports, wish(1));
    const slow = {
      ...ports.table,
      async query(query: Parameters<typeof ports.table.query>[0]) {
        if (query.pk.startsWith("SERIES-OF")) await runJob(ports, job.id);
        return ports.table.query(query);
      },
    };
    expect(await runJob({ ...ports, table: slow }, job.id)).toBeUndefined();
    expect(await readJob(ports.table, job.id)).toMatchObject({ state: "done" });
  });

  it("is refused for what cannot be", async () => {
    const { ports } = here;
    await expect(orderBacktest(ports, { ...wish(1), toMs: 0 })).rejects.toThrow(/range is empty/);
    await expect(orderBacktest(ports, { ...wish(1), detector: "none" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(orderBacktest(ports, wish(7))).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await runJob(ports, "none")).toBeUndefined();
    expect(await readJob(ports.table, "none")).toBeUndefined();
  });
});
