import fc from "fast-check";
import { expect, test } from "vitest";
import { addLine, freshSession, type Session } from "../session/session.ts";
import { decodeEnded, encodeEnded } from "./ended-sessions.ts";

const sessionOf = (key: string, templates: readonly number[]): Session => {
  const session = freshSession(key, 1000);
  for (const [index, template] of templates.entries()) {
    const at = {
      shardId: "shardId-000000000001",
      sequenceNumber: String(index + 1),
      arrivalMs: 2000 + index,
      part: 0,
      digest: 7,
    };
    addLine(session, { templateId: template.toString(16).padStart(16, "0"), timestampMs: 1000 + index * 100, at });
  }
  return session;
};
const sessions = fc.array(
  fc.record({ key: fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" }), templates: fc.array(fc.nat(20)) }),
  { maxLength: 12 },
);

test("what is packed comes back, and the same sessions are the same bytes", () => {
  fc.assert(
    fc.property(sessions, (drawn) => {
      const ended = drawn.map(({ key, templates }) => sessionOf(key, templates));
      const bytes = encodeEnded(ended);
      expect(decodeEnded(bytes, "ended sessions")).toEqual(ended);
      expect(encodeEnded(ended)).toEqual(bytes);
    }),
  );
});

test("bytes that are cut, prolonged or foreign are refused by name", () => {
  const bytes = encodeEnded([sessionOf("blk_1", [1, 2, 1]), sessionOf("blk_2", [3])]);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeEnded(bytes.subarray(0, length), "ended sessions of hdfs")).toThrow(/ended sessions of hdfs/);
  }
  expect(() => decodeEnded(Uint8Array.of(...bytes, 0), "it")).toThrow("it is corrupt: 1 bytes are left over");
  expect(() => decodeEnded(Uint8Array.of(1, 2, 3, 4, 5, 6), "it")).toThrow(/expected mark/);
});
