import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSession, encodeSession } from "./codec.ts";
import { findKeys } from "./keys.ts";
import { closeAll, openSessions, takeLine } from "./open-sessions.ts";
import { addLine, freshSession, type Session, templateCounts } from "./session.ts";

const id = (index: number) => index.toString(16).padStart(16, "0");
const pointer = (line: number, shardId = "shardId-000000000001") => ({
  ...{
    shardId,
    sequenceNumber: String(line).padStart(56, "1"),
    arrivalMs: 1_700_000_000_000 + line,
    part: line % 3,
    digest: line * 7919,
  },
});
const line = (template: number, timestampMs: number, at = 1) => ({
  templateId: id(template),
  timestampMs,
  at: pointer(at),
});
const sessionOf = (templates: readonly number[], stepMs = 1000): Session => {
  const session = freshSession("blk_1", 0);
  templates.forEach((template, index) => {
    addLine(session, line(template, index * stepMs, index + 1));
  });
  return session;
};
const lines = fc.array(
  fc.record({ template: fc.nat(12), ms: fc.nat(10_000_000), shard: fc.nat(3), line: fc.nat(1e9) }),
  {
    maxLength: 60,
  },
);

test("keys come from a pattern, each once, or from a field", () => {
  const blocks = findKeys({ pattern: "blk_-?\\d+" });
  expect(blocks({ message: "" }, "move blk_-16 and blk_7, not blk_-16 again")).toEqual(["blk_-16", "blk_7"]);
  expect(findKeys({ pattern: "req=(\\w+)|id=(\\w+)" })({ message: "" }, "req=a id=b")).toEqual(["a"]);
  expect(blocks({ message: "" }, Array.from({ length: 40 }, (_, index) => `blk_${index}`).join(" "))).toHaveLength(16);
  expect(blocks({ message: "" }, `blk_${"1".repeat(100_000)}`)[0]).toHaveLength(256);
  const field = findKeys({ field: "request" });
  expect(field({ message: "", fields: { request: "r1" } }, "")).toEqual(["r1"]);
  expect([field({ message: "", fields: {} }, ""), field({ message: "" }, "")]).toEqual([[], []]);
});

test("patterns that cannot be used are refused, and none takes more than linear time", () => {
  for (const pattern of ["(", "(a)\\1", "(?=a)b", "a".repeat(1001)]) {
    expect(() => findKeys({ pattern })).toThrow(/session pattern/);
  }
  const startMs = performance.now();
  findKeys({ pattern: "(a+)+$" })({ message: "" }, `${"a".repeat(1_000_000)}b`);
  expect(performance.now() - startMs).toBeLessThan(3000);
});

test("a session counts its templates, where each came first, their order and the silences", () => {
  const session = sessionOf([5, 5, 9, 5], 1000);
  addLine(session, line(9, 500));
  expect(session).toMatchObject({ firstMs: 0, lastMs: 3000, longestGapMs: 1000, lines: 5, others: 0, newest: 1 });
  expect(session.entries).toEqual([
    { templateId: id(5), count: 3, first: pointer(1) },
    { templateId: id(9), count: 2, first: pointer(3) },
  ]);
  expect([...session.steps]).toEqual([
    [0, 1],
    [1, 2],
    [256, 1],
  ]);
  expect(templateCounts(session, () => id(1))).toEqual(new Map([[id(1), 5]]));
});

test("a session of endless templates stays bounded", () => {
  const session = sessionOf(Array.from({ length: 3000 }, (_, index) => (index * 7919) % 1000));
  expect(session.entries).toHaveLength(256);
  expect(session.lines).toBe(3000);
  expect(session.entries.reduce((sum, { count }) => sum + count, session.others)).toBe(3000);
  expect(encodeSession(session).length).toBeLessThan(16_000);
});

test("a usual session takes a few hundred bytes", () => {
  const block = [1, 1, 2, 1, 3, 4, 3, 4, 3, 4, 5, 5, 5, 6, 6, 6, 7, 7, 7];
  expect(encodeSession(sessionOf(block)).length).toBeLessThan(400);
});

test("decoding gives back what was encoded", () => {
  fc.assert(
    fc.property(lines, fc.string(), (all, key) => {
      const session = freshSession(key.toWellFormed(), 1_000_000);
      for (const { template, ms, shard, line: number } of all) {
        addLine(session, {
          templateId: id(template),
          timestampMs: ms,
          at: pointer(number, `shard ${shard}`),
        });
      }
      expect(decodeSession(encodeSession(session), "session")).toEqual(session);
    }),
  );
});

test("bytes that end early, go on or were changed are refused", () => {
  const bytes = encodeSession(sessionOf([1, 2, 3, 1]));
  for (let end = 0; end < bytes.length; end++) {
    expect(() => decodeSession(bytes.slice(0, end), "session a")).toThrow("session a is corrupt");
  }
  expect(() => decodeSession(Uint8Array.of(...bytes, 0), "session a")).toThrow("1 bytes are left over");
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      try {
        encodeSession(decodeSession(changed, "session"));
      } catch (error) {
        expect(error).toMatchObject({ code: "CORRUPT" });
      }
    }),
    { numRuns: 2000 },
  );
});

test("sessions end by silence, by length, and at the end of the log", () => {
  const sessions = openSessions({ idleMs: 1000, maxLines: 3 });
  const take = (keys: string[], ms: number) =>
    takeLine(sessions, keys, line(1, ms)).map(({ session, reason }) => [session.key, reason, session.lines]);
  expect(take(["a", "b"], 0)).toEqual([]);
  expect(take(["b"], 900)).toEqual([]);
  expect(take([], 1000)).toEqual([]);
  expect(take(["c"], 1001)).toEqual([["a", "idle", 1]]);
  expect(take(["b"], 800)).toEqual([["b", "length", 3]]);
  expect(take(["b"], 1100)).toEqual([]);
  expect(closeAll(sessions).map(({ session, reason }) => [session.key, reason, session.lines])).toEqual([
    ["c", "end", 1],
    ["b", "end", 1],
  ]);
  expect(sessions.open.size).toBe(0);
});

test("a replay ends the same sessions at the same lines, also when it stopped in between", () => {
  const touches = fc.array(fc.record({ keys: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")), gap: fc.nat(900) }));
  fc.assert(
    fc.property(touches, fc.nat(), (all, cut) => {
      const run = (interrupted: boolean) => {
        let sessions = openSessions({ idleMs: 1500, maxLines: 5 });
        let ms = 0;
        const closed = all.map(({ keys, gap }, index) => {
          ms += gap;
          if (interrupted && index === cut % all.length) {
            const open = Array.from(sessions.open, ([key, session]): [string, Session] => [
              key,
              decodeSession(encodeSession(session), key),
            ]);
            sessions = { ...sessions, open: new Map(open) };
          }
          return takeLine(sessions, keys, line(index % 3, ms, index));
        });
        return [closed, closeAll(sessions)];
      };
      expect(run(true)).toEqual(run(false));
    }),
  );
});
