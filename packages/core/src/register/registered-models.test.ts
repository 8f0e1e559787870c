import { beforeEach, describe, expect, test } from "vitest";
import { memoryBlobs } from "../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { putNew } from "../runs/write.ts";
import { detectorKey, modelInfoKey, modelVersionKey } from "../store/keys.ts";
import type { Put, Table } from "../store/ports.ts";
import { moveAlias } from "./aliases.ts";
import { registerExternal, registerFiles, reserveVersion } from "./models.ts";
import {
  changeModel,
  createModel,
  deleteModel,
  findModel,
  listModels,
  modelNamed,
  renameModel,
} from "./registered-models.ts";
import { changeVersion, createVersion, deleteVersion, versionOf, versionsOf } from "./registered-versions.ts";

let table: ReturnType<typeof memoryTable>;
let ports: { table: Table; clock: () => number; blobs: ReturnType<typeof memoryBlobs> };
beforeEach(() => {
  table = memoryTable();
  ports = { table, clock: () => 50, blobs: memoryBlobs() };
});
const cause = { by: "ann", reason: "asked for" };
const trained = async (name: string, runId?: string): Promise<number> => {
  const version = await reserveVersion(ports, name);
  const about = { name, version, trainedAtMs: 10 * version, trainingRows: 9, ...(runId !== undefined && { runId }) };
  await registerFiles(ports, about, {});
  return version;
};
const detector = (id: string) => putNew(table, detectorKey(id), {});
const source = "mlflow-artifacts:/runs/r/artifacts/model";

describe("a registered model", () => {
  test("is made once, and says what people say of it", async () => {
    await createModel(ports, "wine", { description: "red", tags: { a: "1" } }, 5);
    await expect(createModel(ports, "wine", {}, 6)).rejects.toMatchObject({ code: "CONFLICT" });
    await changeModel(ports, "wine", { tags: { a: null, b: "2" } }, 7);
    expect(await findModel(ports, "wine")).toEqual({
      ...{ name: "wine", storedAs: "wine", isDetectors: false, createdAtMs: 5, updatedAtMs: 7 },
      ...{ description: "red", tags: { b: "2" } },
    });
    await expect(modelNamed(ports, "beer")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(createModel(ports, "a/b", {}, 5)).rejects.toThrow(/no \/ and no :/);
    const tags = Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`t${at}`, ""]));
    await expect(changeModel(ports, "wine", { tags }, 8)).rejects.toThrow(/at most 50 tags/);
  });

  test("is there without anybody's word when a trainer registered versions of it", async () => {
    await detector("web");
    expect(await findModel(ports, "web")).toBeUndefined();
    await trained("web");
    await trained("web", "run");
    await reserveVersion(ports, "web");
    expect(await findModel(ports, "web")).toMatchObject({ isDetectors: true, createdAtMs: 10, updatedAtMs: 20 });
    await changeModel(ports, "web", { description: "of the web" }, 30);
    expect(await findModel(ports, "web")).toMatchObject({
      createdAtMs: 10,
      updatedAtMs: 30,
      description: "of the web",
    });
    expect((await listModels(ports)).map(({ name }) => name)).toEqual(["web"]);
    await expect(deleteModel(ports, "web", 40)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(renameModel(ports, "web", "net", 40)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("keeps its versions when it is renamed, and a new one of the old name has none", async () => {
    const wine = await createModel(ports, "wine", { description: "red" }, 5);
    await createVersion(ports, wine, { source }, 6);
    const port = await renameModel(ports, "wine", "port", 7);
    expect(await versionsOf(ports, port, { limit: 9 })).toMatchObject([{ name: "port", version: 1 }]);
    expect(port).toMatchObject({ description: "red", createdAtMs: 5, updatedAtMs: 7 });
    const again = await createModel(ports, "wine", {}, 8);
    expect(await versionsOf(ports, again, { limit: 9 })).toEqual([]);
    expect((await createVersion(ports, again, { source }, 9)).version).toBe(1);
    await expect(renameModel(ports, "wine", "port", 9)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await renameModel(ports, "port", "port", 10)).name).toBe("port");
    await detector("web");
    await expect(renameModel(ports, "port", "web", 9)).rejects.toThrow(/"web" is a detector's name/);
    await deleteModel(ports, "port", 11);
    expect(await findModel(ports, "port")).toBeUndefined();
    await renameModel(ports, "wine", "port", 12);
    expect((await listModels(ports)).map(({ name }) => name)).toEqual(["port"]);
  });

  test("that was being renamed when somebody died is renamed by the next try", async () => {
    await createModel(ports, "wine", { description: "red" }, 5);
    let left = 1;
    const dying: Table = {
      ...table,
      putMany: async (puts: readonly Put[]) => {
        if (left-- <= 0) throw new Error("dead");
        return table.putMany(puts);
      },
    };
    await expect(renameModel({ table: dying }, "wine", "port", 7)).rejects.toThrow("dead");
    await renameModel(ports, "wine", "port", 7);
    expect((await listModels(ports)).map(({ name }) => name)).toEqual(["port"]);
  });

  test("of which two are made at once is made once", async () => {
    let isFirst = true;
    const racing: Table = {
      ...table,
      query: async (query) => {
        if (isFirst) await createModel(ports, "wine", { description: "theirs" }, 1);
        isFirst = false;
        return table.query(query);
      },
    };
    await expect(createModel({ table: racing }, "wine", {}, 2)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await modelNamed(ports, "wine")).description).toBe("theirs");
  });

  test("without a word so far, deleted, and made again is another one", async () => {
    const version = await reserveVersion(ports, "loose");
    await registerExternal(ports, "loose", version, { source, createdAtMs: 3 });
    await expect(registerExternal(ports, "loose", version, { source, createdAtMs: 3 })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    expect(await findModel(ports, "loose")).toMatchObject({ createdAtMs: 3, storedAs: "loose" });
    await deleteModel(ports, "loose", 4);
    expect(await findModel(ports, "loose")).toBeUndefined();
    expect((await createModel(ports, "loose", {}, 5)).storedAs).toBe("loose:1");
  });

  test("whose item cannot be read says so", async () => {
    await putNew(table, modelInfoKey("wine"), {});
    await expect(findModel(ports, "wine")).rejects.toMatchObject({ code: "CORRUPT" });
    const bare = { ...modelVersionKey("bare", 1), version: 1, doc: '{"version":1,"state":"registered"}' };
    await table.putMany([{ item: bare, condition: { kind: "any" } }]);
    expect(await findModel(ports, "bare")).toMatchObject({ createdAtMs: 0 });
    expect(await versionOf(ports, await modelNamed(ports, "bare"), 1)).toMatchObject({ createdAtMs: 0 });
  });
});

describe("versions", () => {
  test("say where they are and what they came from, the newest first, page by page", async () => {
    await detector("web");
    await trained("web", "run");
    const web = await modelNamed(ports, "web");
    await createVersion(ports, web, { source, runId: "r", description: "d", tags: { a: "1" } }, 30);
    await createVersion(ports, web, { source }, 31);
    await reserveVersion(ports, "web");
    await deleteVersion(ports, web, 3);
    await trained("web");
    expect(await versionsOf(ports, web, { limit: 2 })).toEqual([
      {
        ...{ name: "web", version: 5, isOwn: true, createdAtMs: 50, updatedAtMs: 50, runId: undefined },
        ...{ source: "mlflow-artifacts:/models/web/5", description: "", tags: {}, aliases: [] },
      },
      {
        ...{ name: "web", version: 2, isOwn: false, createdAtMs: 30, updatedAtMs: 30, runId: "r", source },
        ...{ description: "d", tags: { a: "1" }, aliases: [] },
      },
    ]);
    expect(await versionsOf(ports, web, { limit: 5, below: 2 })).toMatchObject([{ version: 1, runId: "run" }]);
    await expect(versionOf(ports, web, 3)).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(versionOf(ports, web, 9)).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await changeVersion(ports, web, 2, { tags: { a: null } }, 60)).toMatchObject({ tags: {}, updatedAtMs: 60 });
    await expect(deleteVersion(ports, web, 1)).rejects.toMatchObject({ code: "CONFLICT" });
    await moveAlias(ports, "web", "mine", 2, cause, 1);
    await expect(deleteVersion(ports, web, 2)).rejects.toThrow(/is mine/);
  });
});
