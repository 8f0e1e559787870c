import { beforeEach, describe, expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { experimentKey } from "../store/keys.ts";
import type { Put, Table } from "../store/ports.ts";
import {
  changeExperiment,
  createExperiment,
  DEFAULT_EXPERIMENT,
  experimentNamed,
  findExperiment,
  getExperiment,
  listExperiments,
} from "./experiments.ts";

let ports: { table: ReturnType<typeof memoryTable> };
beforeEach(() => {
  ports = { table: memoryTable() };
});
const make = (name: string, tags = {}) => createExperiment(ports, { name, nowMs: 5, tags });

describe("experiments", () => {
  test("are found by id and by name; the default one is always there", async () => {
    const { id } = await make("web", { team: "sre" });
    expect(await getExperiment(ports, id)).toMatchObject({ name: "web", tags: { team: "sre" }, createdAtMs: 5 });
    expect((await findExperiment(ports, "web"))?.id).toBe(id);
    expect(await getExperiment(ports, "none")).toBeUndefined();
    expect(await findExperiment(ports, "none")).toBeUndefined();
    expect(await findExperiment(ports, "Default")).toEqual(DEFAULT_EXPERIMENT);
    expect((await listExperiments(ports)).map(({ name }) => name)).toEqual(["Default", "web"]);
  });

  test("keep their name when they are deleted, and give it up when they are renamed", async () => {
    const { id } = await make("web");
    await expect(make("web")).rejects.toThrow("'web' already exists.");
    await changeExperiment(ports, id, { stage: "deleted" }, 6);
    await expect(make("web")).rejects.toThrow(/deleted state/);
    await changeExperiment(ports, id, { name: "old", stage: "active", tags: { a: "1" } }, 7);
    await changeExperiment(ports, id, { tags: { a: null, b: "2" } }, 8);
    const other = await make("web");
    expect(other.id).not.toBe(id);
    expect(await findExperiment(ports, "old")).toMatchObject({ id, tags: { b: "2" }, updatedAtMs: 8 });
    await expect(changeExperiment(ports, id, { name: "web" }, 9)).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(changeExperiment(ports, "none", {}, 9)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("the default one is renamed and tagged as others, and never deleted", async () => {
    await changeExperiment(ports, "0", { name: "mine", tags: { a: "1" } }, 6);
    expect(await findExperiment(ports, "mine")).toMatchObject({ id: "0", tags: { a: "1" } });
    expect(await findExperiment(ports, "Default")).toBeUndefined();
    expect(await listExperiments(ports)).toHaveLength(1);
    await expect(changeExperiment(ports, "0", { stage: "deleted" }, 6)).rejects.toMatchObject({ code: "VALIDATION" });
  });

  test("a creation that died between its two writes is ended by the next one", async () => {
    let left = 1;
    const dying: Table = {
      ...ports.table,
      putMany: async (puts: readonly Put[]) => {
        if (left-- <= 0) throw new Error("dead");
        return ports.table.putMany(puts);
      },
    };
    await expect(createExperiment({ table: dying }, { name: "web", nowMs: 1 })).rejects.toThrow("dead");
    expect(await experimentNamed(ports, "web", 2)).toMatchObject({ name: "web", createdAtMs: 1 });
    expect(await experimentNamed(ports, "web", 3)).toMatchObject({ createdAtMs: 1 });
  });

  test("of two that take a name at the same moment one gets it; the other is told, or is given the same", async () => {
    const racing = (between: () => Promise<unknown>): { table: Table } => {
      let isFirst = true;
      const putMany: Table["putMany"] = async (puts) => {
        if (isFirst) await between();
        isFirst = false;
        return ports.table.putMany(puts);
      };
      return { table: { ...ports.table, putMany } };
    };
    const { id } = await make("a");
    await expect(
      changeExperiment(
        racing(() => make("b")),
        id,
        { name: "b" },
        9,
      ),
    ).rejects.toThrow(/'b' already exists/);
    const both = await experimentNamed(
      racing(async () => make("c")),
      "c",
      1,
    );
    expect(both.id).toBe((await findExperiment(ports, "c"))?.id);
    const late = { table: { ...ports.table } };
    late.table.getMany = async (keys) => {
      const found = await ports.table.getMany(keys);
      late.table.getMany = ports.table.getMany;
      await make("d");
      return found;
    };
    expect((await experimentNamed(late, "d", 1)).name).toBe("d");
  });

  test("have a bounded number of tags, of bounded size", async () => {
    const tags = (count: number, length: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`t${at}`, "x".repeat(length)]));
    await expect(make("web", tags(41, 1))).rejects.toMatchObject({ code: "VALIDATION" });
    await expect(make("web", tags(40, 7000))).rejects.toMatchObject({ code: "TOO_LARGE" });
  });

  test("whose item cannot be read say so, and experiments get no id without end", async () => {
    const { id } = await make("web");
    await ports.table.putMany([{ item: { ...experimentKey(id), version: 3, doc: "{}" }, condition: { kind: "any" } }]);
    await expect(getExperiment(ports, id)).rejects.toMatchObject({ code: "CORRUPT" });
    const full: Table = { ...ports.table, getMany: async () => [undefined], putMany: async () => ["conflict"] };
    await expect(createExperiment({ table: full }, { name: "x", nowMs: 1 })).rejects.toMatchObject({
      code: "UNAVAILABLE",
    });
    await expect(experimentNamed({ table: full }, "x", 1)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });
});
