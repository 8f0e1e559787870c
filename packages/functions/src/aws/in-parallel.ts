/**
 * Results in the order of the items, with at most `limit` under way. After a failure no other item is begun; it is thrown
 * when those under way are done, so that nothing goes on behind the caller's back.
 */
export const inParallel = async <T, R>(
  items: readonly T[],
  limit: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> => {
  const results = new Array<R>(items.length);
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    while (next < items.length && !failed) {
      const index = next++;
      try {
        results[index] = await run(items[index]!);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(limit, items.length) }, worker));
  const failure = workers.find((worker) => worker.status === "rejected");
  if (failure) throw failure.reason;
  return results;
};
