import { gzipSync } from "node:zlib";
import { COMPACTED, readDay } from "@tidewatch/core/dataset/manifest";
import { AppError } from "@tidewatch/core/errors";
import type { Blobs } from "@tidewatch/core/store/ports";
import { describe, expect, it } from "vitest";
import { datasetWorld, queryOf, records } from "../../../../test/support/dataset-world.ts";
import { detector, metric, record, T0 } from "../../../../test/support/scoring.ts";
import { compactHandler } from "../compact-handler.ts";

const DAY = "2026-11-20";
const of = detector({ intervalSeconds: 60, missing: "last" });
const query = queryOf(of);
const all = records(9000);
const inBatches = (size: number) =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));

/** The events as they arrived, and nothing else: what every other form of them is measured by. */
const expected = await (async () => {
  const { archive, datasets } = datasetWorld();
  await archive(all);
  return await datasets.freeze(query);
})();

describe("compaction", { timeout: 60_000 }, () => {
  it("changes no dataset: not as hours, not as a day, not in part, whatever the objects are", async () => {
    const { archive, datasets, compact, blobs } = datasetWorld();
    const hashes: string[] = [];
    const freeze = async () => hashes.push((await datasets.freeze(query)).hash);
    const batches = inBatches(700);
    for (const batch of batches.slice(0, 8)) await archive(batch);
    await freeze();
    expect(await compact(2)).toMatchObject({ hours: 1, days: 0, sealed: 0 });
    for (const batch of batches.slice(8)) await archive(batch);
    await freeze();
    expect(await compact(2.5)).toMatchObject({ hours: 1 });
    await freeze();
    expect(await compact(30)).toMatchObject({ hours: 1, days: 1, sealed: 0 });
    await freeze();
    expect((await readDay(blobs, DAY)).files).toHaveLength(1);
    expect(await compact(24 * 5 + 15)).toMatchObject({ hours: 0, days: 0, sealed: 1 });
    await blobs.remove(await blobs.list("events/"));
    await freeze();
    expect(hashes[0]).not.toBe(expected.hash);
    expect(new Set(hashes.slice(1))).toEqual(new Set([expected.hash]));
    expect(await compact(24 * 9)).toEqual({ hours: 0, days: 0, sealed: 0, events: 0, bytes: 0, lost: 0, failed: 0 });
  });

  it("takes an object that was replaced, or came late, once and as it is now", async () => {
    const { archive, datasets, compact, blobs } = datasetWorld();
    await archive(all.slice(0, 5000));
    const [key] = await blobs.list("events/");
    const whole = blobs.objects.get(key!)!;
    const other = datasetWorld();
    await other.archive(all.slice(0, 1000));
    await blobs.put(key!, other.blobs.objects.get(key!)!);
    await compact(30);
    await blobs.put(key!, whole);
    await archive(all.slice(5000));
    expect((await datasets.freeze(query)).hash).toBe(expected.hash);
    expect(await compact(30)).toMatchObject({ days: 1 });
    expect((await datasets.freeze(query)).hash).toBe(expected.hash);
    const { files, tail } = await readDay(blobs, DAY);
    expect(files.map(({ file }) => file.rows)).toEqual([all.length]);
    expect(tail).toEqual([]);
  });

  it("ends the same when it dies at any write, or two do it at once", async () => {
    for (const diesAt of [1, 2, 7]) {
      const { archive, datasets, compact, blobs } = datasetWorld();
      for (const batch of inBatches(3000)) await archive(batch);
      await compact(30, dying(blobs, diesAt)).catch(() => {});
      expect((await datasets.freeze(query)).hash).toBe(expected.hash);
      await Promise.all([compact(30), compact(30)]);
      expect((await datasets.freeze(query)).hash).toBe(expected.hash);
      expect((await readDay(blobs, DAY)).files.map(({ file }) => file.rows)).toEqual([all.length]);
    }
  }, 90_000);

  it("goes on behind a day that is damaged, and says so", async () => {
    const { archive, compact, blobs } = datasetWorld();
    await archive(all);
    const damaged = "events/dt=2026-11-19/hour=00/shardId-000000000000-1.ndjson.gz";
    await blobs.put(damaged, gzipSync("no event\n"));
    expect(await compact(30)).toMatchObject({ days: 1, failed: 1, failure: { error: { code: "CORRUPT" } } });
    expect((await readDay(blobs, DAY)).files).toHaveLength(1);
    const reports: unknown[] = [];
    const ports = { blobs, rules: {}, onReport: (report: unknown) => void reports.push(report) };
    const run = compactHandler({ ...ports, clock: () => T0 + 30 * 3_600_000 });
    await expect(run()).rejects.toMatchObject({ code: "CORRUPT", message: /no event/ });
    expect(reports).toMatchObject([{ failed: 1, stale: 0 }]);
    const away = { ...blobs, get: () => Promise.reject(new AppError("UNAVAILABLE", "no bucket")) };
    await expect(compact(30, away)).rejects.toThrow("no bucket");
  });

  it("leaves hours that are not over, and puts log lines aside", async () => {
    const { archive, compact, blobs } = datasetWorld();
    const log = { type: "log", entity: "l", timestamp: T0, message: "up" };
    await archive([record(1, log, 0, T0 + 1000), record(2, metric("a", 1, { cpu: 1 }), 1, T0 + 2000)]);
    expect(await compact(1)).toMatchObject({ hours: 0 });
    expect(await blobs.list(COMPACTED)).toEqual([]);
    expect(await compact(2)).toMatchObject({ hours: 1, events: 1 });
    const { manifest, tail } = await readDay(blobs, DAY);
    expect(manifest!.files[0]!.sources).toMatchObject([{ logs: 0 }]);
    expect(manifest!.others).toMatchObject([{ logs: 1 }]);
    expect(tail).toEqual([]);
  });

  it("keeps every kind of event apart: tags, metrics in any order, nulls, many metrics, odd names", async () => {
    const many = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`m${index}`, index]));
    const events = [
      { ...metric("it's \u0000 'odd'", 1, { memory: 1, cpu: -0 }), tags: { env: "prod", b: 'a"b' } },
      { ...metric("it's \u0000 'odd'", 2, { cpu: 2, memory: 0.1 }), tags: { b: 'a"b', env: "prod" } },
      metric("a", 3, { cpu: null, memory: 1e-300 }),
      metric("a", 4, { CPU: 9, cpu: 5 }),
      metric("a", 5, { other: 1 }),
      { ...metric("a", 6, { ...many, cpu: 6, memory: 6 }), tags: { env: "prod" } },
    ];
    for (const document of [
      {},
      { match: { tags: { env: "prod" } } },
      { match: { entity: "it*" } },
      { missing: "last" },
    ]) {
      const early = metric("early", -20 * 3600, { cpu: 1 });
      const { archive, datasets, compact } = datasetWorld();
      await archive([...events, early].map((event, index) => record(index, event, 0, T0 + 10_000)));
      const asked = queryOf(detector(document), { maxRows: 4 });
      const before = await datasets.freeze(asked);
      await compact(2);
      expect(await datasets.freeze(asked)).toEqual(before);
    }
  });
});

/** Objects that can be written so many times, and then no more. */
const dying = (blobs: Blobs, writes: number): Blobs => {
  let left = writes;
  const alive = () => {
    if (left-- <= 0) throw new Error("died");
  };
  return {
    ...blobs,
    async put(key, bytes) {
      alive();
      await blobs.put(key, bytes);
    },
    async putIfAbsent(key, bytes) {
      alive();
      return await blobs.putIfAbsent(key, bytes);
    },
  };
};
