/**
 * IEEE 754 binary16, as DataView's `setFloat16` and `getFloat16` have it, which not every runtime knows yet: 11 bits of
 * precision, up to 65,504; what is larger becomes that.
 */

const LARGEST = 65_504;
const SMALLEST_NORMAL = 2 ** -14;
/** What one step of a subnormal number is. */
const TINY = 2 ** -24;
const QUIET_NAN = 0x7e00;

export const toFloat16 = (value: number): number => {
  if (Number.isNaN(value)) return QUIET_NAN;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.min(Math.abs(value), LARGEST);
  if (size < SMALLEST_NORMAL) return sign | roundEven(size / TINY);
  const exponent = Math.floor(Math.log2(size));
  // A fraction that rounds up to 1024 carries into the exponent, which is what it should do.
  return sign | (((exponent + 15) << 10) + roundEven((size / 2 ** exponent - 1) * 1024));
};

export const fromFloat16 = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * TINY : (1 + fraction / 1024) * 2 ** (exponent - 15));
};

/** Halves go to the even neighbour, as IEEE 754 rounds. */
const roundEven = (value: number): number => {
  const down = Math.floor(value);
  const rest = value - down;
  return down + (rest > 0.5 || (rest === 0.5 && down % 2 === 1) ? 1 : 0);
};
