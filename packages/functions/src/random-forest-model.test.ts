import { exportRandomForest } from "@tidewatch/core/model/random-forest/export";
import { fitRandomForest, RANDOM_FOREST_PARAMS } from "@tidewatch/core/model/random-forest/fit";
import { fitMlRandomForest } from "@tidewatch/core/model/random-forest/ml-random-forest";
import type { LabelledRows } from "@tidewatch/core/model/random-forest/rows";
import { scoreRandomForest } from "@tidewatch/core/model/random-forest/score";
import type { TreeEnsemble } from "@tidewatch/core/model/trees/ensemble";
import fc from "fast-check";
import { expect, test } from "vitest";
import { labelledRows } from "../../../test/support/labelled-rows.ts";
import { onnxRuntime } from "./onnx-runtime.ts";

/** The sum of the votes is exact and the rest is in doubles, so only the cut to float32 is left. */
const RELATIVE_TOLERANCE = 2 ** -23;

const served = async (forest: TreeEnsemble) => ({
  forest,
  model: await onnxRuntime().load(exportRandomForest(forest)),
});
type Served = Awaited<ReturnType<typeof served>>;

const expectEqualScores = async ({ forest, model }: Served, rows: Float32Array) => {
  const count = rows.length / forest.columns;
  const [ours, theirs] = [scoreRandomForest(forest, rows, count), await model.run(rows, count)];
  expect(theirs.length).toBe(count);
  const wrong = Array.from(theirs.keys()).filter(
    (row) => !(Math.abs(theirs[row]! - ours[row]!) <= RELATIVE_TOLERANCE * Math.abs(ours[row]!)),
  );
  expect(wrong).toEqual([]);
};

/** One value in ten is missing. */
const withGaps = (rows: LabelledRows): LabelledRows => ({
  ...rows,
  values: rows.values.map((value, at) => ((at * 7) % 10 === 3 ? Number.NaN : value)),
});

const params = RANDOM_FOREST_PARAMS;
const forests: [string, Served][] = [
  ["complete rows", await served((await fitRandomForest(labelledRows(1500, 1), params)).forest)],
  ["rows with gaps", await served((await fitRandomForest(withGaps(labelledRows(1500, 1)), params)).forest)],
  [
    "300 trees of single rows",
    await served((await fitRandomForest(labelledRows(300, 1), { ...params, trees: 300, minLeafRows: 1 })).forest),
  ],
  ["ml-random-forest", await served((await fitMlRandomForest(labelledRows(120, 1), { ...params, trees: 20 })).forest)],
];

test.each(forests)(
  "%s: ONNX Runtime and the forest itself give the same scores, whatever the values",
  async (_, forest) => {
    const value = fc.oneof(
      fc.float(),
      fc.float({ min: -1, max: 1, noNaN: true }),
      fc.constantFrom(Number.NaN, Infinity, -Infinity, 3.4028234663852886e38, -3.4028234663852886e38, 1e-45, 0, -0),
      fc.constantFrom(...forest.forest.threshold), // exactly on a threshold: the row goes left
    );
    const row = fc.tuple(value, value, value, value, value, value, value, value);
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 60 }), (all) =>
        expectEqualScores(forest, Float32Array.from(all.flat())),
      ),
      { numRuns: 100 },
    );
  },
);

test.each(forests)("%s: the same for training rows, with and without gaps, and constant ones", async (_, forest) => {
  await expectEqualScores(forest, labelledRows(1500, 1).values);
  await expectEqualScores(forest, withGaps(labelledRows(1500, 1)).values);
  await expectEqualScores(forest, new Float32Array(8 * 40).fill(0.5));
});

test("forests of bare leaves are exported too, and trees that are one beside trees that are not", async () => {
  const constant = {
    values: new Float32Array(20).fill(3),
    labels: Uint8Array.from({ length: 20 }, (_, row) => (row % 4 === 0 ? 1 : 0)),
    columns: 1,
    count: 20,
  };
  const inputs = Float32Array.of(3, 0, 9, Number.NaN);
  await expectEqualScores(await served((await fitRandomForest(constant, params)).forest), inputs);
  const two = { values: Float32Array.of(1, 2), labels: Uint8Array.of(0, 1), columns: 1, count: 2 };
  const mixed = (await fitRandomForest(two, { ...params, minLeafRows: 1 })).forest;
  const bare = mixed.roots.filter((root) => mixed.feature[root]! < 0).length;
  expect(bare).toBeGreaterThan(0);
  expect(bare).toBeLessThan(100);
  await expectEqualScores(await served(mixed), inputs);
});
