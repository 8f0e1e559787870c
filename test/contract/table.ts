import type { Clock, Item, Put, PutCondition, Table } from "@tidewatch/core/store/ports";
import { describe, expect } from "vitest";
import { type Gaps, testsUnless } from "./gaps.ts";
import { tableModelLaw } from "./table-model.ts";

export type OpenTable = { table: Table; close(): Promise<void> };

const NOW_MS = Date.UTC(2026, 10, 20, 10);
const ANY: PutCondition = { kind: "any" };
const ABSENT: PutCondition = { kind: "absent" };
const version = (number: number): PutCondition => ({ kind: "version", version: number });

/** What every Table must do. `open` gives a fresh, empty table whose time is that of the clock. */
export const tableContract = (name: string, open: (now: Clock) => Promise<OpenTable>, gaps: Gaps = {}): void => {
  const { it, checkGaps } = testsUnless(gaps);
  const withTable = async (run: (table: Table, clock: { nowMs: number }) => Promise<void>): Promise<void> => {
    const clock = { nowMs: NOW_MS };
    const { table, close } = await open(() => clock.nowMs);
    try {
      await run(table, clock);
    } finally {
      await close();
    }
  };
  const test = (title: string, run: (table: Table, clock: { nowMs: number }) => Promise<void>): void =>
    it(title, () => withTable(run));

  const put = async (table: Table, item: Item, condition: PutCondition = ANY) =>
    (await table.putMany([{ item, condition }]))[0];
  const get = async (table: Table, pk: string, sk: string) => (await table.getMany([{ pk, sk }]))[0];
  const all = async (table: Table, pk: string) => await table.query({ pk, limit: 10_000 });

  describe(`${name}: get and put`, () => {
    test("gives back what was put, field by field", async (table) => {
      const item = {
        pk: "a",
        sk: "b",
        version: 7,
        doc: '{"é":"🌊"}',
        bytes: Uint8Array.of(0, 255, 10),
        expiresAtMs: NOW_MS + 1,
      };
      expect(await put(table, item)).toBe("written");
      expect(plain(await get(table, "a", "b"))).toEqual(plain(item));
    });

    test("leaves out fields that were not put", async (table) => {
      await put(table, { pk: "a", sk: "b", version: 1 });
      expect(Object.keys((await get(table, "a", "b"))!).sort()).toEqual(["pk", "sk", "version"]);
    });

    test("tells empty bytes and an empty document from none", async (table) => {
      await put(table, { pk: "a", sk: "bytes", version: 1, bytes: new Uint8Array(0) });
      await put(table, { pk: "a", sk: "doc", version: 1, doc: "" });
      expect(plain(await get(table, "a", "bytes"))).toEqual({ pk: "a", sk: "bytes", version: 1, bytes: [] });
      expect(plain(await get(table, "a", "doc"))).toEqual({ pk: "a", sk: "doc", version: 1, doc: "" });
    });

    test("replaces an item as a whole: old fields do not shine through", async (table) => {
      await put(table, { pk: "a", sk: "b", version: 1, doc: "x", bytes: Uint8Array.of(1), expiresAtMs: NOW_MS + 1 });
      await put(table, { pk: "a", sk: "b", version: 2 });
      expect(plain(await get(table, "a", "b"))).toEqual({ pk: "a", sk: "b", version: 2 });
    });

    test("answers in the order of the keys, with undefined for absent ones and repeats for repeated ones", async (table) => {
      await put(table, { pk: "a", sk: "1", version: 1 });
      await put(table, { pk: "a", sk: "2", version: 2 });
      const keys = ["2", "none", "1", "2"].map((sk) => ({ pk: "a", sk }));
      expect((await table.getMany(keys)).map((item) => item?.version)).toEqual([2, undefined, 1, 2]);
      expect(await table.getMany([])).toEqual([]);
      expect(await table.putMany([])).toEqual([]);
    });

    test("keeps items apart whose joined keys are equal", async (table) => {
      await put(table, { pk: "a", sk: "bc", version: 1 });
      await put(table, { pk: "ab", sk: "c", version: 2 });
      expect((await get(table, "a", "bc"))?.version).toBe(1);
      expect((await get(table, "ab", "c"))?.version).toBe(2);
    });

    test("keeps whole versions up to 2^53 − 1, zero and negative ones", async (table) => {
      for (const number of [0, -1, 2 ** 31, Number.MAX_SAFE_INTEGER]) {
        await put(table, { pk: "a", sk: "b", version: number });
        expect((await get(table, "a", "b"))?.version).toBe(number);
        expect(await put(table, { pk: "a", sk: "b", version: number }, version(number))).toBe("written");
      }
    });

    test("keeps an item of nearly 400 KB", async (table) => {
      const bytes = Uint8Array.from({ length: 399 * 1024 }, (_, i) => i % 251);
      await put(table, { pk: "a", sk: "big", version: 1, bytes });
      expect(Buffer.from((await get(table, "a", "big"))!.bytes!).equals(bytes)).toBe(true);
    });

    test("does not share memory with the caller", async (table) => {
      const bytes = Uint8Array.of(1, 2, 3);
      await put(table, { pk: "a", sk: "b", version: 1, bytes });
      bytes[0] = 9;
      (await get(table, "a", "b"))!.bytes![1] = 9;
      expect(plain(await get(table, "a", "b"))?.bytes).toEqual([1, 2, 3]);
    });

    test("keeps bytes that are a view into a larger buffer", async (table) => {
      const bytes = Uint8Array.of(1, 2, 3, 4, 5).subarray(1, 4);
      await put(table, { pk: "a", sk: "b", version: 1, bytes });
      expect(plain(await get(table, "a", "b"))?.bytes).toEqual([2, 3, 4]);
    });
  });

  describe(`${name}: conditions`, () => {
    test("absent: writes where nothing is, and conflicts afterwards without a change", async (table) => {
      expect(await put(table, { pk: "a", sk: "b", version: 1 }, ABSENT)).toBe("written");
      expect(await put(table, { pk: "a", sk: "b", version: 2 }, ABSENT)).toBe("conflict");
      expect((await get(table, "a", "b"))?.version).toBe(1);
    });

    test("version: writes over that version only, never where nothing is", async (table) => {
      expect(await put(table, { pk: "a", sk: "b", version: 2 }, version(1))).toBe("conflict");
      expect(await get(table, "a", "b")).toBeUndefined();
      await put(table, { pk: "a", sk: "b", version: 1 });
      expect(await put(table, { pk: "a", sk: "b", version: 2 }, version(1))).toBe("written");
      expect(await put(table, { pk: "a", sk: "b", version: 3 }, version(1))).toBe("conflict");
      expect((await get(table, "a", "b"))?.version).toBe(2);
    });

    test("each put of a call stands alone: a conflict in the middle stops none of the others", async (table) => {
      await put(table, { pk: "a", sk: "2", version: 5 });
      const puts = ["1", "2", "3"].map((sk): Put => ({ item: { pk: "a", sk, version: 1 }, condition: ABSENT }));
      expect(await table.putMany(puts)).toEqual(["written", "conflict", "written"]);
      expect((await all(table, "a")).map((item) => item.version)).toEqual([1, 5, 1]);
    });

    test("puts of one key in one call apply in order, each seeing the one before", async (table) => {
      const puts: Put[] = [
        { item: { pk: "a", sk: "b", version: 1 }, condition: ABSENT },
        { item: { pk: "a", sk: "b", version: 2 }, condition: version(1) },
        { item: { pk: "a", sk: "b", version: 9 }, condition: version(1) },
        { item: { pk: "a", sk: "b", version: 3 }, condition: version(2) },
        { item: { pk: "a", sk: "b", version: 9 }, condition: ABSENT },
      ];
      expect(await table.putMany(puts)).toEqual(["written", "written", "conflict", "written", "conflict"]);
      expect((await get(table, "a", "b"))?.version).toBe(3);
    });

    test("of many writers that count up one item, every success counts exactly once", async (table) => {
      await put(table, { pk: "a", sk: "counter", version: 0 });
      const writer = async (): Promise<void> => {
        for (let done = 0; done < 25; ) {
          const current = (await get(table, "a", "counter"))!.version;
          const item = { pk: "a", sk: "counter", version: current + 1 };
          if ((await put(table, item, version(current))) === "written") done++;
        }
      };
      await Promise.all(Array.from({ length: 8 }, writer));
      expect((await get(table, "a", "counter"))?.version).toBe(200);
    });
  });

  describe(`${name}: expiry`, () => {
    test("an item is there before its time and gone at it, for get and query", async (table, clock) => {
      await put(table, { pk: "a", sk: "b", version: 1, expiresAtMs: NOW_MS + 1000 });
      clock.nowMs = NOW_MS + 999;
      expect((await get(table, "a", "b"))?.version).toBe(1);
      expect(await all(table, "a")).toHaveLength(1);
      clock.nowMs = NOW_MS + 1000;
      expect(await get(table, "a", "b")).toBeUndefined();
      expect(await all(table, "a")).toEqual([]);
    });

    test("an expired item is absent to conditions: absent writes, its version conflicts", async (table, clock) => {
      const expiring = { pk: "a", sk: "b", version: 1, expiresAtMs: NOW_MS + 1000 };
      await put(table, expiring);
      clock.nowMs = NOW_MS + 1000;
      expect(await put(table, { pk: "a", sk: "b", version: 2 }, version(1))).toBe("conflict");
      expect(await put(table, { pk: "a", sk: "b", version: 3 }, ABSENT)).toBe("written");
      expect(plain(await get(table, "a", "b"))).toEqual({ pk: "a", sk: "b", version: 3 });
      await put(table, { ...expiring, sk: "long ago", expiresAtMs: NOW_MS + 2000 });
      clock.nowMs = NOW_MS + 60_000;
      expect(await put(table, { pk: "a", sk: "long ago", version: 2 }, version(1))).toBe("conflict");
      expect(await put(table, { pk: "a", sk: "long ago", version: 3 }, ABSENT)).toBe("written");
    });

    test("a put that is over already deletes, under its condition", async (table) => {
      await put(table, { pk: "a", sk: "b", version: 1 });
      const gone = { pk: "a", sk: "b", version: 2, expiresAtMs: NOW_MS - 1 };
      expect(await put(table, gone, version(9))).toBe("conflict");
      expect(await get(table, "a", "b")).toBeDefined();
      expect(await put(table, gone, version(1))).toBe("written");
      expect(await get(table, "a", "b")).toBeUndefined();
      expect(await put(table, { pk: "a", sk: "b", version: 1 }, ABSENT)).toBe("written");
    });

    test("a limit counts live items only", async (table) => {
      for (const sk of ["1", "2", "3", "4"]) {
        const expiry = sk < "3" ? { expiresAtMs: NOW_MS - 1 } : {};
        await put(table, { pk: "a", sk, version: 1, ...expiry });
      }
      expect((await table.query({ pk: "a", limit: 2 })).map((item) => item.sk)).toEqual(["3", "4"]);
    });
  });

  describe(`${name}: query`, () => {
    test("orders by UTF-8 bytes, not by UTF-16 units or by language", async (table) => {
      // U+FF5E sorts before U+1F30A in UTF-8 (ef.. < f0..), after it in UTF-16 (ff5e > d83c).
      const inOrder = ["A", "Z", "a", "z", "é", "～", "🌊", "🌊a"];
      for (const sk of [...inOrder].reverse()) await put(table, { pk: "a", sk, version: 1 });
      expect((await all(table, "a")).map((item) => item.sk)).toEqual(inOrder);
      const descending = await table.query({ pk: "a", order: "descending", limit: 3 });
      expect(descending.map((item) => item.sk)).toEqual(["🌊a", "🌊", "～"]);
      const bounded = await table.query({ pk: "a", from: "é", to: "🌊", limit: 9 });
      expect(bounded.map((item) => item.sk)).toEqual(["é", "～", "🌊"]);
    });

    test("takes both bounds as inclusive, and either alone", async (table) => {
      for (const sk of ["1", "2", "3", "4"]) await put(table, { pk: "a", sk, version: 1 });
      const keys = async (range: { from?: string; to?: string }) =>
        (await table.query({ pk: "a", ...range, limit: 9 })).map((item) => item.sk);
      expect(await keys({ from: "2", to: "3" })).toEqual(["2", "3"]);
      expect(await keys({ from: "3" })).toEqual(["3", "4"]);
      expect(await keys({ to: "2" })).toEqual(["1", "2"]);
      expect(await keys({ from: "4", to: "1" })).toEqual([]);
      expect(await keys({ from: "2", to: "2" })).toEqual(["2"]);
    });

    test("a limit keeps the first of the order that was asked for; zero gives nothing", async (table) => {
      for (const sk of ["1", "2", "3"]) await put(table, { pk: "a", sk, version: 1 });
      expect((await table.query({ pk: "a", limit: 2 })).map((item) => item.sk)).toEqual(["1", "2"]);
      const last = await table.query({ pk: "a", from: "1", to: "2", order: "descending", limit: 1 });
      expect(last.map((item) => item.sk)).toEqual(["2"]);
      expect(await table.query({ pk: "a", limit: 0 })).toEqual([]);
    });

    test("sees items of exactly its pk", async (table) => {
      await put(table, { pk: "a", sk: "1", version: 1 });
      await put(table, { pk: "ab", sk: "1", version: 2 });
      await put(table, { pk: "A", sk: "1", version: 3 });
      expect((await all(table, "a")).map((item) => item.version)).toEqual([1]);
      expect(await all(table, "none")).toEqual([]);
    });
  });

  tableModelLaw(name, withTable);
  checkGaps();
};

/** Bytes as plain numbers, so that a Buffer equals a Uint8Array. */
const plain = (item: Item | undefined) =>
  item && (item.bytes === undefined ? item : { ...item, bytes: [...item.bytes] });
