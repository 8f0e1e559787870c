import { COMPACTED, compactedFolder, readDay } from "@tidewatch/core/dataset/manifest";
import { expect, it } from "vitest";
import { datasetWorld, queryOf, records } from "../../../../test/support/dataset-world.ts";
import { detector, metric, record, T0 } from "../../../../test/support/scoring.ts";
import { compactHandler } from "../compact-handler.ts";
import { applyRetention } from "./retain.ts";

const HOUR_MS = 3_600_000;
const DAY = "2026-11-20";
const query = queryOf(detector({}));
const filled = async () => {
  const world = datasetWorld();
  await world.archive(records(2000));
  const log = { type: "log", entity: "l", timestamp: T0, message: "up" };
  await world.archive(
    [5001, 5002].map((at) => record(at, at === 5001 ? log : metric("a", 9, { cpu: 1 }), 2, T0 + HOUR_MS)),
  );
  const retain = (hours: number, rules = {}) =>
    applyRetention({ blobs: world.blobs, clock: () => T0 + hours * HOUR_MS }, rules);
  return { ...world, retain };
};
const sealed = 24 * 5 + 15;

it("removes nothing by default but what no manifest names any more", async () => {
  const { blobs, compact, datasets, retain } = await filled();
  await compact(30);
  const raw = await blobs.list("events/");
  expect(await retain(30)).toEqual({ objects: 0, stale: 0 });
  const before = await datasets.freeze(query);
  // Two hours' files and the manifests before the day's: the files stay for a day, someone may be about to name them.
  expect(await retain(32)).toEqual({ objects: 0, stale: 2 });
  expect(await retain(60)).toEqual({ objects: 0, stale: 2 });
  await compact(sealed);
  expect(await retain(sealed + 24)).toMatchObject({ objects: 0 });
  expect(await blobs.list("events/")).toEqual(raw);
  expect(await blobs.list(COMPACTED)).toHaveLength(2);
  expect(await datasets.freeze(query)).toEqual(before);
});

it("removes objects that are compacted and hold no log line, once their day is sealed and its file is whole", async () => {
  const { blobs, compact, datasets, retain } = await filled();
  await compact(30);
  expect(await retain(sealed + 24, { rawDays: 1 })).toMatchObject({ objects: 0 });
  await compact(sealed);
  expect(await retain(sealed, { rawDays: 30 })).toMatchObject({ objects: 0 });
  const before = await datasets.freeze(query);
  const { file } = (await readDay(blobs, DAY)).files[0]!;
  const whole = blobs.objects.get(file.key)!;
  blobs.objects.set(file.key, whole.slice(1));
  await expect(retain(sealed, { rawDays: 1 })).rejects.toMatchObject({ code: "CORRUPT", message: /are kept/ });
  blobs.objects.set(file.key, whole);
  expect(await retain(sealed, { rawDays: 1 })).toMatchObject({ objects: 2 });
  expect(await blobs.list("events/")).toEqual([expect.stringMatching(/shardId-000000000002/)]);
  expect(await retain(sealed, { rawDays: 1 })).toMatchObject({ objects: 0 });
  expect(await datasets.freeze(query)).toEqual(before);
});

it("removes compacted files when they are past, and what they held does not come back", async () => {
  const { blobs, compact, datasets, retain } = await filled();
  await compact(sealed);
  await compact(sealed);
  await retain(sealed, { compactedDays: 3 });
  await retain(sealed + 48, { compactedDays: 3 });
  expect((await blobs.list(compactedFolder(DAY))).filter((key) => key.endsWith(".parquet"))).toEqual([]);
  await expect(datasets.freeze(query)).rejects.toMatchObject({ code: "CONFLICT" });
});

it("runs by a schedule: compaction as far as the archive has come, then retention", async () => {
  const { blobs } = await filled();
  const reports: object[] = [];
  const ports = { blobs, rules: {}, onReport: (report: object) => reports.push(report) };
  await compactHandler({ ...ports, clock: () => T0 + 30 * HOUR_MS, takenUntil: () => T0 })();
  await compactHandler({ ...ports, clock: () => T0 + 30 * HOUR_MS })();
  expect(reports).toMatchObject([
    { hours: 0, objects: 0 },
    { hours: 2, days: 1, events: 4002, stale: 0 },
  ]);
});
