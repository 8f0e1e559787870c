/** Room above and below the data, as a share of their range. */
const PADDING = 0.08;
/** The least range shown, as a share of the value: the noise of a steady metric must not look like a storm. */
const LEAST_RANGE = 0.05;

/** Bounds of a value axis. Never goes below zero for data that don't. */
export const valueRange = (min: number | null, max: number | null): [number, number] => {
  if (min === null || max === null || !Number.isFinite(min) || !Number.isFinite(max)) return [0, 1];
  const magnitude = Math.max(Math.abs(min), Math.abs(max));
  const range = Math.max(max - min, LEAST_RANGE * magnitude) || 1;
  const middle = (min + max) / 2;
  const low = middle - range * (0.5 + PADDING);
  return [min >= 0 ? Math.max(0, low) : low, middle + range * (0.5 + PADDING)];
};
