import { scaleRow } from "@tidewatch/core/model/scaling";
import type { Scorer } from "@tidewatch/core/model/scorer";
import { gradeOf } from "@tidewatch/core/score/threshold";
import { type FieldError, httpError } from "../http/problem.ts";
import type { PredictRow } from "../schemas/predict.ts";

type Prediction = { score: number; threshold: number; grade: number; attribution?: Record<string, number> };

/** Scores rows as the pipeline would, without the memory of a series: no rules, no expected values. */
export const predict = async (
  scorer: Scorer,
  threshold: number,
  rows: readonly PredictRow[],
): Promise<Prediction[]> => {
  const { scaling, features } = scorer.manifest;
  const columns = scaling.length * scorer.manifest.shingleSize;
  const vectors = new Float32Array(rows.length * columns);
  rows.forEach((row, index) => {
    const values = valuesOf(row, index, features, columns);
    for (let at = 0; at < columns; at += scaling.length) scaleRow(scaling, values, vectors, index * columns + at, at);
  });
  const { scores } = await scorer.score(vectors, rows.length);
  const over = rows.flatMap((_, index) => (scores[index]! >= threshold ? [index] : []));
  const attributions = await attribute(scorer, vectors, columns, over);
  return rows.map((_, index) => {
    const score = scores[index]!;
    const attribution = attributions.get(index);
    return { score, threshold, grade: gradeOf(score, threshold), ...(attribution ? { attribution } : {}) };
  });
};

const attribute = async (scorer: Scorer, vectors: Float32Array, columns: number, over: readonly number[]) => {
  const { features } = scorer.manifest;
  if (over.length === 0) return new Map<number, Record<string, number>>();
  const packed = new Float32Array(over.length * columns);
  over.forEach((row, at) => {
    packed.set(vectors.subarray(row * columns, (row + 1) * columns), at * columns);
  });
  const shares = await scorer.attribute(packed, over.length);
  const named = (at: number) =>
    Object.fromEntries(features.map((name, feature) => [name, shares[at * features.length + feature]!]));
  return new Map(over.map((row, at) => [row, named(at)]));
};

const valuesOf = (row: PredictRow, index: number, features: readonly string[], columns: number): number[] => {
  const values = flatten(row, index, features);
  if (values.length === columns) return values;
  const shingle = columns / features.length;
  const what = `${features.length} features${shingle > 1 ? ` × the last ${shingle} rows` : ""}`;
  throw invalid({ path: `rows.${index}`, message: `must have ${columns} values (${what}), has ${values.length}` });
};

const flatten = (row: PredictRow, index: number, features: readonly string[]): number[] => {
  if (!Array.isArray(row)) return byName(row, `rows.${index}`, features);
  return row.flatMap((one, at) => (typeof one === "number" ? one : byName(one, `rows.${index}.${at}`, features)));
};

const byName = (row: Record<string, number>, path: string, features: readonly string[]): number[] => {
  const unknown = Object.keys(row).find((name) => !features.includes(name));
  if (unknown !== undefined) {
    throw invalid({ path: `${path}.${unknown}`, message: `is no feature; there are ${features.join(", ")}` });
  }
  return features.map((name) => {
    const value = Object.hasOwn(row, name) ? row[name] : undefined;
    if (value === undefined) throw invalid({ path: `${path}.${name}`, message: "is missing" });
    return value;
  });
};

const invalid = (error: FieldError) => httpError("VALIDATION", "A row does not fit the model.", { errors: [error] });
