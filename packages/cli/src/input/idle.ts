export const IDLE = Symbol("nothing came for a while");

/** The items, and `IDLE` once each time that none comes for so long. */
export async function* withIdle<T>(source: AsyncIterable<T>, idleMs: number): AsyncGenerator<T | typeof IDLE> {
  if (!Number.isFinite(idleMs)) return yield* source;
  const items = source[Symbol.asyncIterator]();
  try {
    for (let next = items.next(); ; ) {
      const isIdle = await silent(next, idleMs);
      if (isIdle) yield IDLE;
      const { done, value } = await next;
      if (done) return;
      next = items.next();
      next.catch(() => undefined); // it is thrown where it is waited for
      yield value;
    }
  } finally {
    await items.return?.();
  }
}

const silent = async (next: Promise<unknown>, idleMs: number): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, idleMs, true);
  });
  const came = () => false;
  const isSilent = await Promise.race([next.then(came, came), silence]);
  clearTimeout(timer);
  return isSilent;
};
