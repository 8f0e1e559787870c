import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { runKey, runPartKey } from "../store/keys.ts";
import type { Put, Table } from "../store/ports.ts";
import { listFolder, putArtifact } from "./artifacts.ts";
import { changeExperiment } from "./experiments.ts";
import { logInputs, logOutputs } from "./inputs.ts";
import { listRuns } from "./list.ts";
import { logMetrics, metricHistory } from "./metrics.ts";
import { logParams } from "./params.ts";
import { EntryName, type Metric } from "./run.ts";
import { changeRun, createRun, createRunIn, endRun, getRun } from "./runs.ts";
import { deleteTag, setTags } from "./tags.ts";
import { changeItem } from "./write.ts";

let table: ReturnType<typeof memoryTable>;
let ports: { table: Table };
beforeEach(() => {
  table = memoryTable();
  ports = { table };
});

const start = (more: Partial<Parameters<typeof createRun>[1]> = {}) =>
  createRun(ports, { experiment: "web", name: "first", startMs: 1000, ...more });

describe("a run", () => {
  test("holds what was logged to it, and what it was made from", async () => {
    const dataset = { name: "rows", digest: "a".repeat(64), sourceType: "tidewatch", source: "{}", tags: {} };
    const id = await start({ params: { trees: "100" }, tags: { host: "h1" }, inputs: [dataset], userId: "ann" });
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    await logMetrics(ports, id, [
      { key: "loss", value: 0.5, timestampMs: 1100 },
      { key: "loss", value: 0.25, step: 1, timestampMs: 1200 },
    ]);
    await setTags(ports, id, { host: "h2", seed: "7" });
    await logInputs(ports, id, { models: [{ modelId: "m-1", step: 0 }] });
    await logOutputs(ports, id, [{ modelId: "m-2", step: 3 }]);
    await endRun(ports, id, { status: "FINISHED", endMs: 2000 });
    expect(await getRun(ports, id)).toEqual({
      ...{ id, experimentId: expect.stringMatching(/^\d{18}$/), name: "first", userId: "ann" },
      ...{ status: "FINISHED", startMs: 1000, endMs: 2000, stage: "active" },
      params: { trees: "100" },
      tags: { host: "h2", seed: "7" },
      metrics: { loss: { value: 0.25, step: 1, timestampMs: 1200 } },
      inputs: [dataset],
      modelInputs: [{ modelId: "m-1", step: 0 }],
      modelOutputs: [{ modelId: "m-2", step: 3 }],
    });
  });

  test("that is begun again is the same one, wherever the first try died", async () => {
    const wanted = { params: { a: "1" }, tags: { b: "2" }, id: "0123456789abcdef0123456789abcdef" };
    await start(wanted);
    const whole = table.items();
    for (let puts = 0; puts < whole.length; puts++) {
      const broken = memoryTable();
      let left = puts;
      const dying: Table = {
        ...broken,
        putMany: async (all: readonly Put[]) => {
          if (left-- <= 0) throw new Error("dead");
          return broken.putMany(all);
        },
      };
      ports = { table: dying };
      await start(wanted).catch(() => undefined);
      ports = { table: broken };
      expect(await start(wanted)).toBe(wanted.id);
      expect(broken.items()).toEqual(whole);
    }
  });

  test("of an experiment that is deleted or that there is not cannot be begun", async () => {
    const id = await start();
    const { experimentId } = await getRun(ports, id);
    await changeExperiment(ports, experimentId, { stage: "deleted" }, 1);
    await expect(start({ name: "second" })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(createRunIn(ports, "nope", { name: "", startMs: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("can be renamed, deleted and restored; one that there is not cannot", async () => {
    const id = await start();
    await changeRun(ports, id, { name: "other", stage: "deleted" }, 5);
    expect(await changeRun(ports, id, { status: "KILLED" }, 6)).toMatchObject({ deletedAtMs: 5, name: "other" });
    expect(await changeRun(ports, id, { stage: "active" }, 7)).not.toHaveProperty("deletedAtMs");
    await expect(changeRun(ports, "none", {}, 1)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(getRun(ports, "none")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("whose item cannot be read says so", async () => {
    const id = await start();
    await table.putMany([{ item: { ...runKey(id), version: 9, doc: "{}" }, condition: { kind: "any" } }]);
    await expect(getRun(ports, id)).rejects.toMatchObject({ code: "CORRUPT" });
    const broken = { ...runPartKey(id, "METRIC", "m"), version: 9, doc: '{"value":"x"}' };
    await table.putMany([{ item: broken, condition: { kind: "any" } }]);
    await expect(logMetrics(ports, id, [{ key: "m", value: 1, timestampMs: 1 }])).rejects.toMatchObject({
      code: "CORRUPT",
    });
  });
});

describe("params", () => {
  test("are said once: the same value again is harmless, another one is refused, and nothing of the call is kept", async () => {
    const id = await start({ params: { a: "1" } });
    await logParams(ports, id, { a: "1", b: "2" });
    await expect(logParams(ports, id, { a: "3", c: "4" })).rejects.toThrow(/'a' was already logged with value='1'/);
    expect((await getRun(ports, id)).params).toEqual({ a: "1", b: "2" });
  });

  test("that two writers say at once are those of the first", async () => {
    const id = await start();
    const { getMany } = table;
    let reads = 0;
    ports = {
      table: {
        ...table,
        getMany: async (keys) => {
          const found = await getMany(keys);
          if (reads++ === 0) await logParams({ table }, id, { a: "theirs" });
          return found;
        },
      },
    };
    await expect(logParams(ports, id, { a: "ours" })).rejects.toThrow(/value='theirs'/);
  });
});

describe("tags", () => {
  test("may be more than one page of items", async () => {
    const id = await start();
    await setTags(ports, id, Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`t${at}`, ""])));
    expect(Object.keys((await getRun(ports, id)).tags)).toHaveLength(600);
  });

  test("can be taken away once", async () => {
    const id = await start({ tags: { a: "1" } });
    await deleteTag(ports, id, "a");
    expect((await getRun(ports, id)).tags).toEqual({});
    await expect(deleteTag(ports, id, "a")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("have names that are clean paths", () => {
    const isName = (name: string) => EntryName.safeParse(name).success;
    expect(["a", "a b/c.d:e-f_g", "naïve", ".hidden"].every(isName)).toBe(true);
    expect(["", ".", "..", "a/../b", "/a", "a//b", "a/", "./a", "a#b", "x".repeat(251)].some(isName)).toBe(false);
  });
});

describe("metrics", () => {
  const arbitraryPoint = fc.record({
    value: fc.oneof(fc.double(), fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)),
    step: fc.integer({ min: -3, max: 3 }),
    timestampMs: fc.integer({ min: 0, max: 3 }),
  });

  test("law: neither order nor repeats nor batches of points change what is stored", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(arbitraryPoint, { maxLength: 12 }), fc.nat(12), async (points, cut) => {
        const all = points.map((point): Metric => ({ key: "m", ...point }));
        const [once, often] = [memoryTable(), memoryTable()];
        await logMetrics({ table: once }, "r", all);
        await logMetrics({ table: often }, "r", all.slice(cut).reverse());
        for (const point of [...all, ...all]) await logMetrics({ table: often }, "r", [point]);
        const shown = (items: ReturnType<typeof once.items>) => items.map(({ version, ...item }) => item);
        expect(shown(often.items())).toEqual(shown(once.items()));
      }),
    );
  });

  test("come back in order of time and step, page by page", async () => {
    const point = (timestampMs: number, step: number) => ({ key: "m", value: timestampMs, step, timestampMs });
    await logMetrics(ports, "r", [point(2, -5), point(1, 7), point(2, 4), point(10, 0)]);
    const first = await metricHistory(ports, "r", "m", { limit: 3 });
    const rest = await metricHistory(ports, "r", "m", { limit: 3, after: first.after });
    const stepsOf = ({ points }: typeof first) => points.map(({ step }) => step);
    expect([stepsOf(first), stepsOf(rest), rest.after]).toEqual([[7, -5, 4], [0], undefined]);
  });

  test("that two writers log at once end with the newest of them", async () => {
    const id = await start();
    const point = (step: number) => [{ key: "m", value: 1, step, timestampMs: 1 }];
    for (const theirs of [1, 9]) {
      const { getMany } = table;
      let isFirst = true;
      const slow: Table = {
        ...table,
        getMany: async (keys) => {
          const found = await getMany(keys);
          if (isFirst) await logMetrics({ table }, id, point(theirs));
          isFirst = false;
          return found;
        },
      };
      await logMetrics({ table: slow }, id, point(5));
      await logMetrics({ table }, id, point(4));
      expect((await getRun(ports, id)).metrics).toMatchObject({ m: { step: Math.max(5, theirs) } });
    }
  });
});

describe("changeItem", () => {
  test("gives up when others are quicker all the time", async () => {
    const hopeless: Table = { ...table, putMany: async () => ["conflict"] };
    await expect(changeItem(hopeless, { pk: "a", sk: "b" }, () => 1)).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("listRuns", () => {
  test("gives the latest first, those of the wanted stage, page by page", async () => {
    const ids: string[] = [];
    for (const startMs of [10, 30, 20]) ids.push(await start({ startMs, name: String(startMs) }));
    await changeRun(ports, ids[1]!, { stage: "deleted" }, 1);
    const { experimentId } = await getRun(ports, ids[0]!);
    const names = ({ runs }: Awaited<ReturnType<typeof listRuns>>) => runs.map(({ name }) => name);
    const first = await listRuns(ports, experimentId, { limit: 2 });
    const second = await listRuns(ports, experimentId, { limit: 2, after: first.after });
    expect([names(first), names(second), second.after]).toEqual([["20"], ["10"], undefined]);
    expect(names(await listRuns(ports, experimentId, { limit: 9, stages: ["deleted"] }))).toEqual(["30"]);
  });
});

describe("artifacts", () => {
  test("lie in folders of the run, and no path leads out of it", async () => {
    const blobs = memoryBlobs();
    for (const path of ["model/model.onnx", "model/a/b.txt", "notes.txt"]) {
      await putArtifact({ blobs }, "r1", path, new Uint8Array([1]));
    }
    expect(await listFolder({ blobs }, "runs/r1/artifacts")).toEqual([
      { path: "model", isFolder: true },
      { path: "notes.txt", isFolder: false },
    ]);
    expect(await listFolder({ blobs }, "runs/r1/artifacts/model")).toMatchObject([
      { path: "a" },
      { path: "model.onnx" },
    ]);
    for (const path of ["", "/a", "a/", "../x", "a/./b", "a\\b", "a\u0000", "x".repeat(900)]) {
      await expect(async () => putArtifact({ blobs }, "r1", path, new Uint8Array())).rejects.toThrow(
        /Invalid artifact/,
      );
    }
    const endless = { ...blobs, list: async () => Array.from({ length: 10_001 }, (_, at) => `f/${at}`) };
    await expect(listFolder({ blobs: endless }, "f")).rejects.toMatchObject({ code: "TOO_LARGE" });
  });
});
