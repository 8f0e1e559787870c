import { type Random, randomOf } from "../random.ts";
import type { TreeEnsemble } from "../trees/ensemble.ts";
import { areaUnderCurve } from "./area-under-curve.ts";
import { drawBootstrap } from "./entries.ts";
import type { LabelledRows } from "./rows.ts";
import { childOf, leafOf } from "./score.ts";

/** Random streams of the choice of rows, and of the first feature's permutation; trees use the streams from 0 on. */
const CHOICE_STREAM = -3;
const PERMUTATION_STREAM = -4;
/** Rows of each label that importance is measured on, at most: the standard error of the area is then below 0.01. */
const ROWS_PER_LABEL_MAX = 2000;

/**
 * How much each feature is needed: by how much the area under the ROC curve, out of bag, falls when the feature's
 * values are permuted among the rows (Breiman 2001, section 10). Column c belongs to feature c mod `featureCount`, so
 * that all rows of a shingle are permuted together. About 0 for a useless feature, and for one whose information others
 * have too.
 */
export const permutationImportance = (
  forest: TreeEnsemble,
  rows: LabelledRows,
  options: { seed: number; featureCount: number },
): Float64Array => {
  const { seed, featureCount } = options;
  const chosen = chooseRows(rows, seed);
  const donors = Array.from({ length: featureCount }, (_, feature) =>
    shuffled(chosen.slice(), randomOf(seed, PERMUTATION_STREAM - feature)),
  );
  const intact = new Float64Array(chosen.length);
  const changes = Array.from({ length: featureCount }, () => new Float64Array(chosen.length));
  const voters = new Float64Array(chosen.length);
  const draws = new Uint8Array(rows.count);
  const asked = new Set<number>();
  const row = new Float32Array(rows.columns);
  for (const [tree, root] of forest.roots.entries()) {
    drawBootstrap(randomOf(seed, tree), draws);
    for (const [place, number] of chosen.entries()) {
      if (draws[number]! > 0) continue;
      row.set(rows.values.subarray(number * rows.columns, (number + 1) * rows.columns));
      asked.clear();
      let node = root;
      for (let column = forest.feature[node]!; column >= 0; column = forest.feature[node]!) {
        asked.add(column % featureCount);
        node = childOf(forest, node, row[column]!);
      }
      const vote = forest.value[node]!;
      intact[place] = intact[place]! + vote;
      voters[place] = voters[place]! + 1;
      // A feature that the tree did not ask for changes nothing.
      for (const feature of asked) {
        swapIn(rows, donors[feature]![place]!, feature, featureCount, row);
        const change = forest.value[leafOf(forest, root, row, 0)]! - vote;
        changes[feature]![place] = changes[feature]![place]! + change;
        swapIn(rows, number, feature, featureCount, row);
      }
    }
  }
  const labels = Uint8Array.from(chosen, (number) => rows.labels[number]!);
  const areaOf = (change?: Float64Array) =>
    areaUnderCurve(
      intact.map((votes, place) => (votes + (change?.[place] ?? 0)) / voters[place]!),
      labels,
    );
  const area = areaOf();
  return Float64Array.from(changes, (change) => area - areaOf(change));
};

/** Evenly drawn rows, equally many of each label where one has more than enough. */
const chooseRows = ({ labels, count }: LabelledRows, seed: number): Int32Array => {
  const all = Int32Array.from({ length: count }, (_, row) => row);
  const ofLabel = (label: number) =>
    shuffled(
      all.filter((row) => labels[row] === label),
      randomOf(seed, CHOICE_STREAM),
    ).subarray(0, ROWS_PER_LABEL_MAX);
  return Int32Array.of(...ofLabel(0), ...ofLabel(1));
};

/** Fisher and Yates's shuffle, in place. */
const shuffled = (numbers: Int32Array, random: Random): Int32Array => {
  for (let last = numbers.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    [numbers[last], numbers[other]] = [numbers[other]!, numbers[last]!];
  }
  return numbers;
};

/** Gives `row` the values that another row has in one feature. */
const swapIn = (rows: LabelledRows, from: number, feature: number, featureCount: number, row: Float32Array): void => {
  for (let column = feature; column < rows.columns; column += featureCount) {
    row[column] = rows.values[from * rows.columns + column]!;
  }
};
