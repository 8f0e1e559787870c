import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { modelAliasKey } from "../store/keys.ts";
import type { Table } from "../store/ports.ts";
import { aliasAt, aliasHistory, aliasOf, listAliases, moveAlias } from "./aliases.ts";

const cause = (reason: string) => ({ by: "ann", reason });

describe("moveAlias", () => {
  test("an alias names one version, and its history says who moved it, when and why", async () => {
    const ports = { table: memoryTable() };
    await moveAlias(ports, "web", "champion", 1, { by: "training", reason: "first", evidence: { rows: 7 } }, 10);
    await moveAlias(ports, "web", "champion", 2, cause("better"), 20);
    await moveAlias(ports, "web", "champion", 2, cause("again"), 25);
    await moveAlias(ports, "web", "challenger", 3, cause("next"), 30);
    await moveAlias(ports, "web", "challenger", null, cause("gone"), 40);
    expect(await aliasOf(ports, "web", "champion")).toMatchObject({ version: 2, sinceMs: 20, before: 1, revision: 2 });
    expect(await aliasOf(ports, "web", "challenger")).toBeUndefined();
    expect(Object.keys(await listAliases(ports, "web"))).toEqual(["champion"]);
    const history = await aliasHistory(ports, "web", { limit: 10 });
    expect(history.map(({ alias, version, reason }) => [alias, version, reason])).toEqual([
      ["challenger", null, "gone"],
      ["challenger", 3, "next"],
      ["champion", 2, "better"],
      ["champion", 1, "first"],
    ]);
    expect(await aliasHistory(ports, "web", { alias: "champion", beforeMs: 20, limit: 9 })).toMatchObject([
      { version: 1, evidence: { rows: 7 } },
    ]);
    const versionAt = async (ms: number) => (await aliasAt(ports, "web", "champion", ms))?.version;
    expect(await Promise.all([9, 10, 19, 20, 99].map(versionAt))).toEqual([undefined, 1, 1, 2, 2]);
  });

  test("the note of what was announced is no alias", async () => {
    const table = memoryTable();
    const item = { ...modelAliasKey("web", "announced"), version: 1, doc: '{"version":1,"sinceMs":5}' };
    await table.putMany([{ item, condition: { kind: "any" } }]);
    expect(await listAliases({ table }, "web")).toEqual({});
  });

  test("a reason that is too long is cut, so that the alias can be read", async () => {
    const ports = { table: memoryTable() };
    await moveAlias(ports, "web", "champion", 1, { by: "b".repeat(300), reason: "r".repeat(3000) }, 1);
    expect(await aliasOf(ports, "web", "champion")).toMatchObject({ by: "b".repeat(200), reason: "r".repeat(2000) });
  });

  test("of more aliases than a query gives, each is known", async () => {
    const ports = { table: memoryTable() };
    for (let n = 0; n < 501; n++) await moveAlias(ports, "web", `a${n}`, 1, cause("one of many"), 1);
    await moveAlias(ports, "web", "champion", 2, cause("better"), 2);
    expect(Object.keys(await listAliases(ports, "web"))).toHaveLength(502);
    expect(await aliasAt(ports, "web", "champion", 2)).toMatchObject({ version: 2 });
  });

  test("who expects another version, or comes at the same time, is told", async () => {
    const ports = { table: memoryTable() };
    await moveAlias(ports, "web", "champion", 1, cause("a"), 1, { version: undefined });
    const conflict = { code: "CONFLICT", message: expect.stringMatching(/moved by someone else/) };
    await expect(moveAlias(ports, "web", "champion", 3, cause("b"), 2, { version: 2 })).rejects.toMatchObject(conflict);
    const both = await Promise.allSettled([2, 3].map((v) => moveAlias(ports, "web", "champion", v, cause("c"), v)));
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("whatever fails in between, the history holds exactly the moves that happened", async () => {
    const move = fc.record({ version: fc.integer({ min: 1, max: 4 }), failAt: fc.integer({ min: 0, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(move, { maxLength: 30 }), async (moves) => {
        const inner = memoryTable();
        const happened: number[] = [];
        for (const [index, { version, failAt }] of moves.entries()) {
          let puts = 0;
          const table: Table = {
            ...inner,
            putMany: async (items) => {
              if (++puts === failAt) throw new Error("away");
              return await inner.putMany(items);
            },
          };
          await moveAlias({ table }, "web", "champion", version, cause(`${index}`), index + 1).catch(() => {});
          const now = await aliasOf({ table: inner }, "web", "champion");
          if (now && now.sinceMs === index + 1) happened.unshift(version);
        }
        const history = await aliasHistory({ table: inner }, "web", { limit: 100 });
        expect(history.map(({ version }) => version)).toEqual(happened);
      }),
    );
  });

  test("a long history comes in pages", async () => {
    const ports = { table: memoryTable() };
    for (let n = 1; n <= 250; n++) await moveAlias(ports, "web", "champion", n, cause("x"), n);
    expect((await aliasHistory(ports, "web", { limit: 1000 })).map(({ version }) => version)).toEqual(
      Array.from({ length: 250 }, (_, n) => 250 - n),
    );
    expect(await aliasAt(ports, "web", "champion", 17)).toMatchObject({ version: 17 });
    expect(await aliasHistory(ports, "web", { alias: "champion", limit: 3 })).toHaveLength(3);
  });
});
