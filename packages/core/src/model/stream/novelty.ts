/** Values that a view remembers. Between 40 and 96 the quality is the same; each takes 3 bytes of the encoded state. */
export const PROTOTYPES = 40;
/** Resolution and range of the distances' histogram, in powers of two; the first distance stands in the middle. */
const BINS_PER_OCTAVE = 2;
const OCTAVES = 54;
export const BINS = BINS_PER_OCTAVE * OCTAVES;
/** Octaves below the first distance at which its bin begins: multiples of it must not lie on an edge, to be rounded away. */
const EDGE = 1e-4;
/** Rows at which all counts are halved, rounded up: what happened once stays possible. */
const HALVING_ROWS = 60_000;
/** Rows until a distance means something, and until distances can be ranked. */
const FIRST_DISTANCE_ROW = 6;
const FIRST_RANK_ROW = 21;
/** Score per tenfold of the largest distance so far. */
const RECORD_BONUS = 1.5;

/**
 * How new a number is among all that were seen: a lossy memory of everything ever seen, and the distribution of the
 * distances between each number and that memory when it came.
 */
export type Novelty = {
  /** Ascending; valid up to `count`. One place more than is kept, for the number that comes in. */
  prototypes: Float32Array;
  count: number;
  /** Number of rows by size of their distance. */
  histogram: Uint32Array;
  /** Bins from here on are empty. */
  end: number;
  /** Sum of the histogram: the rows that were learnt, or about half of them after very many. */
  total: number;
  /** log2 of the first distance above 0, which makes the histogram free of scale; NaN before. */
  anchor: number;
};

const PROTOTYPES_BYTES = 4 * (PROTOTYPES + 1);
const NOVELTY_BYTES = PROTOTYPES_BYTES + 4 * BINS;

export const freshNovelty = (): Novelty => noveltyIn(new ArrayBuffer(NOVELTY_BYTES), 0);

/** So many, in one buffer: for one of its own the smallest array costs more than what is kept in it. */
export const freshNovelties = (count: number): Novelty[] => {
  const room = new ArrayBuffer(count * NOVELTY_BYTES);
  return Array.from({ length: count }, (_, index) => noveltyIn(room, index * NOVELTY_BYTES));
};

const noveltyIn = (room: ArrayBuffer, at: number): Novelty => ({
  prototypes: new Float32Array(room, at, PROTOTYPES + 1),
  count: 0,
  histogram: new Uint32Array(room, at + PROTOTYPES_BYTES, BINS),
  end: 0,
  total: 0,
  anchor: Number.NaN,
});

/** Index of the first prototype that is not below `value`. */
const placeOf = ({ prototypes, count }: Novelty, value: number): number => {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (prototypes[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
};

const distanceAt = ({ prototypes, count }: Novelty, place: number, value: number): number => {
  const above = place < count ? prototypes[place]! - value : Number.POSITIVE_INFINITY;
  const below = place > 0 ? value - prototypes[place - 1]! : Number.POSITIVE_INFINITY;
  return Math.min(above, below);
};

/** Distances of 0 share the lowest bin. */
const binOf = ({ anchor }: Novelty, distance: number): number => {
  if (!(distance > 0)) return 0;
  const bin = Math.floor((Math.log2(distance) - anchor + OCTAVES / 2) * BINS_PER_OCTAVE);
  return Math.min(Math.max(bin, 0), BINS - 1);
};

/** Lower edge of a bin. */
const edgeOf = ({ anchor }: Novelty, bin: number): number => 2 ** (bin / BINS_PER_OCTAVE - OCTAVES / 2 + anchor);

/**
 * −log10 of the share of rows that were at least as far from what was known then, by rank, with one row added to both
 * sides: N rows cannot say that something is rarer than 1 in N. Beyond the largest distance it goes on by a power law.
 */
const rankOf = (novelty: Novelty, distance: number): number => {
  const { histogram, end, total } = novelty;
  if (!(distance > 0)) return 0;
  let tail = 0;
  for (let bin = binOf(novelty, distance); bin < end; bin++) tail += histogram[bin]!;
  const rank = Math.log10((total + 1) / (tail + 1));
  const record = edgeOf(novelty, end);
  return distance > record ? rank + RECORD_BONUS * Math.log10(distance / record) : rank;
};

/** How rare it is that a number is as new as this one: −log10 of the share of such rows. */
export const scoreNovelty = (novelty: Novelty, value: number): number =>
  novelty.total < FIRST_RANK_ROW ? 0 : rankOf(novelty, distanceAt(novelty, placeOf(novelty, value), value));

/** Takes the distance of a float32 number into the distribution, and the number into the memory. */
export const learnNovelty = (novelty: Novelty, value: number): void => {
  const place = placeOf(novelty, value);
  const distance = novelty.total < FIRST_DISTANCE_ROW ? 0 : distanceAt(novelty, place, value);
  if (distance > 0 && Number.isNaN(novelty.anchor)) novelty.anchor = Math.fround(Math.log2(distance) - EDGE);
  const isKnown = place < novelty.count && novelty.prototypes[place] === value;
  if (!isKnown) insertAt(novelty, place, value);
  countDistance(novelty, distance);
};

const countDistance = (novelty: Novelty, distance: number): void => {
  const { histogram } = novelty;
  const bin = binOf(novelty, distance);
  histogram[bin] = histogram[bin]! + 1;
  if (bin >= novelty.end) novelty.end = bin + 1;
  novelty.total++;
  if (novelty.total < HALVING_ROWS) return;
  novelty.total = 0;
  for (let index = 0; index < BINS; index++) novelty.total += histogram[index] = (histogram[index]! + 1) >> 1;
};

const insertAt = (novelty: Novelty, place: number, value: number): void => {
  const { prototypes, count } = novelty;
  prototypes.copyWithin(place + 1, place, count);
  prototypes[place] = value;
  novelty.count = count + 1;
  if (novelty.count > PROTOTYPES) dropClosest(novelty);
};

/** Of the closest pair drops the one that leaves the smaller hole, but never an extreme. */
const dropClosest = (novelty: Novelty): void => {
  const { prototypes, count } = novelty;
  let upper = 1;
  let gap = Number.POSITIVE_INFINITY;
  for (let index = 1; index < count; index++) {
    const width = prototypes[index]! - prototypes[index - 1]!;
    if (width >= gap) continue;
    gap = width;
    upper = index;
  }
  const drop = droppedOf(prototypes, count, upper);
  prototypes.copyWithin(drop, drop + 1, count);
  novelty.count = count - 1;
};

const droppedOf = (prototypes: Float32Array, count: number, upper: number): number => {
  if (upper === 1) return 1;
  if (upper === count - 1) return upper - 1;
  const holeOfLower = prototypes[upper]! - prototypes[upper - 2]!;
  const holeOfUpper = prototypes[upper + 1]! - prototypes[upper - 1]!;
  return holeOfLower < holeOfUpper ? upper - 1 : upper;
};

/** The distance at which `rankOf` reaches a score, to the edge of a bin: what a band is made of. */
export const distanceOfScore = (novelty: Novelty, score: number): number => {
  const { histogram, end, total } = novelty;
  if (Number.isNaN(novelty.anchor)) return 0;
  const tailAllowed = (total + 1) / 10 ** score - 1;
  if (tailAllowed < 0) {
    const rankOfRecord = Math.log10(total + 1);
    return edgeOf(novelty, end) * 10 ** ((score - rankOfRecord) / RECORD_BONUS);
  }
  let bin = end;
  let tail = 0;
  while (bin > 0 && tail + histogram[bin - 1]! <= tailAllowed) tail += histogram[--bin]!;
  return edgeOf(novelty, bin);
};
