import { expect, test } from "vitest";
import { fastModels } from "../../../../test/support/examine-here.ts";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, loading, metric, record, scorePorts } from "../../../../test/support/scoring.ts";
import type { Detector } from "../detector.ts";
import { featureHash } from "../feature/hash.ts";
import type { Manifest } from "../model/manifest.ts";
import { randomOf } from "../model/random.ts";
import { loadScorer } from "../model/scorer.ts";
import { aliasOf } from "../register/aliases.ts";
import { championOf } from "../register/models.ts";
import { type ScorePorts, scoreBatch } from "../score/run.ts";
import { putDetector } from "../store/detectors.ts";
import { countTrainingRows, dueDetectors } from "./due.ts";
import { type TrainPorts, trainDetector } from "./run.ts";

const host = detector({ model: { minTrainingRows: 100, trees: 10 } });

/** The model that the manifest describes, with a run that calls every row ordinary. */
const scorerFor = (manifest: Manifest) =>
  loadScorer(
    loading({ columns: 2, run: async (_, rowCount) => new Float32Array(rowCount) }),
    manifest,
    new Uint8Array(0),
  );

/** Of a metric detector. */
const trained = async (ports: TrainPorts, id: string) => (await trainDetector(ports, id)) as Manifest;

const setUp = async (document: Detector) => {
  const ports = { table: memoryTable(), blobs: memoryBlobs(), clock: () => 77, ...fastModels };
  await putDetector(ports.table, document, undefined);
  let sequence = 0;
  const random = randomOf(1);
  /** Rows of two entities, in turn. */
  const observe = async (of: Detector, rows: number, scorerOf?: ScorePorts["scorerOf"]) => {
    const records = Array.from({ length: rows }, () => {
      const values = { cpu: 50 + 10 * random.unit(), memory: 20 + random.unit(), disk: random.unit() };
      sequence++;
      return record(sequence, metric(sequence % 2 === 0 ? "a" : "b", sequence, values));
    });
    const scoring = scorePorts(ports.table, [of], []);
    await scoreBatch(scorerOf ? { ...scoring, scorerOf } : scoring, records);
  };
  return { ports, observe };
};

test("a detector is due when its series hold enough rows, until it has a model", async () => {
  const { ports, observe } = await setUp(host);
  await observe(host, 99);
  expect(await dueDetectors(ports)).toEqual([]);
  await expect(trainDetector(ports, "host")).rejects.toMatchObject({ code: "CONFLICT" });
  await observe(host, 1);
  expect(await dueDetectors(ports)).toEqual([{ detector: host, rows: 100 }]);
  const manifest = await trained(ports, "host");
  expect(manifest).toMatchObject({ name: "host", version: 1, trainingRows: 100, trainedAtMs: 77 });
  expect((await championOf(ports, "host"))?.manifest).toEqual(manifest);
  expect(await dueDetectors(ports)).toEqual([]);
});

test("training again makes the next version champion and keeps the first as previous", async () => {
  const { ports, observe } = await setUp(host);
  await observe(host, 120);
  await trainDetector(ports, "host");
  expect((await trainDetector(ports, "host")).version).toBe(2);
  expect(await aliasOf(ports, "host", "champion")).toMatchObject({ version: 2 });
  expect(await aliasOf(ports, "host", "previous")).toMatchObject({ version: 1 });
});

test("with more rows than the detector uses, each series gives its newest ones", async () => {
  const few = detector({ model: { minTrainingRows: 20, maxTrainingRows: 40, trees: 2 } });
  const { ports, observe } = await setUp(few);
  await observe(few, 400);
  const manifest = await trained(ports, "host");
  expect(manifest.trainingRows).toBe(40);
  expect(manifest.trainingToMs - manifest.trainingFromMs).toBe(39_000);
});

test("rows of former features are not trained on", async () => {
  const { ports, observe } = await setUp(host);
  await observe(host, 150);
  const changed = detector({ ...host, features: [{ metric: "cpu" }, { metric: "disk" }] });
  await putDetector(ports.table, changed, 1);
  await observe(changed, 60);
  expect(await countTrainingRows(ports.table, host)).toBe(0);
  expect(await dueDetectors(ports)).toEqual([]);
  await expect(trainDetector(ports, "host")).rejects.toThrow("needs 100 complete rows to train and has 60: 40 more");
  await observe(changed, 40);
  const manifest = await trained(ports, "host");
  expect(manifest).toMatchObject({ trainingRows: 100, featureHash: featureHash(changed) });
  expect(manifest.scaling[1]!.center).toBeLessThan(1); // disk, not memory
});

test("rows of the same features are trained on, whatever scored them and whatever else the detector changed", async () => {
  const { ports, observe } = await setUp(host);
  await observe(host, 100);
  const first = await trained(ports, "host");
  const { scorerOf } = scorePorts(ports.table, [], [await scorerFor(first)]);
  await observe(host, 50, scorerOf);
  await putDetector(ports.table, detector({ ...host, sensitivity: 9 }), 1);
  expect(await trainDetector(ports, "host")).toMatchObject({ version: 2, trainingRows: 150 });
});

test("what a series was while it learnt by itself is history for another family, at once", async () => {
  const online = detector({ model: { family: "stream" } });
  const { ports, observe } = await setUp(online);
  await observe(online, 200);
  expect(await dueDetectors(ports)).toEqual([]);
  await putDetector(ports.table, detector({ model: { family: "var", minTrainingRows: 100 } }), 1);
  const [due] = await dueDetectors(ports);
  expect(due).toMatchObject({ rows: 200 });
  expect(await trainDetector(ports, "host")).toMatchObject({ family: "var", trainingRows: 194 });
});

test("an unknown detector is named, a disabled one is never due", async () => {
  const off = detector({ enabled: false, model: { minTrainingRows: 16 } });
  const { ports, observe } = await setUp(off);
  await observe(off, 50);
  expect(await dueDetectors(ports)).toEqual([]);
  await expect(trainDetector(ports, "other")).rejects.toMatchObject({
    code: "NOT_FOUND",
    message: "there is no detector other",
  });
});

test("a model that is too slow is refused with the figure, and nothing is registered", async () => {
  const { ports, observe } = await setUp(host);
  await observe(host, 120);
  let spentMs = 0;
  const slow = { ...ports, cpuMs: () => (spentMs += 500) };
  await expect(trainDetector(slow, "host")).rejects.toThrow(/takes [\d.]+ ms per row; at most 1 ms is allowed/);
  expect(await aliasOf(ports, "host", "champion")).toBeUndefined();
  expect(await dueDetectors(ports)).toHaveLength(1);
});
