import { beforeEach, describe, expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { loggedModelKey } from "../store/keys.ts";
import {
  changeLoggedModel,
  createLoggedModel,
  deleteLoggedModel,
  getLoggedModel,
  listLoggedModels,
  noteModelMetrics,
} from "./logged-models.ts";

const ID = `m-${"0".repeat(32)}`;
let ports: { table: ReturnType<typeof memoryTable> };
beforeEach(async () => {
  ports = { table: memoryTable() };
  await createLoggedModel(ports, {
    ...{ id: ID, experimentId: "0", name: "forest", modelType: "", sourceRunId: "r", createdAtMs: 5 },
    ...{ params: { a: "1" }, tags: { b: "2" } },
  });
});

describe("a logged model", () => {
  test("becomes ready, and gets params once and tags as often as one likes", async () => {
    expect(await getLoggedModel(ports, ID)).toMatchObject({ status: "PENDING", updatedAtMs: 5, metrics: [] });
    await changeLoggedModel(ports, ID, { status: "READY", params: { a: "1", c: "3" } }, 6);
    expect(await changeLoggedModel(ports, ID, { tags: { b: null, d: "4" } }, 7)).toMatchObject({
      ...{ status: "READY", params: { a: "1", c: "3" }, tags: { d: "4" }, updatedAtMs: 7 },
    });
    await expect(changeLoggedModel(ports, ID, { params: { a: "2" } }, 8)).rejects.toThrow(/not allowed: 'a'/);
    await expect(changeLoggedModel(ports, "m-1", {}, 8)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("knows the newest of what runs have measured of it", async () => {
    const point = { key: "auc", value: 0.5, step: 2, timestampMs: 1, modelId: ID };
    const { modelId: _, ...ofNoModel } = point;
    await noteModelMetrics(ports, "r", [point, { ...point, step: 1 }, { ...point, key: "f/1" }, ofNoModel]);
    await noteModelMetrics(ports, "s", [{ ...point, value: 0.7 }]);
    expect((await getLoggedModel(ports, ID)).metrics).toEqual([
      { ...point, runId: "r" },
      { ...point, key: "f/1", runId: "r" },
      { ...point, value: 0.7, runId: "s" },
    ]);
  });

  test("is listed with its experiment until it is deleted", async () => {
    expect((await listLoggedModels(ports, "0")).map(({ id }) => id)).toEqual([ID]);
    await deleteLoggedModel(ports, ID);
    expect(await listLoggedModels(ports, "0")).toEqual([]);
    await expect(deleteLoggedModel(ports, ID)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("that cannot be read says so", async () => {
    await ports.table.putMany([{ item: { ...loggedModelKey(ID), version: 9, doc: "{}" }, condition: { kind: "any" } }]);
    await expect(getLoggedModel(ports, ID)).rejects.toMatchObject({ code: "CORRUPT" });
  });
});
