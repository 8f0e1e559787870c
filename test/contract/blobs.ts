import type { Blobs } from "@tidewatch/core/store/ports";
import fc from "fast-check";
import { describe, expect } from "vitest";
import { type Gaps, testsUnless } from "./gaps.ts";

export type OpenBlobs = { blobs: Blobs; close(): Promise<void> };

/** What every Blobs must do. `open` gives a fresh, empty one. */
export const blobsContract = (name: string, open: () => Promise<OpenBlobs>, gaps: Gaps = {}): void => {
  const { it, checkGaps } = testsUnless(gaps);
  const withBlobs = async (run: (blobs: Blobs) => Promise<void>): Promise<void> => {
    const { blobs, close } = await open();
    try {
      await run(blobs);
    } finally {
      await close();
    }
  };
  const test = (title: string, run: (blobs: Blobs) => Promise<void>): void => it(title, () => withBlobs(run));
  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const textAt = async (blobs: Blobs, key: string) => {
    const bytes = await blobs.get(key);
    return bytes && new TextDecoder().decode(bytes);
  };

  describe(`${name}: get and put`, () => {
    test("gives back the bytes that were put last, and undefined where none were", async (blobs) => {
      expect(await blobs.get("a/b")).toBeUndefined();
      await blobs.put("a/b", bytesOf("one, and longer"));
      await blobs.put("a/b", bytesOf("two"));
      expect(await textAt(blobs, "a/b")).toBe("two");
      expect(await blobs.get("a")).toBeUndefined();
      expect(await blobs.get("a/b/c")).toBeUndefined();
    });

    test("keeps an empty object, and one of 5 MB", async (blobs) => {
      await blobs.put("empty", new Uint8Array(0));
      expect((await blobs.get("empty"))?.length).toBe(0);
      const big = Buffer.alloc(5 * 1024 * 1024, "tide");
      await blobs.put("big", big);
      expect(Buffer.from((await blobs.get("big"))!).equals(big)).toBe(true);
    });

    test("keeps keys as they are: equals signs, blanks, capitals, letters beyond ASCII", async (blobs) => {
      const keys = ["events/dt=2026-11-20/hour=07/shardId-000000000000-495.ndjson.gz", "a b/C", "é/🌊"];
      for (const key of keys) await blobs.put(key, bytesOf(key));
      for (const key of keys) expect(await textAt(blobs, key)).toBe(key);
    });

    test("a reader sees one whole object while writers replace it", async (blobs) => {
      const size = 300_000;
      await blobs.put("k", Buffer.alloc(size, "0"));
      let writing = true;
      const writer = async (letter: string) => {
        for (let i = 0; i < 10; i++) await blobs.put("k", Buffer.alloc(size + i, letter));
      };
      const reader = async () => {
        while (writing) {
          const bytes = Buffer.from((await blobs.get("k"))!);
          expect(bytes.length).toBeGreaterThanOrEqual(size);
          expect(bytes.every((byte) => byte === bytes[0])).toBe(true);
        }
      };
      const reading = reader();
      await Promise.all([writer("a"), writer("b"), writer("c")]);
      writing = false;
      await reading;
    });
  });

  describe(`${name}: putIfAbsent`, () => {
    test("writes once, and says false afterwards without a change", async (blobs) => {
      expect(await blobs.putIfAbsent("a/b", bytesOf("first"))).toBe(true);
      expect(await blobs.putIfAbsent("a/b", bytesOf("second"))).toBe(false);
      expect(await textAt(blobs, "a/b")).toBe("first");
      await blobs.put("a/b", bytesOf("third"));
      expect(await textAt(blobs, "a/b")).toBe("third");
    });

    test("of many at once exactly one wins, and its bytes are the ones kept", async (blobs) => {
      const attempts = Array.from({ length: 20 }, (_, i) => blobs.putIfAbsent("k", bytesOf(`writer ${i}`)));
      const won = (await Promise.all(attempts)).flatMap((wrote, i) => (wrote ? [i] : []));
      expect(won).toHaveLength(1);
      expect(await textAt(blobs, "k")).toBe(`writer ${won[0]}`);
    });
  });

  describe(`${name}: list`, () => {
    test("orders whole keys by UTF-8 bytes, the slash being a byte like any other", async (blobs) => {
      const inOrder = ["a-b", "a/b", "a/b-c", "a/c/d", "a0", "b", "é", "～", "🌊"];
      for (const key of [...inOrder].reverse()) await blobs.put(key, bytesOf(key));
      expect(await blobs.list("")).toEqual(inOrder);
    });

    test("takes a prefix that ends within a name, at a slash, or at a whole key", async (blobs) => {
      for (const key of ["m/1", "m/10", "m/2/x", "n", "mm"]) await blobs.put(key, bytesOf(key));
      expect(await blobs.list("m/1")).toEqual(["m/1", "m/10"]);
      expect(await blobs.list("m/")).toEqual(["m/1", "m/10", "m/2/x"]);
      expect(await blobs.list("m/2")).toEqual(["m/2/x"]);
      expect(await blobs.list("m")).toEqual(["m/1", "m/10", "m/2/x", "mm"]);
      expect(await blobs.list("m/2/x")).toEqual(["m/2/x"]);
      expect(await blobs.list("none/such")).toEqual([]);
      expect(await blobs.list("n/")).toEqual([]);
    });

    it("pages through any set of keys without gap or repeat", async () => {
      const part = fc.constantFrom("a", "b", "a-", "a0", "é", "🌊", "～");
      // The last part ends in a mark of its own, so that no key is the folder of another.
      const key = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => `${parts.join("/")}.x`);
      const keys = fc.uniqueArray(key, { maxLength: 12 });
      const prefix = fc.constantFrom("", "a", "a/", "a/b", "é/");
      await fc.assert(
        fc.asyncProperty(keys, prefix, fc.integer({ min: 1, max: 4 }), async (all, wanted, limit) => {
          await withBlobs(async (blobs) => {
            await Promise.all(all.map((one) => blobs.put(one, bytesOf("x"))));
            const listed: string[] = [];
            for (let after: string | undefined; ; after = listed.at(-1)) {
              const page = await blobs.list(wanted, { limit, ...(after !== undefined && { after }) });
              expect(page.length).toBeLessThanOrEqual(limit);
              if (page.length === 0) break;
              listed.push(...page);
            }
            const expected = all.filter((one) => one.startsWith(wanted));
            expect(listed).toEqual(expected.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
          });
        }),
        { numRuns: 30 },
      );
    });

    test("starts after a key that is not there, and outside the prefix", async (blobs) => {
      for (const key of ["a/1", "a/3", "b/1"]) await blobs.put(key, bytesOf(key));
      expect(await blobs.list("a/", { after: "a/2" })).toEqual(["a/3"]);
      expect(await blobs.list("b/", { after: "a/2" })).toEqual(["b/1"]);
      expect(await blobs.list("a/", { after: "b" })).toEqual([]);
    });
  });

  describe(`${name}: entries and remove`, () => {
    test("lists the same keys, with versions that change when the bytes do", async (blobs) => {
      for (const key of ["a/1", "a/2", "a/3", "b"]) await blobs.put(key, bytesOf(key));
      const before = await blobs.entries("a/");
      expect(before.map(({ key }) => key)).toEqual(["a/1", "a/2", "a/3"]);
      expect(await blobs.entries("a/")).toEqual(before);
      await blobs.put("a/2", bytesOf("A/2"));
      const after = await blobs.entries("a/", { after: "a/1", limit: 1 });
      expect(after).toEqual([{ key: "a/2", version: expect.any(String) }]);
      expect(after[0]!.version).not.toBe(before[1]!.version);
      expect(await blobs.entries("none/")).toEqual([]);
    });

    test("removes objects, and does not mind those that are not there", async (blobs) => {
      for (const key of ["a/1", "a/2", "b"]) await blobs.put(key, bytesOf(key));
      await blobs.remove(["a/1", "a/none", "c/d/e", "b"]);
      expect(await blobs.list("")).toEqual(["a/2"]);
      expect(await blobs.get("b")).toBeUndefined();
      expect(await blobs.putIfAbsent("b", bytesOf("again"))).toBe(true);
      await blobs.remove([]);
    });
  });
  checkGaps();
};
