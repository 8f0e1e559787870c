import type { TemplateCounts } from "./signature.ts";

/** Templates of the training sessions, ascending: the columns of a model, in an order that no line decides. */
export const vocabularyOf = (sessions: Iterable<TemplateCounts>): string[] => {
  const ids = new Set<string>();
  for (const counts of sessions) for (const id of counts.keys()) ids.add(id);
  return [...ids].sort();
};

/** Count vectors, row-major: a column per template of the vocabulary, and one for all others. */
export const countVectors = (sessions: readonly TemplateCounts[], vocabulary: readonly string[]): Float32Array => {
  const columns = vocabulary.length + 1;
  const place = new Map(vocabulary.map((id, column) => [id, column]));
  const values = new Float32Array(sessions.length * columns);
  for (const [row, counts] of sessions.entries()) {
    for (const [id, count] of counts) {
      const at = row * columns + (place.get(id) ?? vocabulary.length);
      values[at] = values[at]! + count;
    }
  }
  return values;
};
