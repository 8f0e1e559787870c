import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeStore, encodeStore } from "./codec.ts";
import { mineLine, minerOf } from "./miner.ts";
import { templatesOf } from "./store.ts";

const storeOf = (lines: readonly string[]) => {
  const miner = minerOf();
  for (const line of lines) mineLine(miner, line);
  return miner.store;
};
const binary = fc.array(fc.nat(0xffff)).map((codes) => String.fromCharCode(...codes));
const some = storeOf([
  ...["up", "down", "left", "right"].map((way) => `robot ${way} at core.17, 5 bytes`),
  "größer als 日本 😀",
  "x",
  "",
]);

test("decoding gives back what was encoded", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.string(), binary), { maxLength: 20 }), (lines) => {
      const bytes = encodeStore(storeOf(lines));
      // toEqual takes its time over long arrays.
      expect(Buffer.compare(encodeStore(decodeStore(bytes, "store")), bytes)).toBe(0);
    }),
  );
  expect([...templatesOf(decodeStore(encodeStore(some), "store"))]).toHaveLength(4);
});

test("bytes that end early, go on, or come from a newer release are refused", () => {
  const bytes = encodeStore(some);
  for (let end = 0; end < bytes.length; end++) {
    expect(() => decodeStore(bytes.slice(0, end), "templates of a")).toThrow("templates of a is corrupt");
  }
  expect(() => decodeStore(Uint8Array.of(...bytes, 0), "templates of a")).toThrow("1 bytes are left over");
  const newer = bytes.slice();
  newer[4] = 9;
  expect(() => decodeStore(newer, "templates of a")).toThrow("format version 9");
});

test("any changed byte gives a store or CORRUPT, never another error", () => {
  const bytes = encodeStore(some);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), (at, byte) => {
      const changed = bytes.slice();
      changed[at] = byte;
      try {
        encodeStore(decodeStore(changed, "store"));
      } catch (error) {
        expect(error).toMatchObject({ code: "CORRUPT" });
      }
    }),
    { numRuns: 2000 },
  );
});

test("templates that overlap are refused", () => {
  const bytes = encodeStore(storeOf(["alpha went", "gamma went"]));
  const text = new TextDecoder("latin1").decode(bytes);
  const changed = Uint8Array.from(text.replace("gamma", "alpha"), (char) => char.charCodeAt(0));
  expect(() => decodeStore(changed, "store")).toThrow("two templates overlap");
});
