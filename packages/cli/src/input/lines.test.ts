import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readLines } from "./lines.ts";

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const linesOf = async (text: string, chunk = 7, maxBytes = 1000) => {
  const lines: [number, string | undefined][] = [];
  for await (const { line, bytes } of readLines(chunksOf(Buffer.from(text), chunk), maxBytes)) {
    lines.push([line, bytes && Buffer.from(bytes).toString()]);
  }
  return lines;
};

describe("readLines", () => {
  it("numbers lines as an editor does and leaves blank ones out", async () => {
    expect(await linesOf("one\n\n  \r\ntwo\r\nthree")).toEqual([
      [1, "one"],
      [4, "two"],
      [5, "three"],
    ]);
  });

  it("gives a line that is too long without its bytes and goes on", async () => {
    expect(await linesOf(`a\n${"x".repeat(50)}\nb\n`, 8, 20)).toEqual([
      [1, "a"],
      [2, undefined],
      [3, "b"],
    ]);
  });

  it("does not depend on where the chunks end", async () => {
    const line = fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => text.replace(/[\n\r]/g, ""));
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 40 }), async (lines, chunk) => {
        const expected = lines.map((text, at) => [at + 1, text]).filter(([, text]) => /[^ \t]/.test(String(text)));
        expect(await linesOf(lines.join("\n"), chunk)).toEqual(expected);
      }),
    );
  });
});
