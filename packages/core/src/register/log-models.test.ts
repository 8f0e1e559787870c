import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { detector, distanceScorer } from "../../../../test/support/scoring.ts";
import { fitLabelledSessions } from "../log/session/labelled.ts";
import { fitSessions } from "../log/session/session-model.ts";
import { mineLine, minerOf } from "../log/template/miner.ts";
import { templateId } from "../log/template/template.ts";
import { logModelOf, storedLogModel } from "./log-files.ts";
import { logModelCache } from "./log-model-cache.ts";
import { loadAnyManifest, loadLogModel, registerLogModel } from "./log-models.ts";
import { listVersions, loadManifest, modelFileKey, promote, registerModel, reserveVersion } from "./models.ts";

const { store, sessions } = (() => {
  const miner = minerOf();
  const [open, fail, close] = ["opened block", "cannot write block", "closed block"].map((text) =>
    templateId(mineLine(miner, text)),
  ) as [string, string, string];
  const normal = new Map([
    [open, 1],
    [close, 1],
  ]);
  const failed = new Map([
    [open, 1],
    [fail, 1],
  ]);
  return { store: miner.store, sessions: Array.from({ length: 60 }, (_, at) => (at % 10 === 0 ? failed : normal)) };
})();
const labels = Uint8Array.from(sessions, (_, at) => (at % 10 === 0 ? 1 : 0));

const stored = async (version: number, isLabelled = true) =>
  storedLogModel(
    {
      templates: store,
      sessions: fitSessions(sessions, new Set()),
      labelled: isLabelled ? await fitLabelledSessions(sessions, labels, 1) : undefined,
    },
    {
      ...{
        name: "hdfs",
        version,
        source: "pipeline",
        definition: "d",
        trainedAtMs: 77,
        trainingFromMs: 1,
        trainingToMs: 9,
      },
      ...{ labels: { anomalous: 6, normal: 54, hash: "h" }, seed: 1 },
    },
  );

const registryWith = async (versions: number) => {
  const ports = { table: memoryTable(), blobs: memoryBlobs() };
  for (let version = 1; version <= versions; version++) {
    await registerLogModel(ports, await stored(await reserveVersion(ports, "hdfs")));
  }
  return ports;
};

test("a log model reads back as it was, and the same one has the same bytes", async () => {
  const ports = await registryWith(1);
  const model = await loadLogModel(ports, "hdfs", 1);
  expect(model).toMatchObject({ version: 1, definition: "d", trainedAtMs: 77, trainingSessions: 60 });
  const { manifest, files } = await stored(1);
  expect(storedLogModel(model!, manifestFacts(manifest)).files).toEqual(files);
  expect(manifest).toMatchObject({ decidedBy: "labels", metrics: { templates: 3, coverage: 1, threshold: 0.5 } });
  expect(await loadAnyManifest(ports, "hdfs", 1)).toEqual(manifest);
  expect(await listVersions(ports, "hdfs", 9)).toEqual([
    { version: 1, state: "registered", trainedAtMs: 77, trainingRows: 60 },
  ]);
});

const manifestFacts = ({
  name,
  version,
  source,
  definition,
  ...rest
}: Awaited<ReturnType<typeof stored>>["manifest"]) => {
  const { trainedAtMs, trainingFromMs, trainingToMs, labels: learnt, seed } = rest;
  return { name, version, source, definition, trainedAtMs, trainingFromMs, trainingToMs, labels: learnt, seed };
};

test("a model without labels has no forest", async () => {
  const { manifest, files } = await stored(1, false);
  expect(Object.keys(files)).toEqual(["templates.bin", "sessions.json"]);
  expect(manifest).toMatchObject({ decidedBy: "signatures" });
  expect(manifest.metrics).not.toHaveProperty("threshold");
});

test("versions are immutable, and what is damaged is told from what is not there", async () => {
  const ports = await registryWith(1);
  await expect(registerLogModel(ports, await stored(1))).rejects.toMatchObject({ code: "CONFLICT" });
  await expect(loadLogModel(ports, "hdfs", 2)).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(loadManifest(ports, "hdfs", 1)).rejects.toMatchObject({ code: "CORRUPT" });
  const damage: [string, Uint8Array][] = [
    ["templates.bin", Uint8Array.of(1)],
    ["manifest.json", new TextEncoder().encode('{"family":"log-sessions"}')],
    ["manifest.json", Uint8Array.of(1)],
  ];
  for (const [file, bytes] of damage) {
    await ports.blobs.put(modelFileKey("hdfs", 1, file), bytes);
    await expect(loadLogModel(ports, "hdfs", 1)).rejects.toMatchObject({ code: "CORRUPT", message: /hdfs version 1/ });
  }
  const moved = await registryWith(2);
  const file = await moved.blobs.get(modelFileKey("hdfs", 2, "manifest.json"));
  await moved.blobs.put(modelFileKey("hdfs", 1, "manifest.json"), file!);
  await expect(loadLogModel(moved, "hdfs", 1)).rejects.toThrow(/another model/);
});

test("documents that are no JSON, or lack a file, are damage", async () => {
  for (const file of ["sessions.json", "forest.bin"]) {
    const ports = await registryWith(1);
    await ports.blobs.put(modelFileKey("hdfs", 1, file), Uint8Array.of(123));
    await expect(loadLogModel(ports, "hdfs", 1)).rejects.toMatchObject({ code: "CORRUPT" });
    ports.blobs.objects.delete(modelFileKey("hdfs", 1, file));
    await expect(loadLogModel(ports, "hdfs", 1)).rejects.toThrow(/sha256/);
  }
});

test("files that are what the manifest says, and still no model, are damage", async () => {
  const { manifest, files } = await stored(1, false);
  const bytes = new TextEncoder().encode("no JSON");
  const named = { bytes: bytes.length, sha256: bytesToHex(sha256(bytes)) };
  const changed = { ...manifest, files: { ...manifest.files, "sessions.json": named } };
  expect(() => logModelOf({ manifest: changed, files: { ...files, "sessions.json": bytes } }, "it")).toThrow(
    /sessions.json of it is no session model/,
  );
});

test("a version of a metric detector that had the same id is no log model", async () => {
  const ports = await registryWith(0);
  const scorer = await distanceScorer(detector({ id: "hdfs" }));
  await reserveVersion(ports, "hdfs");
  await registerModel(ports, { manifest: scorer.manifest, onnx: Uint8Array.of(1) });
  expect(await loadLogModel(ports, "hdfs", 1)).toBeUndefined();
});

test("the live model is loaded once, and again when another one is promoted", async () => {
  const ports = await registryWith(2);
  let nowMs = 0;
  let reads = 0;
  const blobs = {
    ...ports.blobs,
    get: async (key: string) => {
      reads++;
      return await ports.blobs.get(key);
    },
  };
  const modelOf = logModelCache({ ...ports, blobs, clock: () => nowMs }, { maxAgeMs: 1000 });
  expect(await modelOf("hdfs")).toBeUndefined();
  await promote(ports, "hdfs", 1, 5, { by: "test", reason: "test" });
  expect(await modelOf("hdfs")).toBeUndefined();
  nowMs = 1000;
  const [one, same] = await Promise.all([modelOf("hdfs"), modelOf("hdfs")]);
  expect([one?.version, same, reads]).toEqual([1, one, 4]);
  nowMs = 2000;
  expect([await modelOf("hdfs"), reads]).toEqual([one, 4]);
  await promote(ports, "hdfs", 2, 6, { by: "test", reason: "test" });
  nowMs = 3000;
  expect(await modelOf("hdfs")).toMatchObject({ version: 2 });
});
