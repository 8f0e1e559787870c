import { moveAlias } from "@tidewatch/core/register/aliases";
import { promote } from "@tidewatch/core/register/models";
import { createApi } from "@tidewatch/functions/api/create-api";
import { AliasHistory, ModelAliases } from "@tidewatch/functions/api/schemas/model-aliases";
import { ModelDocument } from "@tidewatch/functions/api/schemas/models";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { challenge } from "../support/challenge.ts";
import { T0 } from "../support/scoring.ts";
import { bodyOf, problemOf, startApi } from "./api-harness.ts";

const REGIME = { center: 50, scale: 10 };
type Rig = Awaited<ReturnType<typeof challenge>>;
let rig: Rig;
const served = startApi();
afterAll(() => served.stop());
const appOf = ({ ports: { table, blobs, clock } }: Rig) => createApi({ ...served.ports, table, blobs, clock });
let app: ReturnType<typeof appOf>;
beforeAll(async () => {
  rig = await challenge();
  for (let version = 1; version <= 4; version++) await rig.register(REGIME);
  app = appOf(rig);
  await promote(rig.ports, "host", 1, T0 + 10, { by: "training", reason: "first" });
  await promote(rig.ports, "host", 2, T0 + 20, { by: "workflow", reason: "better", evidence: { rows: 7 } });
  await moveAlias(rig.ports, "host", "blue", 1, { by: "ann", reason: "keep" }, T0 + 20);
});

const history = async (query = "") => bodyOf(await app.request(`/v1/models/host/history${query}`), AliasHistory);
const set = async (body: unknown) =>
  await app.request("/v1/models/host/aliases", {
    ...{ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
  });

describe("the history of a model", () => {
  test("says who moved which alias, when, and by what figures; pages fit together", async () => {
    const { items, cursor, at } = await history();
    expect(items.map(({ alias, version, sinceMs }) => [alias, version, sinceMs - T0])).toEqual([
      ["blue", 1, 20],
      ["champion", 2, 20],
      ["previous", 1, 20],
      ["champion", 1, 10],
    ]);
    expect(items[1]).toEqual({
      ...{ alias: "champion", version: 2, before: 1, sinceMs: T0 + 20 },
      ...{ by: "workflow", reason: "better", evidence: { rows: 7 } },
    });
    expect([cursor, at]).toEqual([null, undefined]);
    const paged: unknown[] = [];
    let query = "?limit=1";
    for (;;) {
      const page = await history(query);
      paged.push(...page.items);
      if (page.cursor === null) break;
      query = `?limit=1&cursor=${page.cursor}`;
    }
    expect(paged).toEqual(items);
  });

  test("answers which version was champion, or another alias, at a time", async () => {
    expect((await history(`?at=${T0 + 15}`)).at).toMatchObject({ version: 1, by: "training", reason: "first" });
    expect((await history(`?at=${T0 + 20}`)).at).toMatchObject({ version: 2, evidence: { rows: 7 } });
    expect((await history(`?at=${T0 + 5}`)).at).toBeNull();
    const previous = await history(`?at=${T0 + 50}&alias=previous`);
    expect(previous).toMatchObject({ at: { alias: "previous", version: 1 }, items: [{ alias: "previous" }] });
  });

  test("of a model that is not there, or with a cursor of another list, is refused", async () => {
    expect((await app.request("/v1/models/none/history")).status).toBe(404);
    const { cursor } = await history("?limit=1");
    const other = await app.request(`/v1/models/host/history?alias=blue&cursor=${cursor}`);
    expect(await problemOf(other)).toMatchObject({ code: "VALIDATION" });
    expect((await app.request("/v1/models/host/history?alias=1x")).status).toBe(422);
    const fresh = appOf(await challenge());
    expect((await fresh.request("/v1/models/host/history")).status).toBe(404);
  });
});

describe("setting an alias", () => {
  test("puts a version into use, tries one in shadow, and names others; the model shows them", async () => {
    rig.state.nowMs = T0 + 100;
    expect((await set({ alias: "champion", version: 3, reason: "by hand" })).status).toBe(200);
    const { aliases } = await bodyOf(await set({ alias: "challenger", version: 4 }), ModelAliases);
    expect(aliases).toEqual({
      blue: { version: 1, sinceMs: T0 + 20 },
      champion: { version: 3, sinceMs: T0 + 100 },
      previous: { version: 2, sinceMs: T0 + 100 },
      challenger: { version: 4, sinceMs: T0 + 100 },
    });
    const model = await bodyOf(await app.request("/v1/models/host"), ModelDocument);
    expect(model).toMatchObject({ champion: { version: 3 }, previous: { version: 2 }, aliases });
    expect((await history("?alias=champion")).items[0]).toMatchObject({ version: 3, reason: "by hand" });
    for (const alias of ["challenger", "blue"]) {
      const answer = await bodyOf(await set({ alias, version: null }), ModelAliases);
      expect(answer.aliases).not.toHaveProperty(alias);
      expect((await set({ alias, version: null })).status).toBe(200);
    }
    expect((await history("?alias=blue")).items[0]).toMatchObject({ version: null, before: 1 });
  });

  test("refuses what moves by itself, and versions that are not there or do not fit", async () => {
    const refused = async (body: unknown) => (await problemOf(await set(body))).code;
    expect(await refused({ alias: "previous", version: 1 })).toBe("VALIDATION");
    expect(await refused({ alias: "announced", version: 1 })).toBe("VALIDATION");
    expect(await refused({ alias: "champion", version: null })).toBe("VALIDATION");
    expect(await refused({ alias: "a b", version: 1 })).toBe("VALIDATION");
    expect(await refused({ alias: "blue", version: 9 })).toBe("NOT_FOUND");
    expect(await refused({ alias: "challenger", version: 9 })).toBe("NOT_FOUND");
    const other = await app.request("/v1/models/none/aliases", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ alias: "blue", version: 1 }),
    });
    expect(other.status).toBe(404);
  });

  test("a rollback on demand says so in the history", async () => {
    const body = JSON.stringify({ version: "previous" });
    const headers = { "content-type": "application/json" };
    expect((await app.request("/v1/models/host/promote", { method: "POST", headers, body })).status).toBe(200);
    expect((await history("?alias=champion")).items[0]).toMatchObject({ version: 2, reason: "rolled back on demand" });
  });
});
