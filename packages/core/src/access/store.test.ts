import { beforeEach, describe, expect, test } from "vitest";
import { memoryTable } from "../../../../test/support/memory-table.ts";
import { apiKeyKey } from "../store/keys.ts";
import { NewKey, stateOf } from "./key.ts";
import { createKey, findKey, listKeys, noteUse, revokeKey } from "./store.ts";
import { isSecretOf, parseToken } from "./token.ts";

const T0 = Date.UTC(2026, 10, 21);
const DAY_MS = 24 * 3_600_000;
let nowMs: number;
let table: ReturnType<typeof memoryTable>;
let ports: Parameters<typeof createKey>[0];
beforeEach(() => {
  nowMs = T0;
  table = memoryTable(() => nowMs);
  ports = { table, clock: () => nowMs, random: (length) => crypto.getRandomValues(new Uint8Array(length)) };
});
const create = (changes: object = {}) => createKey(ports, NewKey.parse({ name: "ci", scopes: ["ingest"], ...changes }));

describe("a new key", () => {
  test("is stored without its secret, which its hash recognises", async () => {
    const { key, token } = await create();
    const { id, secret } = parseToken(token)!;
    expect(JSON.stringify(table.items())).not.toContain(secret);
    const stored = await findKey(table, id);
    expect(stored).toEqual({ key, version: 1, lastUsedAtMs: undefined });
    expect(isSecretOf(stored!.key, secret)).toBe(true);
  });

  test("lists each scope once, in their order, and has a rate unless told otherwise", async () => {
    const { key } = await create({ scopes: ["read", "ingest", "read"] });
    expect(key).toMatchObject({ scopes: ["ingest", "read"], ratePerMinute: 6000, createdAtMs: T0 });
  });

  test("must not have ended already", async () => {
    await expect(create({ expiresAtMs: T0 })).rejects.toMatchObject({ code: "VALIDATION" });
    const { key } = await create({ expiresAtMs: T0 + 1 });
    expect([stateOf(key, T0), stateOf(key, T0 + 1)]).toEqual(["active", "expired"]);
  });

  test("never takes the id of another", async () => {
    ports = { ...ports, random: (length) => new Uint8Array(length) };
    await create();
    await expect(create()).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test.each([
    ["a name with an escape sequence", { name: "\u001b[2J" }],
    ["no scope", { scopes: [] }],
    ["an unknown scope", { scopes: ["root"] }],
    ["no rate at all", { ratePerMinute: 0 }],
  ])("is refused with %s", async (_, changes) => {
    expect(NewKey.safeParse({ name: "ci", scopes: ["ingest"], ...changes }).success).toBe(false);
  });
});

describe("a revoked key", () => {
  test("says since when, whatever else is tried on it, and leaves the list after 90 days", async () => {
    const { key } = await create();
    nowMs = T0 + 5;
    await revokeKey(ports, key.id);
    nowMs = T0 + 10;
    await revokeKey(ports, key.id);
    await noteUse(table, key.id, undefined, nowMs);
    const stored = await findKey(table, key.id);
    expect(stored).toMatchObject({ key: { revokedAtMs: T0 + 5 }, lastUsedAtMs: T0 + 10 });
    expect(stateOf(stored!.key, T0 + 5)).toBe("revoked");
    nowMs = T0 + 5 + 90 * DAY_MS;
    expect(await findKey(table, key.id)).toBeUndefined();
  });

  test("must have been one", async () => {
    await expect(revokeKey(ports, "000000000000")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("is revoked even when somebody else writes it at the same time, and the revoker gives up at some point", async () => {
    const { key } = await create();
    const item = (await table.getMany([apiKeyKey(key.id)]))[0]!;
    let races = 1;
    const racing = {
      ...table,
      putMany: async (puts: Parameters<typeof table.putMany>[0]) => {
        if (races-- > 0)
          await table.putMany([{ item: { ...item, version: item.version + races + 50 }, condition: { kind: "any" } }]);
        return table.putMany(puts);
      },
    };
    await revokeKey({ ...ports, table: racing }, key.id);
    expect((await findKey(table, key.id))?.key.revokedAtMs).toBe(T0);
    await table.putMany([{ item, condition: { kind: "any" } }]);
    races = 100;
    await expect(revokeKey({ ...ports, table: racing }, key.id)).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

test("keys are listed in pages, each with the time of its last use", async () => {
  const ids: string[] = [];
  for (let n = 0; n < 5; n++) ids.push((await create({ name: `key ${n}` })).key.id);
  ids.sort();
  await noteUse(table, ids[1]!, undefined, T0 + 7);
  const first = await listKeys(table, { after: "", limit: 2 });
  const rest = await listKeys(table, { after: first.at(-1)!.key.id, limit: 10 });
  expect([...first, ...rest].map(({ key }) => key.id)).toEqual(ids);
  expect(first.map(({ lastUsedAtMs }) => lastUsedAtMs)).toEqual([undefined, T0 + 7]);
});

test("of two servers that note a use of the same key, the first is believed", async () => {
  await noteUse(table, "a", undefined, T0 + 2);
  await noteUse(table, "a", undefined, T0 + 1);
  await noteUse(table, "a", T0 + 2, T0 + 9);
  await noteUse(table, "a", T0 + 2, T0 + 8);
  expect(table.items()).toMatchObject([{ version: T0 + 9 }]);
});

test("a stored key that cannot be read says what to do", async () => {
  await table.putMany([{ item: { ...apiKeyKey("a"), version: 1, doc: "{}" }, condition: { kind: "any" } }]);
  await expect(findKey(table, "a")).rejects.toMatchObject({
    code: "CORRUPT",
    message: expect.stringContaining("make another"),
  });
});
