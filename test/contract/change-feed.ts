import type { ChangeFeed, Clock, Item, Table, TableChange } from "@tidewatch/core/store/ports";
import { describe, expect, it } from "vitest";

export type OpenFeed = { table: Table; feed: ChangeFeed; sweepExpired(): Promise<unknown>; close(): Promise<void> };

const NOW_MS = Date.UTC(2026, 10, 20, 10);
/** The resolution of time in records of DynamoDB's streams. */
const SECOND_MS = 1000;

/** What every ChangeFeed with its table must do. `open` gives a fresh, empty table whose time is that of the clock. */
export const changeFeedContract = (name: string, open: (now: Clock) => Promise<OpenFeed>): void => {
  type Parts = OpenFeed & { clock: { nowMs: number } };
  const test = (title: string, run: (parts: Parts) => Promise<void>): void =>
    it(title, async () => {
      const clock = { nowMs: NOW_MS };
      const opened = await open(() => clock.nowMs);
      try {
        await run({ ...opened, clock });
      } finally {
        await opened.close();
      }
    });
  const put = async (table: Table, item: Item, version?: number) =>
    (
      await table.putMany([{ item, condition: version === undefined ? { kind: "any" } : { kind: "version", version } }])
    )[0];
  /** `before>after` as versions. */
  const brief = (changes: TableChange[]) =>
    changes.map(({ before, after }) => `${(before ?? after)!.sk}:${before?.version ?? ""}>${after?.version ?? ""}`);

  describe(`${name}: change feed`, () => {
    test("tells each change with the images before and after", async ({ table, feed }) => {
      const first = { pk: "p", sk: "a", version: 1, doc: "{}", expiresAtMs: NOW_MS + 9 };
      await put(table, first);
      await put(table, { pk: "p", sk: "a", version: 2, bytes: Uint8Array.of(1, 2) });
      const [created, changed] = await feed.read(undefined, 10);
      expect(created).toEqual({ cursor: created!.cursor, after: first });
      expect(changed!.before).toEqual(first);
      expect([...changed!.after!.bytes!]).toEqual([1, 2]);
      expect(Object.keys(changed!.after!).sort()).toEqual(["bytes", "pk", "sk", "version"]);
    });

    test("says nothing of a put that conflicted", async ({ table, feed }) => {
      await put(table, { pk: "p", sk: "a", version: 1 });
      expect(await put(table, { pk: "p", sk: "a", version: 3 }, 2)).toBe("conflict");
      expect(brief(await feed.read(undefined, 10))).toEqual(["a:>1"]);
    });

    test("keeps the order of changes of a key, also within one call", async ({ table, feed }) => {
      await table.putMany(
        [1, 2, 3].map((version) => ({ item: { pk: "p", sk: "a", version }, condition: { kind: "any" } })),
      );
      expect(brief(await feed.read(undefined, 10))).toEqual(["a:>1", "a:1>2", "a:2>3"]);
    });

    test("pages by cursor without gap or repeat, and goes on with what comes later", async ({ table, feed }) => {
      for (let version = 1; version <= 7; version++) await put(table, { pk: "p", sk: "a", version });
      const read: TableChange[] = [];
      for (let cursor: string | undefined; ; cursor = read.at(-1)!.cursor) {
        const page = await feed.read(cursor, 3);
        expect(page.length).toBeLessThanOrEqual(3);
        if (page.length === 0) break;
        read.push(...page);
      }
      expect(read.map(({ after }) => after!.version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
      await put(table, { pk: "p", sk: "a", version: 8 });
      expect(brief(await feed.read(read.at(-1)!.cursor, 3))).toEqual(["a:7>8"]);
    });

    test("an expiry is a change without after, told once", async ({ table, feed, sweepExpired, clock }) => {
      await put(table, { pk: "p", sk: "a", version: 1, expiresAtMs: NOW_MS + SECOND_MS });
      clock.nowMs += SECOND_MS;
      await sweepExpired();
      await sweepExpired();
      expect(brief(await feed.read(undefined, 10))).toEqual(["a:>1", "a:1>"]);
    });

    test("an item put where one had expired is new, and the expiry comes first", async ({
      table,
      feed,
      sweepExpired,
      clock,
    }) => {
      await put(table, { pk: "p", sk: "a", version: 1, expiresAtMs: NOW_MS + SECOND_MS });
      clock.nowMs += SECOND_MS;
      await put(table, { pk: "p", sk: "a", version: 2 });
      await sweepExpired();
      expect(brief(await feed.read(undefined, 10))).toEqual(["a:>1", "a:1>", "a:>2"]);
    });

    test("a deletion is told as an expiry; deleting what is not there is told not at all", async ({
      table,
      feed,
      sweepExpired,
    }) => {
      const gone = { pk: "p", sk: "a", version: 9, expiresAtMs: NOW_MS - 1 };
      await put(table, gone);
      await put(table, { pk: "p", sk: "a", version: 1 });
      await put(table, gone);
      await sweepExpired();
      const changes = brief(await feed.read(undefined, 10));
      expect(changes).toEqual(["a:>1", "a:1>"]);
    });
  });
};
