import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_EVENTS, type Slices, splitJson, splitLines } from "./split.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const textsOf = (body: Uint8Array, slices: Slices) =>
  Array.from({ length: slices.length / 2 }, (_, index) =>
    new TextDecoder().decode(body.subarray(slices[2 * index]!, slices[2 * index + 1]!)),
  );
const valuesOf = (body: Uint8Array, slices: Slices) => textsOf(body, slices).map((text) => JSON.parse(text));

describe("splitJson", () => {
  test("finds the elements of any array, however it is laid out", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 0, max: 3 }), (values, indent) => {
        const text = JSON.stringify(values, null, indent);
        const body = encode(` ${text}\n`);
        expect(valuesOf(body, splitJson(body))).toEqual(JSON.parse(text));
      }),
    );
  });

  test("refuses each array that lacks its end", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1 }), fc.nat(), (values, cut) => {
        const text = JSON.stringify(values);
        const body = encode(text.slice(0, 1 + (cut % (text.length - 1))));
        expect(() => splitJson(body)).toThrow("The JSON array is broken");
      }),
    );
  });

  test("takes what is no array as one event, valid or not", () => {
    const body = encode('  {"a": [1, 2]} ');
    expect(textsOf(body, splitJson(body))).toEqual(['{"a": [1, 2]}']);
    const broken = encode("nonsense, really");
    expect(textsOf(broken, splitJson(broken))).toEqual(["nonsense, really"]);
  });

  test("says at which byte an array is broken", () => {
    expect(() => splitJson(encode("[1,,2]"))).toThrow("at byte 3: an element is missing");
  });
});

describe("splitLines", () => {
  test("finds each line that holds anything, with any line end", () => {
    const line = fc.string({ minLength: 1 }).map((text) => JSON.stringify(text));
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom("\n", "\r\n", "\n\n", " \n\t"), (lines, end) => {
        const body = encode(lines.join(end));
        expect(textsOf(body, splitLines(body))).toEqual(lines);
      }),
    );
  });

  test("takes as many events as are allowed and not one more", () => {
    expect(splitLines(encode("1\n".repeat(MAX_EVENTS)))).toHaveLength(2 * MAX_EVENTS);
    expect(() => splitLines(encode("1\n".repeat(MAX_EVENTS + 1)))).toThrow("More than 100000 events");
  });
});
