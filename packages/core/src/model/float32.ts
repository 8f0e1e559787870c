/** Largest finite float32. */
export const FLOAT32_MAX = 3.4028234663852886e38;

const bits = new DataView(new ArrayBuffer(4));
/** The smallest float32 above 0. */
const FLOAT32_STEP = 2 ** -149;

/** The smallest float32 above a float32. */
export const nextFloat32 = (value: number): number => {
  if (value === 0) return FLOAT32_STEP;
  bits.setFloat32(0, value);
  bits.setInt32(0, bits.getInt32(0) + (value > 0 ? 1 : -1));
  return bits.getFloat32(0);
};

/** The largest float32 below a float32. */
export const previousFloat32 = (value: number): number => -nextFloat32(-value);

/**
 * The largest float32 that is not above `value`: rows compare with `<=` in float32, so a threshold must not round up.
 */
export const roundDownToFloat32 = (value: number): number => {
  const rounded = Math.fround(value);
  return rounded > value ? previousFloat32(rounded) : rounded;
};
