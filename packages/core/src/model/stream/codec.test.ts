import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeStates, decodeStream, encodeStates, encodeStream } from "./codec.ts";
import { freshStream } from "./state.ts";
import { updateStream } from "./update.ts";

const HOUR = 3_600_000;
const numbers = fc.oneof(
  { weight: 6, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
  { weight: 1, arbitrary: fc.double() },
  { weight: 1, arbitrary: fc.constantFrom(0, -0, 1e300, -1e300, 1e-300, -1e-60, 5) },
);
const row = fc.record({
  value: numbers,
  hours: fc.double({ min: -2, max: 30, noNaN: true }),
});
const rows = fc.array(row, { maxLength: 300 });

const after = (values: readonly number[], stepMs = HOUR / 4) => {
  const state = freshStream();
  values.forEach((value, index) => {
    updateStream(state, value, index * stepMs);
  });
  return state;
};
/** A sine of a day with noise that never repeats. */
const wave = Array.from({ length: 20_000 }, (_, index) => 1e4 * Math.sin(index / 15) + ((index * 7919) % 1013) ** 1.5);

test("decoding gives back what was encoded, and an equal state goes on to equal bytes", () => {
  fc.assert(
    fc.property(rows, (steps) => {
      const kept = freshStream();
      let stored = encodeStream(freshStream());
      let timestampMs = 0;
      for (const { value, hours } of steps) {
        timestampMs += hours * HOUR;
        const resumed = decodeStream(stored, "state");
        expect(encodeStream(resumed)).toEqual(stored);
        const result = updateStream(resumed, value, timestampMs);
        expect(result).toEqual(updateStream(kept, value, timestampMs));
        stored = encodeStream(resumed);
        expect(stored).toEqual(encodeStream(kept));
      }
    }),
    { numRuns: 25 },
  );
});

test("a state that has seen days resumes to the bit", () => {
  const kept = after(wave.slice(0, 3000));
  const resumed = decodeStream(encodeStream(kept), "state");
  for (let index = 3000; index < 4000; index++) {
    const timestampMs = (index * HOUR) / 4;
    expect(updateStream(resumed, wave[index]!, timestampMs)).toEqual(updateStream(kept, wave[index]!, timestampMs));
  }
  expect(encodeStream(resumed)).toEqual(encodeStream(kept));
});

test("the state stays small: at most 1.5 KB after 20,000 rows of a noisy series", () => {
  expect(encodeStream(after(wave)).length).toBeLessThanOrEqual(1536);
});

test("bytes that end early, go on, or come from a newer release are refused", () => {
  const bytes = encodeStream(after([1, 5, 2, 9, 4]));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), (end) => {
      expect(() => decodeStream(bytes.slice(0, end), "state of a")).toThrow("state of a is corrupt");
    }),
  );
  expect(() => decodeStream(Uint8Array.of(...bytes, 0), "state of a")).toThrow("1 bytes are left over");
  const newer = bytes.slice();
  newer[4] = 9;
  expect(() => decodeStream(newer, "state of a")).toThrow("format version 9");
});

test("any changed byte gives a state or CORRUPT, never another error", () => {
  const bytes = encodeStream(after(wave.slice(0, 200)));
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      try {
        updateStream(decodeStream(changed, "state"), 3, 0);
      } catch (error) {
        expect(error).toMatchObject({ code: "CORRUPT" });
      }
    }),
    { numRuns: 3000 },
  );
});

test("a prototype that is there twice is refused", () => {
  const state = after([1, 1, 1]);
  state.views[0]!.prototypes[1] = state.views[0]!.prototypes[0]!;
  state.views[0]!.count = 2;
  expect(() => decodeStream(encodeStream(state), "state")).toThrow("a prototype is there twice");
});

test("states of several features come back in order, and another number of them is refused", () => {
  const states = [1, 2, 3].map((value) => {
    const state = freshStream();
    updateStream(state, value, 0);
    return state;
  });
  const bytes = encodeStates(states);
  expect(decodeStates(bytes, 3, "x")).toEqual(states);
  expect(() => decodeStates(bytes, 2, "x")).toThrow("x is corrupt: 3 states in");
  expect(() => decodeStates(bytes.subarray(0, bytes.length - 1), 3, "x")).toThrow("x is corrupt");
  expect(() => decodeStates(Uint8Array.of(1, 0), 1, "x")).toThrow("x is corrupt: 0 states in 2 bytes for 1 features");
});
