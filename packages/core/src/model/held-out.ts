/** The last part of each run is scored by a model of the rest: time has passed, as it will have for new rows. */
const HELD_OUT_SHARE = 0.3;

/** The first of so many rows that is held out. */
export const heldOutFrom = (count: number): number => count - Math.floor(count * HELD_OUT_SHARE);
