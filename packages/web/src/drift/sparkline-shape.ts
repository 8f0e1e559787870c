export type SparklineShape = {
  /** A path per stretch without gaps. */
  paths: string[];
  /** Heights of the limit's lines: above, and below where values are negative. */
  limits: number[];
  /** The newest value, if it is known. */
  last: { x: number; y: number } | undefined;
};
type Size = { width: number; height: number };

/** Room for half a line and for the dot of the last value. */
const MARGIN = 3;

/** Values and ± their limit as paths in pixels, time from left to right; the limit is always in sight. */
export const sparklineShape = (
  values: readonly (number | null)[],
  limit: number,
  { width, height }: Size,
): SparklineShape => {
  const known = values.filter((value) => value !== null);
  const hasNegative = known.some((value) => value < 0);
  const limitValues = hasNegative ? [limit, -limit] : [limit];
  const least = Math.min(0, ...known, ...limitValues);
  const most = Math.max(0, ...known, ...limitValues);
  const x = (index: number) => MARGIN + (index / Math.max(1, values.length - 1)) * (width - 2 * MARGIN);
  const y = (value: number) =>
    MARGIN + (most === least ? 0.5 : (most - value) / (most - least)) * (height - 2 * MARGIN);
  const newest = values.at(-1);
  return {
    paths: stretches(values).map((points) => {
      const [first, ...rest] = points.map(({ index, value }) => `${digit(x(index))} ${digit(y(value))}`);
      // A single point is a line of no length, which a round cap shows.
      return `M${first}L${(rest.length > 0 ? rest : [first]).join(" ")}`;
    }),
    limits: limitValues.map((value) => digit(y(value))),
    last: typeof newest === "number" ? { x: digit(x(values.length - 1)), y: digit(y(newest)) } : undefined,
  };
};

type KnownPoint = { index: number; value: number };

const stretches = (values: readonly (number | null)[]): KnownPoint[][] => {
  const found: KnownPoint[][] = [];
  values.forEach((value, index) => {
    if (value === null) return;
    const isNext = index > 0 && values[index - 1] !== null;
    if (isNext) found.at(-1)!.push({ index, value });
    else found.push([{ index, value }]);
  });
  return found;
};

const digit = (pixels: number): number => Math.round(10 * pixels) / 10;
