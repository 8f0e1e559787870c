import fc from "fast-check";
import { expect, test } from "vitest";
import {
  afterHour,
  checkAndAnnounce as driftCheck,
  driftWorld,
  HOUR_MS,
  host,
  type Machine,
  machine,
} from "../../../../test/support/drifting.ts";
import { detector, T0 } from "../../../../test/support/scoring.ts";
import type { DriftCheck } from "./check.ts";
import { driftedDetectors, listChecks } from "./checks.ts";
import { driftCheck as check } from "./run.ts";

const two = (from?: number, shift?: number) => [machine("a", 1, from, shift), machine("b", 2, from, shift)];
const finding = (check: DriftCheck | undefined, statistic: string, feature?: string) =>
  check?.findings.find((one) => one.statistic === statistic && one.feature === feature);

test("a family that learns by itself is provisional until its reference is long enough; then drift is found", async () => {
  const of = host();
  const { ports, feed, published, blobs } = driftWorld(of);
  const machines = two(60, 40);
  expect(await driftCheck(ports, of, afterHour(0))).toBeUndefined();
  await feed(machines, 0, 23);
  expect(await driftCheck(ports, of, afterHour(23))).toBeUndefined();
  await feed(machines, 23, 25);
  const first = await driftCheck(ports, of, afterHour(25));
  expect(first).toMatchObject({ isProvisional: true, drifted: false, referenceDays: 1 });
  expect(first?.verdict).toMatch(/^Nothing has drifted.*Provisional: the reference is 1 day long/);
  await feed(machines, 25, 49);
  const second = await driftCheck(ports, of, afterHour(49));
  expect(second).toMatchObject({ isProvisional: false, drifted: false, referenceDays: 2, modelVersion: 0 });
  await feed(machines, 49, 66);
  const check = await driftCheck(ports, of, afterHour(66));
  expect(check).toMatchObject({ drifted: true, isProvisional: false });
  expect(finding(check, "level", "cpu")).toMatchObject({
    ...{ drifted: true, unit: "deviations", entities: expect.arrayContaining(["a", "b"]) },
    text: expect.stringMatching(/^cpu is .* standard deviations higher/),
  });
  expect(check?.verdict).toContain("since 2026-11-23 0");
  expect(finding(check, "level", "memory")).toMatchObject({ drifted: false, sinceMs: null });
  expect(published).toMatchObject([{ id: `drift.detected#host#${check?.sinceMs}`, detail: { features: ["cpu"] } }]);
  const open = { detector: "host", modelVersion: 0, sinceMs: check?.sinceMs, untilMs: check?.atMs };
  expect(await driftedDetectors(ports)).toEqual([open]);
  expect([...blobs.objects.keys()].every((key) => key.startsWith("models/host/0/drift-"))).toBe(true);
});

test("a drift is told of once; when it lasts, what came since is a learning family's new reference", async () => {
  const of = host();
  const { ports, feed, published } = driftWorld(of);
  await feed(two(60, 40), 0, 116);
  for (let hour = 48; hour <= 116; hour += 4) await driftCheck(ports, of, afterHour(hour));
  expect(published.length).toBe(1);
  expect(await driftedDetectors(ports)).toEqual([]);
  const [newest] = await listChecks(ports.table, "host", { limit: 1 });
  expect(newest).toMatchObject({ drifted: false, isProvisional: false });
  expect(newest!.referenceFromMs).toBeGreaterThanOrEqual(published[0]!.detail.sinceMs as number);
});

test("a run of drift ends after 24 clear checks, and the next one is told of again", async () => {
  const of = host({ drift: { minReferenceDays: 3 } });
  const { ports, feed, published } = driftWorld(of);
  const base = machine("a", 1);
  const away = (hour: number) => (hour >= 80 && hour < 90) || (hour >= 98 && hour < 104) || hour >= 140;
  const values: Machine["values"] = (hour) => {
    const row = base.values(hour)!;
    return { ...row, cpu: row.cpu! + (away(hour) ? 60 : 0) };
  };
  await feed([{ entity: "a", values }], 0, 150);
  const clear: (DriftCheck | undefined)[] = [];
  for (let hour = 72; hour <= 150; hour += 1) clear[hour] = await driftCheck(ports, of, afterHour(hour));
  expect(published.length).toBe(2);
  expect(clear[120]).toMatchObject({ drifted: true, sinceMs: published[0]!.detail.sinceMs });
  expect(clear[120]?.verdict).toMatch(/The drift since .* is over for \d+ of the 24 checks/);
  expect(clear[139]).toMatchObject({ drifted: false, sinceMs: null });
});

test("one check that comes late finds and remembers what hourly ones would have", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 49, max: 75 }), { maxLength: 6 }), async (hours) => {
      const [late, hourly] = [driftWorld(host()), driftWorld(host())];
      const end = async ({ ports, feed, table, published }: typeof late, at: readonly number[]) => {
        await feed(two(60, 40), 0, 76);
        for (const hour of [48, ...at, 76]) await driftCheck(ports, host(), afterHour(hour));
        const items = table.items().filter(({ pk, sk }) => pk === "DRIFT-STATE" || sk === `${76 * HOUR_MS + T0}`);
        return { items: items.map(({ version: _, ...item }) => item), ids: published.map(({ id }) => id) };
      };
      const all = Array.from({ length: 27 }, (_, at) => 49 + at);
      expect(
        await end(
          late,
          hours.sort((a, b) => a - b),
        ),
      ).toEqual(await end(hourly, all));
    }),
    { numRuns: 2 },
  );
});

test("a crash at any write, and a repeat, leave what an undisturbed check leaves", async () => {
  const of = host();
  const undisturbed = driftWorld(of);
  const begin = async ({ ports, feed }: typeof undisturbed) => {
    await feed(two(60, 40), 0, 66);
    await driftCheck(ports, of, afterHour(50));
  };
  await begin(undisturbed);
  const expected = await driftCheck(undisturbed.ports, of, afterHour(66));
  const ids = new Set(undisturbed.published.map(({ id }) => id));
  for (let dies = 0; dies < 4; dies++) {
    const world = driftWorld(of);
    await begin(world);
    let steps = 0;
    const step = () => {
      if (steps++ === dies) throw new Error("killed");
    };
    const { table, bus } = world.ports;
    const dying = {
      ...world.ports,
      bus: {
        publish: async (events: Parameters<typeof bus.publish>[0]) => {
          step();
          await bus.publish(events);
        },
      },
      table: {
        ...table,
        putMany: async (puts: Parameters<typeof table.putMany>[0]) => {
          step();
          return await table.putMany(puts);
        },
      },
    };
    await expect(driftCheck(dying, of, afterHour(66))).rejects.toThrow("killed");
    expect(await driftCheck(world.ports, of, afterHour(66))).toEqual(expected);
    expect(await driftCheck(world.ports, of, afterHour(66))).toEqual(expected);
    expect(world.table.items()).toEqual(undisturbed.table.items());
    expect(new Set(world.published.map(({ id }) => id))).toEqual(ids);
  }
});

test("of two checks at once the first one counts, and both give what it found", async () => {
  const of = host();
  const { ports, feed, table } = driftWorld(of);
  await feed(two(60, 40), 0, 66);
  await driftCheck(ports, of, afterHour(50));
  const [one, other] = await Promise.all([66, 66].map((hour) => check(ports, of, afterHour(hour))));
  expect(one).toEqual(other);
  expect(table.items().find(({ pk }) => pk === "DRIFT-STATE")?.version).toBe(2);
});

test("scores are watched once the model has given them for as long as a reference must be", async () => {
  const of = detector({ latenessSeconds: 0, drift: { minReferenceDays: 2 } });
  const { ports, feed, champion } = driftWorld(of);
  const machines = two(110, 40);
  await feed(machines, 0, 48);
  await champion(0, 48);
  await feed(machines, 48, 125, 1);
  for (const hour of [60, 97, 105]) await driftCheck(ports, of, afterHour(hour));
  const quiet = await driftCheck(ports, of, afterHour(106));
  expect(finding(quiet, "score")).toMatchObject({ drifted: false, unit: "deviations" });
  const check = await driftCheck(ports, of, afterHour(125));
  expect(finding(check, "score")).toMatchObject({ drifted: true, unit: "deviations" });
});

test("rows that stop and values that go missing are drift too", async () => {
  const of = host();
  const { ports, feed } = driftWorld(of);
  const quiet = machine("a", 1);
  await feed([quiet, machine("b", 2)], 0, 56);
  await driftCheck(ports, of, afterHour(48));
  const half: Machine = {
    ...quiet,
    values: (hour) => ({ ...quiet.values(hour)!, memory: Math.round(hour * 6) % 2 ? 20 : null }),
  };
  await feed([half, machine("c", 3)], 56, 64);
  const check = await driftCheck(ports, of, afterHour(64));
  expect(finding(check, "volume")).toMatchObject({ drifted: true, unit: "ratio", entities: ["b"] });
  expect(finding(check, "missing", "memory")).toMatchObject({ drifted: true, effect: 0.5, entities: ["a"] });
  expect(finding(check, "entities")).toMatchObject({ drifted: false, value: 1, entities: ["c"] });
  expect(finding(check, "missing", "cpu")?.drifted).toBe(false);
});

test("new entities are drift for a model that all series share, since the check that saw them first", async () => {
  const of = detector({ latenessSeconds: 0, drift: { minReferenceDays: 2 } });
  const { ports, feed, champion, published } = driftWorld(of);
  await feed([machine("a", 1)], 0, 50);
  await champion(0, 48);
  await driftCheck(ports, of, afterHour(49));
  await feed([machine("a", 1), machine("c", 3)], 50, 56, 1);
  for (const hour of [52, 55]) {
    const check = await driftCheck(ports, of, afterHour(hour));
    expect(finding(check, "entities")).toMatchObject({ drifted: true, value: 1, sinceMs: T0 + 52 * HOUR_MS });
  }
  expect(published).toMatchObject([{ detail: { modelVersion: 1, sinceMs: T0 + 52 * HOUR_MS } }]);
});

test("other features are told of, and a family that learns by itself gathers a new reference", async () => {
  const of = host();
  const { ports, feed, published } = driftWorld(of);
  await feed(two(), 0, 56);
  await driftCheck(ports, of, afterHour(56));
  const changed = host({ features: [{ metric: "cpu" }, { metric: "swap" }] });
  const swap = ({ entity, values }: Machine): Machine => ({
    entity,
    values: (hour) => ({ cpu: values(hour)!.cpu!, swap: hour % 3 }),
  });
  await feed(two().map(swap), 56, 110, 0, changed);
  const check = await driftCheck(ports, changed, afterHour(60));
  expect(finding(check, "schema", "swap")?.text).toContain("new feature");
  expect(finding(check, "schema", "memory")?.text).toContain("no feature any more");
  expect(check?.isProvisional).toBe(true);
  expect(await driftCheck(ports, changed, afterHour(70))).toMatchObject({ isProvisional: true });
  for (const hour of [85, 109]) await driftCheck(ports, changed, afterHour(hour));
  const next = await driftCheck(ports, changed, afterHour(110));
  expect(next).toMatchObject({ isProvisional: false, drifted: false, referenceFromMs: T0 + 61 * HOUR_MS });
  expect(published).toEqual([]);
});
