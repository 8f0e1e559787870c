import { describe, expect, it } from "vitest";
import { chainOf, type StoredChunk } from "./chain.ts";
import { NO_LINK, type Point } from "./points.ts";

const header = { features: 1, baseMs: 0, modelVersion: 0, rowsHash: "", configHash: "", threshold: 1 };
/** A chunk of the rows `firstRow`…`end`, which names `link` as the one before it. */
const stored = (id: string, firstRow: number, end: number, link: string): StoredChunk => ({
  sk: `CHUNK#${firstRow}#${id}`,
  id,
  chunk: { ...header, firstRow, link, points: new Array<Point>(end - firstRow) },
});
const [first, second, third] = [stored("a", 0, 4, NO_LINK), stored("b", 4, 9, "a"), stored("c", 9, 10, "b")];
const open = { firstRow: 10, link: "c" };
const ids = (chunks: { link: string }[]) => chunks.map(({ link }) => link);

describe("chainOf", () => {
  it("takes the chunks that name each other, in any order", () => {
    expect(ids(chainOf(open, false).take([first, third, second]))).toEqual(["b", "a", NO_LINK]);
  });

  it("leaves out one that ends where a chunk begins that names another", () => {
    const chain = chainOf(open, false);
    expect(ids(chain.take([stored("x", 9, 10, "y"), third, second, stored("z", 0, 4, NO_LINK), first]))).toEqual([
      "b",
      "a",
      NO_LINK,
    ]);
    expect(chain.isWaiting()).toBe(false);
  });

  it("lets a chunk wait for the one that vouches for it", () => {
    const chain = chainOf(open, false);
    expect(chain.take([third, first])).toHaveLength(1);
    expect(chain.isWaiting()).toBe(true);
    expect(ids(chain.take([second]))).toEqual(["a", NO_LINK]);
    expect(chain.isWaiting()).toBe(false);
  });

  it("drops a waiting chunk when its rows turn out to be another's", () => {
    const chain = chainOf(open, false);
    expect(chain.take([third, stored("dead", 0, 2, NO_LINK)])).toHaveLength(1);
    expect(ids(chain.take([second, first]))).toEqual(["a", NO_LINK]);
    expect(chain.isWaiting()).toBe(false);
  });

  it("takes the newest on trust only when those after it are not to come", () => {
    expect(chainOf({ firstRow: 90, link: "q" }, false).take([second, first])).toEqual([]);
    expect(chainOf({ firstRow: 90, link: "q" }, true).take([second, first])).toHaveLength(2);
  });

  it("takes a chunk once", () => {
    const chain = chainOf(open, false);
    expect(chain.take([third])).toHaveLength(1);
    expect(chain.take([third])).toEqual([]);
  });
});
