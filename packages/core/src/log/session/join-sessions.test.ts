import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeSession, encodeSession } from "./codec.ts";
import { joinSessions } from "./join-sessions.ts";
import { addLine, freshSession, MAX_ENTRIES, type Session } from "./session.ts";

const id = (index: number) => index.toString(16).padStart(16, "0");
const sessionOf = (lines: readonly { template: number; ms: number }[], from = 0): Session => {
  const session = freshSession("blk_1", lines[0]?.ms ?? 0);
  for (const [index, { template, ms }] of lines.entries()) {
    const at = { shardId: "a.log", sequenceNumber: String(from + index), arrivalMs: 0, part: 0, digest: 0 };
    addLine(session, { templateId: id(template), timestampMs: ms, at });
  }
  return session;
};

test("parts of a session joined are the session, also when they were packed in between", () => {
  const line = fc.record({ template: fc.nat(9), gap: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(line, { minLength: 2, maxLength: 60 }), fc.array(fc.nat(60)), (steps, cuts) => {
      let ms = 0;
      const lines = steps.map(({ template, gap }) => {
        ms += gap;
        return { template, ms };
      });
      const at = [0, ...cuts.filter((cut) => cut > 0 && cut < lines.length).sort((a, b) => a - b), lines.length];
      const parts = at.slice(1).map((end, index) => sessionOf(lines.slice(at[index], end), at[index]));
      const packed = parts
        .filter(({ lines: some }) => some > 0)
        .map((part) => decodeSession(encodeSession(part), "a part"));
      expect(packed.reduce(joinSessions)).toEqual(sessionOf(lines));
    }),
  );
});

test("what finds no place is counted, as in one session", () => {
  const lines = Array.from({ length: 600 }, (_, index) => ({ template: index % 300, ms: index }));
  const joined = joinSessions(sessionOf(lines.slice(0, 290)), sessionOf(lines.slice(290), 290));
  expect(joined.entries).toHaveLength(MAX_ENTRIES);
  expect(joined.lines).toBe(600);
  expect(joined.entries.reduce((sum, { count }) => sum + count, joined.others)).toBe(600);
  expect(joined.newest).toBe(-1);
});
