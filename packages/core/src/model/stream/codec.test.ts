import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeStream, encodeStream } from "./codec.ts";
import { freshStream } from "./state.ts";
import { updateStream } from "./update.ts";

const THRESHOLD = 3.5;
const values = fc.array(fc.oneof(fc.double({ min: -1e3, max: 1e3, noNaN: true }), fc.double(), fc.constant(0)), {
  maxLength: 400,
});
const after = (rows: number[], state = freshStream()) => {
  for (const value of rows) updateStream(state, value, true, THRESHOLD);
  return state;
};

test("decoding gives back the state: its bytes are the same", () => {
  fc.assert(
    fc.property(values, (rows) => {
      const bytes = encodeStream(after(rows));
      expect(encodeStream(decodeStream(bytes, "state"))).toEqual(bytes);
    }),
  );
});

test("a stream that is stored after each row goes on as if it had not been", () => {
  fc.assert(
    fc.property(values, fc.array(fc.boolean(), { minLength: 1, maxLength: 7 }), (rows, learning) => {
      const kept = freshStream();
      let stored = encodeStream(freshStream());
      rows.forEach((value, index) => {
        const learn = learning[index % learning.length]!;
        const resumed = decodeStream(stored, "state");
        const row = updateStream(resumed, value, learn, THRESHOLD);
        expect(row).toEqual(updateStream(kept, value, learn, THRESHOLD));
        stored = encodeStream(resumed);
        expect(stored).toEqual(encodeStream(kept));
      });
    }),
    { numRuns: 20 },
  );
});

test("the state stays small: at most 1.5 KB after 20,000 rows of a noisy series", () => {
  const rows = Array.from({ length: 20_000 }, (_, row) => 1e6 * Math.sin(row / 50) + ((row * 7919) % 1013) ** 2);
  expect(encodeStream(after(rows)).length).toBeLessThanOrEqual(1536);
});

test("bytes that nobody wrote are refused", () => {
  const bytes = encodeStream(after([1, 5, 2, 9, 4]));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (end) => {
      expect(() => decodeStream(bytes.slice(0, end), "state")).toThrow("state is corrupt");
    }),
  );
  expect(() => decodeStream(Uint8Array.of(...bytes, 0), "state")).toThrow("1 bytes are left over");
  const newer = bytes.slice();
  newer[4] = 9;
  expect(() => decodeStream(newer, "state")).toThrow("version 9");
});

test("any change of a byte gives a state or CORRUPT, never another error", () => {
  const bytes = encodeStream(after([1, 5, 2, 9, 4, 4, 8, 1, 1, 3, 7]));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      try {
        decodeStream(changed, "state");
      } catch (error) {
        expect(error).toMatchObject({ code: "CORRUPT" });
      }
    }),
    { numRuns: 2000 },
  );
});
