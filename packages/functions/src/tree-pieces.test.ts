import { randomOf } from "@tidewatch/core/model/random";
import { binRows } from "@tidewatch/core/model/random-forest/bins";
import { growParams, RANDOM_FOREST_PARAMS } from "@tidewatch/core/model/random-forest/fit";
import { growHere } from "@tidewatch/core/model/random-forest/grow";
import { encodeTrees } from "@tidewatch/core/model/random-forest/pieces";
import { describe, expect, it } from "vitest";
import { memoryBlobs } from "../../../test/support/memory-blobs.ts";
import { growInPieces, type TreePiece } from "./tree-pieces.ts";
import { treesHandler } from "./trees-handler.ts";

const labelled = () => {
  const random = randomOf(2);
  const values = Float32Array.from({ length: 900 }, () => random.unit());
  return {
    values,
    labels: Uint8Array.from({ length: 300 }, (_, row) => Number(values[row * 3]! > 0.6)),
    columns: 3,
    count: 300,
  };
};
const rows = binRows(labelled());
const params = growParams(labelled(), { ...RANDOM_FOREST_PARAMS, trees: 10 });
/** Three trees a piece. */
const LIMITS = { mostHere: 1, piece: 3 * 900 };

describe("a forest that is too large for one function", () => {
  it("is wanted in pieces, and whole when others have grown them", async () => {
    const blobs = memoryBlobs();
    const wanted: string[] = [];
    const grow = growInPieces(blobs, (key) => wanted.push(key), LIMITS);
    await expect(grow(rows, params)).rejects.toThrow("its 10 trees are being grown in 4 pieces");
    const plan = JSON.parse(new TextDecoder().decode(await blobs.get(wanted[0]!))) as TreePiece[];
    expect(plan.map(({ from, to }) => [from, to])).toEqual([
      [0, 3],
      [3, 6],
      [6, 9],
      [9, 10],
    ]);
    const grown: number[] = [];
    const handler = treesHandler({ blobs, onReport: (trees) => grown.push(trees) });
    for (const piece of plan.slice(1)) await handler(piece);
    await expect(grow(rows, params)).rejects.toThrow("4 pieces");
    for (const piece of plan) await handler(piece);
    // What was there was not grown again.
    expect(grown).toEqual([3, 3, 1, 3, 0, 0, 0]);

    const pieces = await grow(rows, params);
    const [whole] = await growHere(rows, params);
    expect(pieces.flatMap(({ trees }) => trees)).toEqual(whole!.trees);
    const votes = whole!.votes.map((_, row) => pieces.reduce((sum, piece) => sum + piece.votes[row]!, 0));
    expect(encodeTrees({ ...whole!, votes })).toEqual(encodeTrees(whole!));
    expect(wanted).toHaveLength(2);
  });

  it("is grown at once where it is small enough, and nothing is stored", async () => {
    const blobs = memoryBlobs();
    const grow = growInPieces(blobs, () => {}, { ...LIMITS, mostHere: 9000 });
    expect(await grow(rows, params)).toEqual(await growHere(rows, params));
    expect(blobs.objects.size).toBe(0);
  });
});
