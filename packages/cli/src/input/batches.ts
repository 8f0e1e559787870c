export type BatchLimits<T> = {
  maxCount: number;
  maxBytes: number;
  sizeOf: (item: T) => number;
  /** An incomplete batch goes out after this long: what is followed or piped must not wait for a full one. */
  maxWaitMs: number;
  /** Items read ahead while a batch is on its way; the source waits beyond that. */
  capacity: number;
};

/** Groups items in order. The source is read ahead, so that a slow receiver does not delay a sampler. */
export async function* batches<T>(source: AsyncIterable<T>, limits: BatchLimits<T>): AsyncGenerator<T[]> {
  const queue: T[] = [];
  let queuedBytes = 0;
  let ended = false;
  let stopped = false;
  let failure: { error: unknown } | undefined;
  let wakeReader = () => {};
  let wakePump = () => {};
  const isFull = () => queue.length >= Math.min(limits.maxCount, limits.capacity) || queuedBytes >= limits.maxBytes;

  const pump = async () => {
    for await (const item of source) {
      queue.push(item);
      queuedBytes += limits.sizeOf(item);
      if (queue.length === 1 || isFull()) wakeReader();
      if (queue.length >= limits.capacity) await new Promise<void>((resolve) => (wakePump = resolve));
      if (stopped) return;
    }
  };
  const pumping = pump()
    .catch((error: unknown) => (failure = { error }))
    .finally(() => {
      ended = true;
      wakeReader();
    });

  const more = (waitMs: number) =>
    new Promise<void>((resolve) => {
      const timer = Number.isFinite(waitMs) ? setTimeout(resolve, waitMs) : undefined;
      wakeReader = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  try {
    for (;;) {
      while (queue.length === 0 && !ended) await more(Number.POSITIVE_INFINITY);
      const deadlineMs = performance.now() + limits.maxWaitMs;
      const leftMs = () => deadlineMs - performance.now();
      // Asked once a round: between two looks at the clock the rest may have passed.
      for (let ms = leftMs(); ms > 0 && !isFull() && !ended; ms = leftMs()) await more(ms);
      // Items that were read before the source failed are still good.
      if (queue.length === 0) break;
      const batch = queue.splice(0, fitting(queue, limits));
      for (const item of batch) queuedBytes -= limits.sizeOf(item);
      wakePump();
      yield batch;
    }
    if (failure) throw failure.error;
  } finally {
    stopped = true;
    wakePump();
    if (ended) await pumping;
  }
}

/** How many items from the front make one batch: at least one. */
const fitting = <T>(queue: T[], { maxCount, maxBytes, sizeOf }: BatchLimits<T>): number => {
  let bytes = 0;
  let count = 0;
  while (count < queue.length && count < maxCount) {
    bytes += sizeOf(queue[count]!);
    if (count > 0 && bytes > maxBytes) break;
    count += 1;
  }
  return count;
};
