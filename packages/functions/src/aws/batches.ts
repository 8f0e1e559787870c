/**
 * Consecutive runs of at most `count` items and `bytes` bytes together, in order; an item that is larger alone than `bytes`
 * is a run of its own.
 */
export const batchesOf = <T>(
  items: readonly T[],
  limits: { count: number; bytes?: number },
  bytesOf: (item: T) => number = () => 0,
): T[][] => {
  const { count, bytes: mostBytes = Number.POSITIVE_INFINITY } = limits;
  const batches: T[][] = [];
  let batch: T[] = [];
  let bytes = 0;
  for (const item of items) {
    const size = bytesOf(item);
    if (batch.length === count || (batch.length > 0 && bytes + size > mostBytes)) {
      batches.push(batch);
      batch = [];
      bytes = 0;
    }
    batch.push(item);
    bytes += size;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
};
