import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firstHashKey, hashKeyOf, parseHashKey, shardIdOf, shardOfHashKey } from "./shards.ts";

const LAST_HASH_KEY = 2n ** 128n - 1n;

describe("shards", () => {
  it("of a stream of four begin where Kinesis lets them begin", () => {
    // As `aws kinesis describe-stream` shows them for a stream that was made with four shards.
    expect([0, 1, 2, 3].map((shard) => String(firstHashKey(shard, 4)))).toEqual([
      "0",
      "85070591730234615865843651857942052864",
      "170141183460469231731687303715884105728",
      "255211775190703847597530955573826158592",
    ]);
    expect(shardIdOf(12)).toBe("shardId-000000000012");
  });

  it("share out every hash key among any number of them, each to the range that holds it", () => {
    const hashKey = fc.oneof(fc.bigInt({ min: 0n, max: LAST_HASH_KEY }), fc.constantFrom(0n, LAST_HASH_KEY));
    fc.assert(
      fc.property(hashKey, fc.integer({ min: 1, max: 1000 }), (key, shards) => {
        const shard = shardOfHashKey(key, shards);
        expect(firstHashKey(shard, shards) <= key && key < firstHashKey(shard + 1, shards)).toBe(true);
      }),
    );
  });

  it("begin exactly at their first hash key", () => {
    const shards = fc.integer({ min: 2, max: 1000 });
    fc.assert(
      fc.property(shards, fc.nat(), (count, n) => {
        const shard = 1 + (n % (count - 1));
        const first = firstHashKey(shard, count);
        expect([shardOfHashKey(first - 1n, count), shardOfHashKey(first, count)]).toEqual([shard - 1, shard]);
      }),
    );
  });

  it("take the MD5 of the partition key in UTF-8, big-endian", () => {
    // printf 'é' | md5sum
    expect(hashKeyOf("é")).toBe(0x66ddcd97cfdeabb2f6fb8a999b4bc76fn);
  });

  it("read a hash key only when it is one", () => {
    expect(parseHashKey("0")).toBe(0n);
    expect(parseHashKey(String(LAST_HASH_KEY))).toBe(LAST_HASH_KEY);
    for (const bad of ["", "00", "01", "-1", "1e3", "0x1", " 1", "1.0", String(LAST_HASH_KEY + 1n)]) {
      expect(parseHashKey(bad), bad).toBeUndefined();
    }
  });
});
