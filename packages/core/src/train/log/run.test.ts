import { beforeEach, expect, test } from "vitest";
import { fastModels } from "../../../../../test/support/examine-here.ts";
import { memoryBlobs } from "../../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { AppError } from "../../errors.ts";
import { definitionHash } from "../../log/definition.ts";
import { LogDetector } from "../../log/detector.ts";
import { listAnomalousSessions } from "../../log/read/anomalous-sessions.ts";
import { addLine, freshSession, type Session } from "../../log/session/session.ts";
import { scoreSession } from "../../log/session/session-model.ts";
import { encodeEnded } from "../../log/store/ended-sessions.ts";
import { encodeStore } from "../../log/template/codec.ts";
import { type Miner, mineLine, minerOf } from "../../log/template/miner.ts";
import { templatesOf } from "../../log/template/store.ts";
import { templateId, templateText } from "../../log/template/template.ts";
import { aliasOf } from "../../register/aliases.ts";
import { loadAnyManifest, loadLogModel } from "../../register/log-models.ts";
import { modelFileKey, promote } from "../../register/models.ts";
import { deleteDetector, putDetector } from "../../store/detectors.ts";
import { endedSessionsKey, labelKey, shardTemplatesKey, templateKey } from "../../store/keys.ts";
import { putLabels } from "../../store/labels.ts";
import { trainDetector, trainerOf } from "../run.ts";
import { trainDueDetectors } from "../run-due.ts";
import { dueLogDetectors } from "./due.ts";

const [DAY_MS, HOUR_MS] = [24 * 3_600_000, 3_600_000];
const START_MS = Date.UTC(2026, 10, 20, 12);
const [FROM_MS, TO_MS] = [Date.UTC(1990, 0, 1), Date.UTC(2100, 0, 1)];

const hdfs = LogDetector.parse({ id: "hdfs", match: { type: "log" }, session: { minTrainingSessions: 40 } });
const NORMAL = ["opened block 1", "wrote 17 bytes", "closed block 1"];
const FAILED = ["opened block 1", "cannot write block 1"];

let nowMs: number;
let miner: Miner;
let ports: ReturnType<typeof portsOf>;
const portsOf = () => ({
  ...{ table: memoryTable(() => nowMs), blobs: memoryBlobs(), clock: () => nowMs, bus: { publish: async () => {} } },
  ...fastModels,
});
beforeEach(async () => {
  nowMs = START_MS;
  miner = minerOf();
  ports = portsOf();
  await putDetector(ports.table, hdfs, undefined);
});

const sessionOf = (key: string, lines: readonly string[], startMs = 1_200_000_000_000): Session => {
  const session = freshSession(key, startMs);
  for (const [index, line] of lines.entries()) {
    const at = { shardId: "a", sequenceNumber: String(index), arrivalMs: nowMs, part: 0, digest: 0 };
    addLine(session, { templateId: templateId(mineLine(miner, line)), timestampMs: startMs + index, at });
  }
  return session;
};

let items = 0;
/** As the log stage leaves them. */
const end = async (sessions: readonly Session[], arrivalMs = nowMs, of = hdfs) => {
  items++;
  const key = endedSessionsKey("hdfs", arrivalMs, String(items).padStart(6, "0"));
  const doc = JSON.stringify({ definition: definitionHash(of) });
  const bytes = encodeEnded(sessions);
  const shard = { ...shardTemplatesKey("hdfs", "a"), version: items, bytes: encodeStore(miner.store) };
  await ports.table.putMany([
    { item: { ...key, version: sessions.length, bytes, doc }, condition: { kind: "any" } },
    { item: shard, condition: { kind: "any" } },
  ]);
};
const normals = (count: number, prefix = "blk") =>
  Array.from({ length: count }, (_, index) => sessionOf(`${prefix}_${index}`, NORMAL));
const due = async () => (await dueLogDetectors(ports)).map(({ detector, rows }) => [detector.id, rows]);
const label = (key: string, kind: "anomalous" | "normal", toMs = TO_MS) =>
  putLabels(ports, [{ detector: "hdfs", entity: key, fromMs: FROM_MS, toMs, label: kind }]);

test("a detector is due with sessions enough, and trains on them", async () => {
  await end(normals(39));
  expect(await due()).toEqual([]);
  await expect(trainDetector(ports, "hdfs")).rejects.toMatchObject({ code: "CONFLICT", message: /has 39: 1 more/ });
  await end([sessionOf("blk_39", NORMAL)], nowMs - 3 * DAY_MS);
  expect(await due()).toEqual([["hdfs", 40]]);
  expect(await trainerOf(ports)("hdfs")).toEqual({ name: "hdfs", version: 1, trainingRows: 40 });
  expect(await aliasOf(ports, "hdfs", "champion")).toMatchObject({ version: 1 });
  const model = await loadLogModel(ports, "hdfs", 1);
  expect([...templatesOf(model!.templates)].map(templateText).sort()).toEqual([
    ...["closed block <*>", "opened block <*>", "wrote <*> bytes"],
  ]);
  expect(await due()).toEqual([]);
  expect(await trainerOf(ports)("hdfs")).toMatchObject({ version: 2 });
  const files = ["templates.bin", "sessions.json"].map((file) =>
    [1, 2].map((version) => ports.blobs.objects.get(modelFileKey("hdfs", version, file))),
  );
  for (const [first, second] of files) expect(second).toEqual(first);
});

test("a session that ended twice counts once, as it was with the most lines; the newest are taken", async () => {
  await end([sessionOf("blk_0", NORMAL.slice(0, 2))], nowMs - DAY_MS);
  await end([sessionOf("blk_0", NORMAL)]);
  await end([sessionOf("blk_0", NORMAL.slice(0, 1))]);
  for (let part = 0; part < 14; part++) await end(normals(10, `p${part}`), nowMs - 2 * DAY_MS - part);
  const few = { ...hdfs, session: { ...hdfs.session, maxTrainingSessions: 50 } };
  await putDetector(ports.table, few, 1);
  const manifest = await trainDetector(ports, "hdfs");
  expect(manifest).toMatchObject({ trainingSessions: 50, metrics: { coverage: 1, signatures: 1 } });
});

test("all items of a day are read, however many they are", async () => {
  for (let part = 0; part < 25; part++) await end(normals(2, `p${part}`), nowMs - part);
  expect(await due()).toEqual([["hdfs", 50]]);
});

test("sessions that ended more than five weeks ago are not looked for", async () => {
  await end(normals(60), nowMs - 40 * DAY_MS);
  expect(await due()).toEqual([]);
});

test("lines of a template whose level tells of trouble are severe", async () => {
  const lines = [...NORMAL, "flushed queue"];
  const sessions = normals(300).concat([sessionOf("odd_1", lines), sessionOf("odd_2", lines)]);
  await end(sessions);
  const id = templateId(mineLine(miner, "flushed queue"));
  const first = { shardId: "a", sequenceNumber: "1", arrivalMs: 1, part: 0, digest: 0 };
  const doc = JSON.stringify({
    id,
    text: "flushed queue",
    level: "WARN",
    firstMs: 1,
    first,
    isNew: true,
  });
  const listing = { ...templateKey("hdfs", id), version: 1, doc };
  await ports.table.putMany([{ item: listing, condition: { kind: "any" } }]);
  await putDetector(ports.table, { ...hdfs, session: { ...hdfs.session, training: "normal" } }, 1);
  await trainDetector(ports, "hdfs");
  const model = await loadLogModel(ports, "hdfs", 1);
  expect([...model!.sessions.signatures.severe]).toEqual([id]);
  await ports.table.putMany([{ item: { ...listing, doc: "{}" }, condition: { kind: "any" } }]);
  await expect(trainDetector(ports, "hdfs")).rejects.toMatchObject({
    code: "CORRUPT",
    message: /the template .* cannot be read/,
  });
});

test("labels of both kinds teach a forest; labelled anomalies teach nothing else", async () => {
  await end([...normals(60), ...Array.from({ length: 10 }, (_, index) => sessionOf(`bad_${index}`, FAILED))]);
  for (let index = 0; index < 9; index++) await label(`bad_${index}`, "anomalous");
  for (let index = 0; index < 10; index++) await label(`blk_${index}`, "normal");
  expect(await trainDetector(ports, "hdfs")).toMatchObject({
    ...{ decidedBy: "signatures", trainingSessions: 61, labels: { anomalous: 9, normal: 10 } },
  });
  await label("bad_9", "anomalous");
  const manifest = await trainDetector(ports, "hdfs");
  expect(manifest).toMatchObject({ decidedBy: "labels", labels: { anomalous: 10, normal: 10 }, trainingSessions: 60 });
  expect(manifest).toMatchObject({ metrics: { threshold: 0.5, signatures: 1 } });
  const model = await loadLogModel(ports, "hdfs", 2);
  const id = templateId(mineLine(miner, "cannot write block 1"));
  expect(model!.labelled!.vocabulary).toContain(id);
  expect(scoreSession(model!.sessions, new Map([[id, 1]])).score).toBeGreaterThan(0);
  // A label that ends before the session began says nothing of it.
  await label("bad_9", "anomalous", FROM_MS + 1);
  await putLabels(ports, [{ detector: "hdfs", entity: "gone", fromMs: FROM_MS, toMs: TO_MS, label: "normal" }]);
  expect(await trainDetector(ports, "hdfs")).toMatchObject({ labels: { anomalous: 10, normal: 10 } });
});

test("a model is out of date when labels changed, but an hour passes first", async () => {
  await end(normals(60));
  await trainDetector(ports, "hdfs");
  await label("blk_0", "normal");
  expect(await due()).toEqual([]);
  nowMs += HOUR_MS;
  expect(await due()).toEqual([["hdfs", 60]]);
  // Who looked has an hour to train: a training that fails is not tried again at once.
  expect(await due()).toEqual([]);
  nowMs += HOUR_MS;
  expect(await due()).toEqual([["hdfs", 60]]);
  await trainDetector(ports, "hdfs");
  nowMs += HOUR_MS;
  expect(await due()).toEqual([]);
});

test("a model is out of date when as many sessions came again, or new templates", async () => {
  await end(normals(60));
  await trainDetector(ports, "hdfs");
  nowMs += HOUR_MS;
  await end(normals(59, "again"));
  expect(await due()).toEqual([]);
  await end([sessionOf("one", NORMAL)]);
  nowMs += HOUR_MS;
  expect(await due()).toEqual([["hdfs", 120]]);
  await trainDetector(ports, "hdfs");
  nowMs += HOUR_MS;
  await end(Array.from({ length: 19 }, (_, index) => sessionOf(`new_${index}`, [...NORMAL, "compacted it"])));
  expect(await due()).toEqual([]);
  nowMs += HOUR_MS;
  await end([sessionOf("new_19", [...NORMAL, "compacted it"])]);
  expect(await due()).toEqual([["hdfs", 140]]);
});

test("going back to an older version lasts, and a model made from a file stays", async () => {
  await end(normals(60));
  await trainDetector(ports, "hdfs");
  nowMs += HOUR_MS;
  await end(normals(60, "again"));
  expect(await trainDetector(ports, "hdfs")).toMatchObject({ version: 2, trainingSessions: 120 });
  nowMs += HOUR_MS;
  await promote(ports, "hdfs", 1, nowMs, { by: "test", reason: "test" });
  expect(await due()).toEqual([]);
  const manifest = await loadAnyManifest(ports, "hdfs", 1);
  const file = new TextEncoder().encode(JSON.stringify({ ...manifest, source: "file" }));
  await ports.blobs.put(modelFileKey("hdfs", 1, "manifest.json"), file);
  nowMs += 9 * DAY_MS;
  await end(normals(900, "more"));
  expect(await due()).toEqual([]);
});

test("a model that is damaged is replaced, and its ids are lost with it", async () => {
  await end(normals(60));
  await trainDetector(ports, "hdfs");
  for (const file of ["templates.bin", "manifest.json"]) {
    await ports.blobs.put(modelFileKey("hdfs", 1, file), Uint8Array.of(1));
    nowMs += HOUR_MS;
    expect(await due()).toEqual([["hdfs", 60]]);
  }
  expect(await trainDetector(ports, "hdfs")).toMatchObject({ version: 2, metrics: { templates: 3 } });
  ports.blobs.get = async () => {
    throw new AppError("UNAVAILABLE", "no disk");
  };
  await expect(due()).rejects.toThrow("no disk");
});

test("sessions that cannot be read are left out and counted", async () => {
  const doc = JSON.stringify({ definition: definitionHash(hdfs) });
  const damaged = (parts: object) => ({ version: 1, bytes: Uint8Array.of(1), doc, ...parts });
  const put = (sideId: string, parts: object) => {
    const item = { ...endedSessionsKey("hdfs", nowMs, sideId), ...damaged(parts) };
    return ports.table.putMany([{ item, condition: { kind: "any" } }]);
  };
  await end(normals(39));
  await put("x", {});
  await put("y", { doc: "{" });
  await put("z", { bytes: undefined });
  await expect(trainDetector(ports, "hdfs")).rejects.toThrow("has 39: 1 more; 3 items of them cannot be read");
  expect(await due()).toEqual([]);
  await end([sessionOf("blk_39", NORMAL)]);
  const report = await trainDueDetectors({ ...ports, train: trainerOf(ports) });
  expect(report).toMatchObject({ due: 1, trained: [{ trainingRows: 40, unreadableItems: 3 }], failed: [] });
  expect(await loadAnyManifest(ports, "hdfs", 1)).toMatchObject({ unreadableItems: 3 });
});

test("labels that are damaged keep no other detector waiting", async () => {
  await end(normals(60));
  const item = { ...labelKey("hdfs", "blk_1", 1, 2), version: 1, doc: "{}" };
  await ports.table.putMany([{ item, condition: { kind: "any" } }]);
  const report = await trainDueDetectors({ ...ports, train: trainerOf(ports) });
  expect(report).toMatchObject({ due: 1, trained: [], failed: [{ detector: "hdfs", rows: 0, code: "CORRUPT" }] });
});

test("sessions of one key that began at once are told apart by their first lines", async () => {
  const at = (session: Session, part: number) => {
    session.entries[0]!.first.part = part;
    return session;
  };
  await end(normals(38));
  await end([at(sessionOf("blk_x", NORMAL), 1), at(sessionOf("blk_x", NORMAL), 2)]);
  await end([at(sessionOf("blk_x", NORMAL), 2)]);
  expect(await due()).toEqual([["hdfs", 40]]);
});

test("templates that the model knows stay known when no shard has them any more", async () => {
  await end(normals(60));
  await trainDetector(ports, "hdfs");
  miner = minerOf();
  await end([sessionOf("late", ["compacted it"])]);
  expect(await trainDetector(ports, "hdfs")).toMatchObject({ version: 2, metrics: { templates: 4 } });
});

const byPod = LogDetector.parse({ ...hdfs, session: { ...hdfs.session, key: { pattern: "pod-\\d+" } } });

test("after a change of the key neither the model nor the sessions of before count", async () => {
  await end(normals(60));
  await trainDetector(ports, "hdfs");
  await putDetector(ports.table, byPod, 1);
  await end(normals(39, "pod"), nowMs, byPod);
  expect(await due()).toEqual([]);
  await expect(trainDetector(ports, "hdfs")).rejects.toThrow("has 39: 1 more");
  await end([sessionOf("pod-1", NORMAL)], nowMs, byPod);
  // No hour passes: it has no model.
  expect(await due()).toEqual([["hdfs", 40]]);
  const manifest = await trainDetector(ports, "hdfs");
  expect(manifest).toMatchObject({ version: 2, trainingSessions: 40, definition: definitionHash(byPod) });
  expect(await due()).toEqual([]);
  // Back to what it was, the first model is none of the newest definition, and its sessions are still there.
  await putDetector(ports.table, hdfs, 2);
  expect(await due()).toEqual([["hdfs", 60]]);
  await promote(ports, "hdfs", 1, nowMs, { by: "test", reason: "test" });
  nowMs += HOUR_MS;
  await end(normals(59, "again"));
  expect(await due()).toEqual([]);
});

test("a detector that is made anew under an id learns from its own sessions, whatever model is there", async () => {
  await end(normals(60));
  await trainDetector(ports, "hdfs");
  const file = { ...(await loadAnyManifest(ports, "hdfs", 1)), source: "file" };
  await ports.blobs.put(modelFileKey("hdfs", 1, "manifest.json"), new TextEncoder().encode(JSON.stringify(file)));
  await deleteDetector(ports.table, "hdfs", 1);
  const anew = { ...byPod, match: { ...byPod.match, entity: "web-*" } };
  await putDetector(ports.table, anew, undefined);
  expect(await due()).toEqual([]);
  const odd = Array.from({ length: 40 }, (_, index) => sessionOf(`pod-${index}`, ["compacted it"]));
  await end(odd, nowMs, anew);
  expect(await due()).toEqual([["hdfs", 40]]);
  await trainDetector(ports, "hdfs");
  const model = await loadLogModel(ports, "hdfs", 2);
  expect(model).toMatchObject({ trainingSessions: 40, definition: definitionHash(anew) });
});

test("sessions of which is not said what they are teach nothing", async () => {
  await end(normals(60));
  for (const item of ports.table.items().filter(({ pk }) => pk.startsWith("ENDED-SESSIONS#"))) {
    const { doc: _, ...rest } = item;
    await ports.table.putMany([{ item: rest, condition: { kind: "any" } }]);
  }
  expect(await due()).toEqual([]);
});

test("what ended before there was a model is judged by the first one, and by that alone", async () => {
  const listed = async () =>
    (await listAnomalousSessions(ports.table, "hdfs", { fromMs: 0, toMs: TO_MS, limit: 100 })).map(
      ({ verdict }) => verdict,
    );
  await end([...normals(100), sessionOf("blk_odd", FAILED)]);
  expect(await listed()).toEqual([]);
  await trainDetector(ports, "hdfs");
  expect(await listed()).toMatchObject([
    { key: "blk_odd", modelVersion: 1, isFinal: true, extra: [{ template: "cannot write block <*>", count: 1 }] },
  ]);
  await end([sessionOf("blk_other", FAILED)]);
  await trainDetector(ports, "hdfs");
  expect((await listed()).map(({ key }) => key)).toEqual(["blk_odd"]);
});
