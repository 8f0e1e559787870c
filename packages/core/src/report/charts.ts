/**
 * Charts that mail programs show. Gmail and Outlook drop inline SVG, and block images until they are asked for: so bars are
 * cells of tables, and lines are characters, each with its words beside it. The page of a report draws lines as SVG.
 */

const STEPS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
/** Characters of a line: 24 fit beside the words on a phone. */
const MOST_CHARACTERS = 24;

/** A line of block characters, `·` where nothing is known; longer ones are drawn by the means of their parts. */
export const blockLine = (values: readonly (number | null)[]): string => {
  const parts = inParts(values, MOST_CHARACTERS);
  const { low, high } = rangeOf(parts);
  const step = (value: number) =>
    high > low ? Math.min(STEPS.length - 1, Math.floor(((value - low) / (high - low)) * STEPS.length)) : 0;
  return parts.map((value) => (value === null ? "·" : STEPS[step(value)]!)).join("");
};

const WIDTH = 160;
const HEIGHT = 28;
const PAD = 3;

/** Points of the polylines of a line, one for each stretch without a gap, in a box of 160 × 28. */
export const svgLines = (values: readonly (number | null)[]): string[] => {
  const { low, high } = rangeOf(values);
  const x = (at: number) => ((at / Math.max(1, values.length - 1)) * (WIDTH - 2 * PAD) + PAD).toFixed(1);
  const y = (value: number) =>
    (high > low ? HEIGHT - PAD - ((value - low) / (high - low)) * (HEIGHT - 2 * PAD) : HEIGHT / 2).toFixed(1);
  const lines: string[] = [];
  let line: string[] = [];
  for (const [at, value] of [...values.entries(), [values.length, null] as const]) {
    if (value !== null) line.push(`${x(at)},${y(value)}`);
    else if (line.length > 0) lines.push(line.splice(0).join(" "));
    if (value === null) line = [];
  }
  return lines;
};

/** Means of as many parts of equal length; `null` where a part knows nothing. */
const inParts = (values: readonly (number | null)[], most: number): (number | null)[] => {
  if (values.length <= most) return [...values];
  return Array.from({ length: most }, (_, part) => {
    const from = Math.floor((part * values.length) / most);
    const known = values.slice(from, Math.floor(((part + 1) * values.length) / most)).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
  });
};

const rangeOf = (values: readonly (number | null)[]) => {
  const known = values.filter((value) => value !== null);
  return { low: Math.min(...known), high: Math.max(...known) };
};
