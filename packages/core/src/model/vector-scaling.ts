import type { TrainingVectors } from "./dataset.ts";
import { fitScaling, type Scaling, scaleRow } from "./scaling.ts";

/** Over the newest row of each vector, so that a shingle counts each row once. */
export const fitFeatureScaling = (vectors: TrainingVectors, featureCount: number): Scaling[] =>
  Array.from({ length: featureCount }, (_, feature) => {
    const newest = vectors.columns - featureCount + feature;
    const values = new Float64Array(vectors.count);
    for (let row = 0; row < vectors.count; row++) values[row] = vectors.values[row * vectors.columns + newest]!;
    return fitScaling(values);
  });

/** The vectors as models take them: scaled in doubles, then cut to float32. */
export const scaleVectors = (
  { values, count, columns }: TrainingVectors,
  scaling: readonly Scaling[],
): Float32Array => {
  const rows = new Float32Array(count * columns);
  for (let at = 0; at < rows.length; at += scaling.length) scaleRow(scaling, values, rows, at, at);
  return rows;
};
