import { expect, test } from "vitest";
import { fastModels } from "../../../../test/support/examine-here.ts";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, metric, record, scorePorts } from "../../../../test/support/scoring.ts";
import { AppError } from "../errors.ts";
import { announceModels } from "../register/announce.ts";
import { promote } from "../register/models.ts";
import { scoreBatch } from "../score/run.ts";
import { putDetector } from "../store/detectors.ts";
import { modelAliasKey } from "../store/keys.ts";
import type { Blobs, BusEvent, Table } from "../store/ports.ts";
import { trainerOf } from "./run.ts";
import { trainDueDetectors } from "./run-due.ts";

const detectors = ["cpu", "memory"].map((name) =>
  detector({ id: name, features: [{ metric: name }], model: { minTrainingRows: 20, trees: 2 } }),
);

const setUp = async (blobs: Blobs) => {
  const published: BusEvent[] = [];
  const table = memoryTable();
  for (const one of detectors) await putDetector(table, one, undefined);
  const records = Array.from({ length: 30 }, (_, n) => record(n, metric("a", n, { cpu: n % 7, memory: n % 5 })));
  await scoreBatch(scorePorts(table, detectors, []), records);
  const bus = { publish: async (events: readonly BusEvent[]) => void published.push(...events) };
  const clock = () => 77;
  return { ports: { table, blobs, bus, clock, train: trainerOf({ table, blobs, clock, ...fastModels }) }, published };
};

test("every detector that is due is trained once, and announced", async () => {
  const { ports, published } = await setUp(memoryBlobs());
  const { due, trained, failed } = await trainDueDetectors(ports);
  const models = ["cpu", "memory"].map((name) => ({ name, version: 1, trainingRows: 30 }));
  expect({ due, trained, failed }).toEqual({ due: 2, trained: models, failed: [] });
  expect(published).toEqual(
    models.map((detail) => ({ id: `model.promoted#${detail.name}#1#77`, type: "model.promoted", timeMs: 77, detail })),
  );
  expect(await trainDueDetectors(ports)).toEqual({ due: 0, trained: [], failed: [], durationMs: 0 });
});

test("a bus that is away costs no training and no announcement: the next run makes up for it", async () => {
  const { ports, published } = await setUp(memoryBlobs());
  let calls = 0;
  const publish = async () => {
    calls++;
    throw new AppError("UNAVAILABLE", "no bus");
  };
  const report = await trainDueDetectors({ ...ports, bus: { publish } });
  expect(report).toMatchObject({ due: 2, failed: [], announceFailure: { error: { message: "no bus" } } });
  expect(report.trained.map(({ name }) => name)).toEqual(["cpu", "memory"]);
  // The rest of the run did not wait for it another time.
  expect(calls).toBe(1);
  expect(await trainDueDetectors(ports)).toEqual({ due: 0, trained: [], failed: [], durationMs: 0 });
  expect(published).toEqual(
    ["cpu", "memory"].map((name) => ({
      ...{ id: `model.promoted#${name}#1#77`, type: "model.promoted", timeMs: 77 },
      detail: { name, version: 1, trainingRows: 30 },
    })),
  );
  await trainDueDetectors(ports);
  expect(published).toHaveLength(2);
});

test("what a request has trained the next run announces", async () => {
  const { ports, published } = await setUp(memoryBlobs());
  await ports.train("memory");
  expect(published).toEqual([]);
  expect(await trainDueDetectors(ports)).toMatchObject({ trained: [{ name: "cpu" }] });
  expect(published.map(({ id }) => id)).toEqual(["model.promoted#memory#1#77", "model.promoted#cpu#1#77"]);
});

test("a run that dies between a promotion and its event leaves it to the next run", async () => {
  const { ports, published } = await setUp(memoryBlobs());
  await new Promise<void>((died) => {
    const publish = () => {
      died();
      return new Promise<void>(() => {});
    };
    void trainDueDetectors({ ...ports, bus: { publish } });
  });
  expect(await trainDueDetectors(ports)).toMatchObject({ due: 1, trained: [{ name: "memory" }] });
  expect(published.map(({ id }) => id)).toEqual(["model.promoted#cpu#1#77", "model.promoted#memory#1#77"]);
});

test("one whose note got lost is announced again as the same event", async () => {
  const { ports, published } = await setUp(memoryBlobs());
  const table: Table = {
    ...ports.table,
    putMany: async (puts) => {
      if (puts.some(({ item }) => item.sk === "ALIAS#announced")) throw new AppError("UNAVAILABLE", "no table");
      return await ports.table.putMany(puts);
    },
  };
  const { announceFailure } = await trainDueDetectors({ ...ports, table });
  expect(announceFailure).toMatchObject({ error: { message: "no table" } });
  await trainDueDetectors({ ...ports, clock: () => 99 });
  expect(published.map(({ id }) => id)).toEqual(["cpu", "cpu", "memory"].map((name) => `model.promoted#${name}#1#77`));
  expect(published[1]).toEqual(published[0]);
});

test("of models that replaced each other before anybody told, the live one is announced, and each one after", async () => {
  const { ports, published } = await setUp(memoryBlobs());
  await ports.train("cpu");
  await ports.train("cpu");
  await trainDueDetectors(ports);
  await ports.train("cpu");
  await trainDueDetectors(ports);
  expect(published.filter(({ detail }) => detail.name === "cpu").map(({ detail }) => detail.version)).toEqual([2, 3]);
});

test("to go back to a version that was announced before is an event of its own", async () => {
  const { ports, published } = await setUp(memoryBlobs());
  for (const [version, atMs] of [
    [1, 1],
    [2, 2],
    [1, 3],
  ] as const) {
    await promote(ports, "cpu", version, atMs, { by: "ann", reason: "asked for" });
    await announceModels(ports, ["cpu"]);
  }
  expect(published.map(({ detail }) => detail.version)).toEqual([1, 2, 1]);
  expect(new Set(published.map(({ id }) => id)).size).toBe(3);
});

test("one that cannot be trained is reported with its code and stays due, the others are trained", async () => {
  const blobs = memoryBlobs();
  const faults: unknown[] = [new AppError("UNAVAILABLE", "no bucket"), new TypeError("a fault")];
  const failing: Blobs = {
    ...blobs,
    put: async (key, bytes) => {
      if (key.startsWith("models/cpu") && faults.length > 0) throw faults.shift();
      await blobs.put(key, bytes);
    },
  };
  const { ports, published } = await setUp(failing);
  const first = await trainDueDetectors(ports);
  expect(first).toMatchObject({ due: 2, trained: [{ name: "memory" }] });
  expect(first.failed).toMatchObject([{ detector: "cpu", rows: 30, code: "UNAVAILABLE" }]);
  const second = await trainDueDetectors(ports);
  expect(second).toMatchObject({ due: 1, trained: [], failed: [{ detector: "cpu", code: "INTERNAL" }] });
  expect(await trainDueDetectors(ports)).toMatchObject({ due: 1, trained: [{ name: "cpu" }], failed: [] });
  expect(published.map(({ detail }) => detail.name)).toEqual(["memory", "cpu"]);
});

test("a detector that cannot be read, and a model that cannot be read, keep nobody waiting", async () => {
  const blobs = memoryBlobs();
  const { ports } = await setUp(blobs);
  await ports.table.putMany([
    {
      item: { pk: "DETECTOR", sk: "newer", version: 1, doc: '{"id":"newer","forecast":true}' },
      condition: { kind: "any" },
    },
  ]);
  expect(await trainDueDetectors(ports)).toMatchObject({ due: 2, failed: [] });
  await blobs.put("models/cpu/1/manifest.json", new TextEncoder().encode("{"));
  blobs.objects.delete("models/memory/1/manifest.json");
  const again = await trainDueDetectors(ports);
  expect(again.trained.map(({ name, version }) => [name, version])).toEqual([
    ["cpu", 2],
    ["memory", 2],
  ]);
});

test("an alias that cannot be read costs its own detector alone", async () => {
  const { ports } = await setUp(memoryBlobs());
  const item = { ...modelAliasKey("cpu", "champion"), version: 1, doc: '{"champion":' };
  await ports.table.putMany([{ item, condition: { kind: "any" } }]);
  const report = await trainDueDetectors(ports);
  expect(report).toMatchObject({ trained: [{ name: "memory" }], failed: [{ detector: "cpu", code: "INTERNAL" }] });
});

test("a store that is away is no reason to train again", async () => {
  const blobs = memoryBlobs();
  const { ports } = await setUp(blobs);
  await trainDueDetectors(ports);
  blobs.get = () => Promise.reject(new AppError("UNAVAILABLE", "no bucket"));
  await expect(trainDueDetectors(ports)).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("each run begins with another detector: one that never ends lets the others be trained", async () => {
  const order = [];
  for (const nowMs of [0, 299_999, 300_000, 600_000]) {
    const { ports } = await setUp(memoryBlobs());
    const { trained } = await trainDueDetectors({ ...ports, clock: () => nowMs });
    order.push(trained.map(({ name }) => name).join());
  }
  expect(order).toEqual(["cpu,memory", "cpu,memory", "memory,cpu", "cpu,memory"]);
});
