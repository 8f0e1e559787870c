import { expect, test } from "vitest";
import {
  afterHour,
  checkAndAnnounce as driftCheck,
  driftWorld,
  HOUR_MS,
  machine,
} from "../../../../test/support/drifting.ts";
import { detector, T0 } from "../../../../test/support/scoring.ts";
import { driftedDetectors } from "./checks.ts";

const two = (from?: number, shift?: number) => [machine("a", 1, from, shift), machine("b", 2, from, shift)];

test("a champion has the days it was trained on for a reference, its successor has its own", async () => {
  const of = detector({ latenessSeconds: 0, drift: { minReferenceDays: 2 } });
  const { ports, feed, champion, published, blobs } = driftWorld(of);
  const machines = two(52, 40);
  await feed(machines, 0, 50);
  expect(await driftCheck(ports, of, afterHour(50))).toBeUndefined();
  expect(await champion(0, 48)).toBe(1);
  await feed(machines, 50, 100, 1);
  const check = await driftCheck(ports, of, afterHour(64));
  expect(check).toMatchObject({ modelVersion: 1, referenceFromMs: T0, referenceToMs: T0 + 48 * HOUR_MS });
  expect(check).toMatchObject({ drifted: true, isProvisional: false });
  expect(published.length).toBe(1);
  await driftCheck(ports, of, afterHour(100));
  expect(await champion(52, 100)).toBe(2);
  await feed(machines, 100, 110, 2);
  const next = await driftCheck(ports, of, afterHour(110));
  expect(next).toMatchObject({ modelVersion: 2, drifted: false, referenceToMs: T0 + 100 * HOUR_MS });
  expect(await driftedDetectors(ports)).toEqual([]);
  expect([...blobs.objects.keys()].filter((key) => key.includes("drift-")).length).toBe(2);
});

test("a version that learnt elsewhere, or from few rows, has the first days that are there", async () => {
  const of = detector({ latenessSeconds: 0, drift: { minReferenceDays: 2 } });
  const elsewhere = driftWorld(of);
  await elsewhere.feed(two(), 0, 60);
  await elsewhere.champion(-1000, -900);
  const check = await driftCheck(elsewhere.ports, of, afterHour(60));
  expect(check).toMatchObject({ referenceFromMs: T0 + 11 * HOUR_MS, referenceToMs: T0 + 59 * HOUR_MS });
  const short = driftWorld(of);
  await short.feed(two(), 0, 60);
  await short.champion(0, 3);
  expect(await driftCheck(short.ports, of, afterHour(30))).toMatchObject({ isProvisional: true, referenceDays: 1 });
  expect(await driftCheck(short.ports, of, afterHour(40))).toMatchObject({ isProvisional: true, referenceDays: 1 });
  expect(await driftCheck(short.ports, of, afterHour(60))).toMatchObject({
    ...{ isProvisional: false, referenceFromMs: T0, referenceToMs: T0 + 48 * HOUR_MS },
  });
});
