/** Inclusive start, exclusive end. */
export type Span = { fromMs: number; toMs: number };

/** Which of the spans a time lies in: the index of the first such one, −1 for none. A look-up is one binary search. */
export const spanAt = (spans: readonly Span[]): ((timestampMs: number) => number) => {
  const bounds = Float64Array.from(new Set(spans.flatMap(({ fromMs, toMs }) => [fromMs, toMs]))).sort();
  const painted = new Int32Array(bounds.length).fill(-1);
  for (let index = spans.length - 1; index >= 0; index--) {
    const { fromMs, toMs } = spans[index]!;
    if (fromMs < toMs) painted.fill(index, bounds.indexOf(fromMs), bounds.indexOf(toMs));
  }
  return (timestampMs) => {
    let [low, high] = [0, bounds.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (bounds[middle]! > timestampMs) high = middle;
      else low = middle + 1;
    }
    return low === 0 ? -1 : painted[low - 1]!;
  };
};
