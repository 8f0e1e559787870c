import { describe, expect, it } from "vitest";
import { type BadRow, readCsv } from "./csv.ts";

async function* bytesOf(text: string, chunk: number): AsyncGenerator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
}

const read = async (text: string, chunk = 5) => {
  const bad: BadRow[] = [];
  const { header, rows } = await readCsv("x.csv", bytesOf(text, chunk), (row) => bad.push(row));
  const good: [number, string[]][] = [];
  for await (const { line, cells } of rows) good.push([line, cells]);
  return { header, good, bad };
};

describe("readCsv", () => {
  it("reads a byte order mark, either line ending, quotes and blank lines", async () => {
    const { header, good, bad } = await read('\ufefftimestamp, cpu\r\n1,2\n\n"3","4""x"\r\n"a\nb",6');
    expect(header).toEqual(["timestamp", "cpu"]);
    expect(good).toEqual([
      [2, ["1", "2"]],
      [4, ["3", '4"x']],
      [6, ["a\nb", "6"]],
    ]);
    expect(bad).toEqual([]);
  });

  it("reports rows with a wrong number of cells and goes on", async () => {
    const { good, bad } = await read("a,b\n1,2\n3\n4,5,6\n8,9\n");
    expect(good.map(([line]) => line)).toEqual([2, 5]);
    expect(bad).toEqual([
      { line: 3, reason: "it has 1 cells where the header has 2" },
      { line: 4, reason: "it has 3 cells where the header has 2" },
    ]);
  });

  it("takes a stray quote for text, so that it costs one cell and not the rows after it", async () => {
    const { good, bad } = await read('a,b\n7,x"y\n"2"x,3\n8,9\n');
    expect(good.map(([, cells]) => cells)).toEqual([
      ["7", 'x"y'],
      ['"2"x', "3"],
      ["8", "9"],
    ]);
    expect(bad).toEqual([]);
  });

  it("reports a quote that is never closed", async () => {
    const { good, bad } = await read('a,b\n1,2\n3,"4\n5,6\n');
    expect(good.map(([, cells]) => cells)).toEqual([["1", "2"]]);
    expect(bad).toHaveLength(1);
    expect(bad[0]!.reason).toMatch(/quote/i);
  });

  it.each([
    ["an empty file", "", "is empty"],
    ["columns of the same name", "a,b,a\n", 'two columns named "a"'],
  ])("refuses %s", async (_, text, sentence) => {
    await expect(read(text)).rejects.toThrow(sentence);
  });

  it("stops reading when the caller throws on a bad row", async () => {
    let chunksRead = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("a,b\n1\n");
      for (; chunksRead < 100_000; chunksRead++) yield Buffer.from("1,2\n".repeat(100));
    }
    const run = async () => {
      const { rows } = await readCsv("x.csv", source(), ({ line, reason }) => {
        throw new Error(`line ${line}: ${reason}`);
      });
      for await (const _ of rows);
    };
    await expect(run()).rejects.toThrow("line 2:");
    expect(chunksRead).toBeLessThan(1000);
  });
});
