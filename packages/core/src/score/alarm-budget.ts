export type ScoredRows = { timestamps: ArrayLike<number>; scores: ArrayLike<number> };
export type AlarmBudget = {
  burstsPerDay: number;
  /** Alarms nearer to each other than this are one burst. */
  mergeMs: number;
  /** However few bursts they form, at most this share of the rows may lie above: half a day is an incident, half of a week is normal. */
  rowsShare: number;
};

const DAY_MS = 86_400_000;

/**
 * The limit above which (score > limit) the given rows, those of the last seven days, say, would have alarmed in at most
 * `burstsPerDay` bursts: the next day's limit. Bursts do not only grow in number as a limit falls, they also join; the limit
 * stays above the first one that breaks the budget. Timestamps ascend. Without rows there is no limit: `undefined`.
 */
export const budgetLimit = ({ timestamps, scores }: ScoredRows, budget: AlarmBudget): number | undefined => {
  const rows = scores.length;
  if (rows === 0) return undefined;
  const days = (timestamps[rows - 1]! - timestamps[0]!) / DAY_MS;
  const burstsMax = Math.max(1, Math.floor(budget.burstsPerDay * days));
  const rowsMax = Math.max(1, Math.floor(rows * budget.rowsShare));
  const ascending = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  const bursts = burstCounts(timestamps, ascending, budget.mergeMs);
  // From the highest score down, one group of equal scores at a time.
  let last = rows - 1;
  while (last >= 0) {
    const score = scores[ascending[last]!]!;
    let first = last;
    while (first > 0 && scores[ascending[first - 1]!] === score) first--;
    if (bursts[first]! > burstsMax || rows - first > rowsMax) return score;
    last = first - 1;
  }
  return scores[ascending[0]!];
};

/**
 * For each place in the ascending order: how many bursts the rows from there on form. Rows are taken out lowest first; each
 * knows its neighbours that are still in, so all counts together take one pass.
 */
const burstCounts = (timestamps: ArrayLike<number>, ascending: Uint32Array, mergeMs: number): Uint32Array => {
  const rows = ascending.length;
  const before = Int32Array.from({ length: rows }, (_, row) => row - 1);
  const after = Int32Array.from({ length: rows }, (_, row) => (row + 1 < rows ? row + 1 : -1));
  /** A burst begins at a row without a near row before it. */
  const isApart = (from: number, to: number): number =>
    from < 0 || to < 0 || timestamps[to]! - timestamps[from]! > mergeMs ? 1 : 0;
  const counts = new Uint32Array(rows);
  // Gaps between neighbours, and the two open ends, are one more than the bursts.
  let apart = 2;
  for (let row = 1; row < rows; row++) apart += isApart(row - 1, row);
  for (const [place, row] of ascending.entries()) {
    counts[place] = apart - 1;
    const previous = before[row]!;
    const next = after[row]!;
    apart += isApart(previous, next) - isApart(previous, row) - isApart(row, next);
    if (previous >= 0) after[previous] = next;
    if (next >= 0) before[next] = previous;
  }
  return counts;
};
