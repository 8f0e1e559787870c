/** Runs at most `slots` pieces of work at once; the others wait their turn, first come first served. */
export const concurrencyLimit = (slots: number) => {
  let free = slots;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free === 0) await new Promise<void>((start) => waiting.push(start));
    else free--;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free++;
    }
  };
};
export type ConcurrencyLimit = ReturnType<typeof concurrencyLimit>;
