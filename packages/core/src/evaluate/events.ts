/** A labelled event of a series: its first and its last row, both part of it. */
export type EventRows = readonly [first: number, last: number];

/** In order, those that share a row made one. Two that only touch stay two: somebody labelled them apart. */
export const mergeEvents = (events: readonly EventRows[]): EventRows[] => {
  const merged: [number, number][] = [];
  for (const [first, last] of [...events].sort(([a], [b]) => a - b)) {
    const before = merged.at(-1);
    if (before && first <= before[1]) before[1] = Math.max(before[1], last);
    else merged.push([first, last]);
  }
  return merged;
};

/** Each run of rows that are labelled 1. */
export const eventsOfLabels = (labels: ArrayLike<number>): EventRows[] => {
  const events: [number, number][] = [];
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] !== 1) continue;
    const before = events.at(-1);
    if (before?.[1] === row - 1) before[1] = row;
    else events.push([row, row]);
  }
  return events;
};

/** What of the events lies in the rows from `from` on, counted from there. */
export const eventsFrom = (events: readonly EventRows[], from: number): EventRows[] =>
  events.filter(([, last]) => last >= from).map(([first, last]): EventRows => [Math.max(0, first - from), last - from]);

/** For each row the index of its event, −1 where there is none. */
export const eventOfRows = (rows: number, events: readonly EventRows[]): Int32Array => {
  const eventOf = new Int32Array(rows).fill(-1);
  events.forEach(([first, last], event) => {
    eventOf.fill(event, first, last + 1);
  });
  return eventOf;
};
