import type { Rows } from "../feature/rows.ts";
import type { Scorer } from "../model/scorer.ts";
import type { Judged } from "./verdict.ts";

/** One run of the model over all vectors of a detector, and one more to attribute those that reach the threshold. */
export const runModel = async (scorer: Scorer | undefined, rows: Rows, threshold: number): Promise<Judged> => {
  if (!scorer || rows.vectorCount === 0) return NOTHING;
  const used = rows.vectors.subarray(0, rows.vectorCount * rows.columns);
  const { scores, forecast } = await scorer.score(used, rows.vectorCount);
  const over: number[] = [];
  for (let vector = 0; vector < rows.vectorCount; vector++) if (scores[vector]! >= threshold) over.push(vector);
  const sharesAt = new Int32Array(rows.vectorCount).fill(-1);
  if (over.length === 0) return { scores, sharesAt, shares: NOTHING.shares, forecast };
  const vectors = new Float32Array(over.length * rows.columns);
  over.forEach((vector, index) => {
    vectors.set(used.subarray(vector * rows.columns, (vector + 1) * rows.columns), index * rows.columns);
    sharesAt[vector] = index * rows.features;
  });
  return { scores, sharesAt, shares: await scorer.attribute(vectors, over.length), forecast };
};

const NOTHING: Judged = {
  scores: new Float64Array(0),
  sharesAt: new Int32Array(0),
  shares: new Float64Array(0),
  forecast: undefined,
};
