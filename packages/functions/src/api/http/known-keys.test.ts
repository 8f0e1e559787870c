import { NewKey } from "@tidewatch/core/access/key";
import { createKey, findKey, revokeKey } from "@tidewatch/core/access/store";
import type { Table } from "@tidewatch/core/store/ports";
import { beforeEach, expect, test } from "vitest";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { type KnownKeys, knownKeys } from "./known-keys.ts";

const T0 = Date.UTC(2026, 10, 21, 12);
const clock = { nowMs: T0 };
const now = () => clock.nowMs;
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
let table: Table;
let reads: number;
let puts: number;
let failures: unknown[];
let keys: KnownKeys;
let id: string;
beforeEach(async () => {
  clock.nowMs = T0;
  const stored = memoryTable(now);
  table = {
    ...stored,
    getMany: (all) => {
      reads += 1;
      return stored.getMany(all);
    },
    putMany: (all) => {
      puts += 1;
      return stored.putMany(all);
    },
  };
  failures = [];
  keys = knownKeys({ table, clock: now, onFailure: (error) => failures.push(error) });
  const created = await createKey({ table, clock: now, random }, NewKey.parse({ name: "ci", scopes: ["read"] }));
  id = created.key.id;
  [reads, puts] = [0, 0];
});

test("a key is read once for many requests, and again after half a minute", async () => {
  await Promise.all([keys.find(id), keys.find(id)]);
  clock.nowMs = T0 + 29_999;
  expect((await keys.find(id))?.key.name).toBe("ci");
  expect(reads).toBe(1);
  clock.nowMs = T0 + 30_000;
  await keys.find(id);
  expect(reads).toBe(2);
});

test("a revocation by another server is seen within half a minute", async () => {
  await keys.find(id);
  await revokeKey({ table, clock: now }, id);
  clock.nowMs = T0 + 30_000;
  expect((await keys.find(id))?.key.revokedAtMs).toBe(T0);
});

test("a revocation on this server is seen at once", async () => {
  await keys.find(id);
  await revokeKey({ table, clock: now }, id);
  keys.forget(id);
  expect((await keys.find(id))?.key.revokedAtMs).toBe(T0);
});

test("an unknown id is believed to be unknown for five seconds", async () => {
  expect(await keys.find("000000000000")).toBeUndefined();
  clock.nowMs = T0 + 4999;
  expect(await keys.find("000000000000")).toBeUndefined();
  expect(reads).toBe(1);
  clock.nowMs = T0 + 5000;
  await keys.find("000000000000");
  expect(reads).toBe(2);
});

test("somebody who invents ids fills no memory and pushes out no key", async () => {
  await keys.find(id);
  reads = 0;
  for (let n = 0; n < 5000; n++) await keys.find(n.toString(16).padStart(12, "0"));
  expect(keys.size()).toEqual({ known: 1, absent: 1000, reading: 0 });
  reads = 0;
  await keys.find(id);
  expect(reads).toBe(0);
});

test("a failed reading is not remembered", async () => {
  const broken = knownKeys({
    table: { ...table, getMany: () => Promise.reject(new Error("away")) },
    clock: now,
    onFailure: () => {},
  });
  await expect(broken.find(id)).rejects.toThrow("away");
  await expect(broken.find(id)).rejects.toThrow("away");
  expect(broken.size()).toEqual({ known: 0, absent: 0, reading: 0 });
});

test("the time of use is written once a minute, by several servers together too", async () => {
  const other = knownKeys({ table, clock: now, onFailure: () => {} });
  for (let second = 0; second < 600; second++) {
    clock.nowMs = T0 + second * 1000;
    for (const server of [keys, other]) server.use((await server.find(id))!);
    await Promise.resolve();
  }
  expect((await findKey(table, id))?.lastUsedAtMs).toBeGreaterThan(clock.nowMs - 90_000);
  expect(puts).toBeLessThanOrEqual(20);
});

test("a use that cannot be written disturbs nobody, and is tried again in a minute", async () => {
  const stored = (await keys.find(id))!;
  table.putMany = () => Promise.reject(new Error("away"));
  await Promise.all([keys.use(stored), keys.use(stored)]);
  expect(failures).toHaveLength(1);
  clock.nowMs = T0 + 60_000;
  await keys.use(stored);
  expect(failures).toHaveLength(2);
});

test("who waits for a use knows it to be written", async () => {
  await keys.use((await keys.find(id))!);
  expect((await findKey(table, id))?.lastUsedAtMs).toBe(T0);
});
