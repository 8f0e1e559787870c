import { describe, expect, it } from "vitest";
import { randomOf } from "../random.ts";
import { exportRandomForest } from "./export.ts";
import { fitRandomForest } from "./fit.ts";
import { type GrowTrees, growTrees } from "./grow.ts";
import { decodeRows, decodeTrees, encodeRows, encodeTrees } from "./pieces.ts";

const PARAMS = { trees: 7, minLeafRows: 2, maxDepth: 12, classWeights: "balanced" as const, seed: 3 };

/** Labels follow the first column, not always; some values are missing. */
const rows = (count: number, columns = 3) => {
  const random = randomOf(5);
  const values = Float32Array.from({ length: count * columns }, () =>
    random.unit() < 0.05 ? Number.NaN : random.unit(),
  );
  const labels = Uint8Array.from(
    { length: count },
    (_, row) => (values[row * columns]! > 0.7 ? 1 : 0) ^ (random.unit() < 0.1 ? 1 : 0),
  );
  return { values, labels, columns, count };
};

/** As machines that see bytes alone. */
const inPieces =
  (size: number): GrowTrees =>
  async (binned, params) => {
    const stored = encodeRows(binned);
    const pieces: Uint8Array[] = [];
    for (let from = 0; from < params.trees; from += size) {
      pieces.unshift(encodeTrees(growTrees(decodeRows(stored), params, from, Math.min(params.trees, from + size))));
    }
    return pieces.map(decodeTrees);
  };

describe("a forest that is grown in pieces", () => {
  it.each([1, 2, 3, 7])("of %d trees has the bytes of one that is grown at once", async (size) => {
    const whole = await fitRandomForest(rows(500), PARAMS);
    const pieced = await fitRandomForest(rows(500), PARAMS, inPieces(size));
    expect(Buffer.compare(exportRandomForest(pieced.forest), exportRandomForest(whole.forest))).toBe(0);
    expect(pieced.outOfBag).toEqual(whole.outOfBag);
    expect(pieced.impurityImportance).toEqual(whole.impurityImportance);
  });

  it("is refused when a piece is cut, or is something else", () => {
    const piece = new Uint8Array(16);
    expect(() => decodeTrees(piece)).toThrow("no piece of a forest");
    expect(() => decodeRows(piece)).toThrow("no piece of a forest");
    expect(() => decodeTrees(piece.subarray(0, 2))).toThrow("ends too early");
  });
});
