import { expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { loading } from "../../../../test/support/scoring.ts";
import { Detector } from "../detector.ts";
import { fitDetector } from "../train/fit.ts";
import { aliasOf } from "./aliases.ts";
import { championOf, listVersions, loadModel, promote, registerModel, reserveVersion } from "./models.ts";
import { scorerCache } from "./scorer-cache.ts";

const detector = Detector.parse({
  id: "host",
  features: [{ metric: "cpu" }],
  model: { family: "isolation-forest", minTrainingRows: 16, trees: 2 },
});
const rows = Array.from({ length: 40 }, (_, row) => [row % 7]);
const model = (version: number) =>
  fitDetector(detector, [{ timestamps: rows.map((_, row) => row), rows }], {
    version,
    seed: version,
    nowMs: 1000 * version,
    featureHash: "f",
  });

const registry = () => ({ table: memoryTable(), blobs: memoryBlobs() });
const registryWith = async (versions: number) => {
  const ports = registry();
  for (let version = 1; version <= versions; version++) {
    expect(await reserveVersion(ports, "host")).toBe(version);
    await registerModel(ports, await model(version));
  }
  return ports;
};

test("a registered model reads back as it was", async () => {
  const ports = await registryWith(2);
  expect(await loadModel(ports, "host", 2)).toEqual(await model(2));
  expect(await listVersions(ports, "host", 10)).toEqual([
    { version: 2, state: "registered", trainedAtMs: 2000, trainingRows: 40 },
    { version: 1, state: "registered", trainedAtMs: 1000, trainingRows: 40 },
  ]);
});

test("trainers that reserve at the same time get different numbers", async () => {
  const ports = registry();
  const versions = await Promise.all(Array.from({ length: 8 }, () => reserveVersion(ports, "host")));
  expect([...versions].sort()).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test("a version cannot be registered twice, nor without having been reserved", async () => {
  const ports = await registryWith(1);
  const before = await loadModel(ports, "host", 1);
  const { manifest, onnx } = await model(1);
  const other = { onnx, manifest: { ...manifest, trainingRows: 41 } };
  await expect(registerModel(ports, other)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await loadModel(ports, "host", 1)).toEqual(before);
  await expect(registerModel(ports, await model(2))).rejects.toMatchObject({ code: "CONFLICT" });
});

test("a model that does not fit into a function is not registered, whatever made it", async () => {
  const ports = await registryWith(1);
  const { manifest } = await loadModel(ports, "host", 1);
  const onnx = { length: 100_000_001 } as Uint8Array;
  await expect(registerModel(ports, { manifest, onnx })).rejects.toMatchObject({ code: "TOO_LARGE" });
});

test("a reserved number whose trainer died is a gap, not a version", async () => {
  const ports = await registryWith(1);
  expect(await reserveVersion(ports, "host")).toBe(2);
  expect(await reserveVersion(ports, "host")).toBe(3);
  await registerModel(ports, await model(3));
  expect((await listVersions(ports, "host", 10)).map(({ version }) => version)).toEqual([3, 1]);
  await expect(loadModel(ports, "host", 2)).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("promotion moves the champion and keeps the one before as previous", async () => {
  const ports = await registryWith(2);
  expect(await championOf(ports, "host")).toBeUndefined();
  await promote(ports, "host", 1, 10, { by: "test", reason: "test" });
  expect(await aliasOf(ports, "host", "previous")).toBeUndefined();
  await promote(ports, "host", 2, 20, { by: "test", reason: "test" });
  expect((await championOf(ports, "host"))?.manifest.version).toBe(2);
  expect(await aliasOf(ports, "host", "champion")).toMatchObject({ version: 2, sinceMs: 20, revision: 2 });
  expect(await aliasOf(ports, "host", "previous")).toMatchObject({ version: 1 });
  await promote(ports, "host", 2, 30, { by: "test", reason: "test" });
  expect(await aliasOf(ports, "host", "previous")).toMatchObject({ version: 1 });
});

test("of two promotions at the same time one is refused", async () => {
  const ports = await registryWith(3);
  await promote(ports, "host", 1, 10, { by: "test", reason: "test" });
  const outcomes = await Promise.allSettled([
    promote(ports, "host", 2, 20, { by: "test", reason: "test" }),
    promote(ports, "host", 3, 20, { by: "test", reason: "test" }),
  ]);
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  expect(refused).toHaveLength(1);
  expect(refused[0]!.reason).toMatchObject({ code: "CONFLICT" });
});

test("damaged files are refused by name", async () => {
  const ports = await registryWith(1);
  const { onnx } = await loadModel(ports, "host", 1);
  const flipped = Uint8Array.from(onnx);
  flipped[100] = flipped[100]! ^ 1;
  await ports.blobs.put("models/host/1/model.onnx", flipped);
  await expect(loadModel(ports, "host", 1)).rejects.toMatchObject({
    code: "CORRUPT",
    message: "model host version 1 does not have the sha256 that its manifest states",
  });
  await ports.blobs.put("models/host/1/manifest.json", new TextEncoder().encode('{"format":2}'));
  await expect(loadModel(ports, "host", 1)).rejects.toMatchObject({ code: "CORRUPT" });
  await ports.blobs.put("models/host/1/manifest.json", new TextEncoder().encode("{"));
  await expect(loadModel(ports, "host", 1)).rejects.toMatchObject({ code: "CORRUPT" });
});

test("files of another model are refused", async () => {
  const ports = await registryWith(2);
  for (const file of ["model.onnx", "manifest.json"]) {
    await ports.blobs.put(`models/host/1/${file}`, (await ports.blobs.get(`models/host/2/${file}`))!);
  }
  await expect(loadModel(ports, "host", 1)).rejects.toThrow("models/host/1 is that of another model");
});

const cacheOver = (ports: ReturnType<typeof registry>) => {
  const state = { nowMs: 0, loads: 0, failures: 0 };
  const runtime = {
    load: async () => {
      state.loads++;
      if (state.failures-- > 0) throw new Error("out of memory");
      return loading({ columns: 1, run: async () => new Float32Array(0) }).load();
    },
  };
  return { state, scorerOf: scorerCache({ ...ports, runtime, clock: () => state.nowMs }, { maxAgeMs: 1000 }) };
};

test("the scorer cache loads a champion once, and sees a new one when its answer is too old", async () => {
  const ports = await registryWith(2);
  const { state, scorerOf } = cacheOver(ports);
  expect(await scorerOf("host")).toBeUndefined();
  await promote(ports, "host", 1, 0, { by: "test", reason: "test" });
  expect(await scorerOf("host")).toBeUndefined();
  state.nowMs = 1000;
  const scorers = await Promise.all([scorerOf("host"), scorerOf("host")]);
  expect(scorers[0]?.manifest.version).toBe(1);
  expect(scorers[1]).toBe(scorers[0]);
  state.nowMs = 2000;
  expect(await scorerOf("host")).toBe(scorers[0]);
  expect(state.loads).toBe(1);
  await promote(ports, "host", 2, 0, { by: "test", reason: "test" });
  expect((await scorerOf("host"))?.manifest.version).toBe(1);
  state.nowMs = 3000;
  expect((await scorerOf("host"))?.manifest.version).toBe(2);
  expect(state.loads).toBe(2);
});

test("a load that fails after its answer went stale does not harm the one that replaced it", async () => {
  const ports = await registryWith(1);
  await promote(ports, "host", 1, 0, { by: "test", reason: "test" });
  const { state, scorerOf } = cacheOver(ports);
  state.failures = 1;
  const first = scorerOf("host");
  state.nowMs = 1000;
  const second = scorerOf("host");
  await expect(first).rejects.toThrow("out of memory");
  expect((await second)?.manifest.version).toBe(1);
  expect(await scorerOf("host")).toBe(await second);
  expect(state.loads).toBe(2);
});

test("a table that always conflicts ends in an error, not in an endless loop", async () => {
  const table = { ...memoryTable(), putMany: async (puts: readonly unknown[]) => puts.map(() => "conflict" as const) };
  await expect(reserveVersion({ table }, "host")).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("a failed load is tried again at the next call", async () => {
  const ports = await registryWith(1);
  await promote(ports, "host", 1, 0, { by: "test", reason: "test" });
  const { state, scorerOf } = cacheOver(ports);
  state.failures = 1;
  await expect(scorerOf("host")).rejects.toThrow("out of memory");
  expect((await scorerOf("host"))?.manifest.version).toBe(1);
});
