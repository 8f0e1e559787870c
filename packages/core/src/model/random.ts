/** A stream of reproducible random numbers: the same seed and stream give the same numbers on every machine. */
export type Random = {
  /** 0 … 2³² − 1. */
  uint32(): number;
  /** [0, 1), 53 bits. */
  unit(): number;
  /** 0 … bound − 1. */
  below(bound: number): number;
};

/**
 * An independent stream per `stream` number (a tree, say), so that no result depends on the order in which streams are
 * used. xoshiro128** (Blackman, Vigna 2018) seeded by a splitmix32 sequence, as its authors advise.
 */
export const randomOf = (seed: number, stream = 0): Random => {
  const next = splitmix32(splitmix32(seed)() ^ Math.imul(stream + 1, 0x9e3779b9));
  return xoshiro128(next(), next(), next(), next());
};

/** xoshiro128** from a state that is not all zero. Source: https://prng.di.unimi.it/xoshiro128starstar.c */
export const xoshiro128 = (a: number, b: number, c: number, d: number): Random => {
  const uint32 = () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const unit = () => ((uint32() >>> 5) * 0x4000000 + (uint32() >>> 6)) / 2 ** 53;
  return { uint32, unit, below: (bound) => Math.floor(unit() * bound) };
};

/** splitmix32: the 32-bit form of splitmix64, with the finaliser constants of MurmurHash3. */
const splitmix32 = (seed: number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x85ebca6b);
    mixed ^= mixed >>> 13;
    mixed = Math.imul(mixed, 0xc2b2ae35);
    return (mixed ^ (mixed >>> 16)) >>> 0;
  };
};
