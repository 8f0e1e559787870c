/** How a metric's name reads on the page: its unit is guessed from the name's ending, which is a common convention. */
export type MetricLabel = { title: string; unit: Unit };
export type Unit = "percent" | "bytes-per-second" | "bytes" | "milliseconds" | "seconds" | "none";

const UNIT_BY_ENDING: [RegExp, Unit][] = [
  [/percent$/i, "percent"],
  [/bytespersecond$/i, "bytes-per-second"],
  [/bytes$/i, "bytes"],
  [/(milliseconds|ms)$/i, "milliseconds"],
  [/seconds$/i, "seconds"],
];
const ACRONYMS = new Map([
  ["cpu", "CPU"],
  ["io", "I/O"],
  ["iowait", "I/O wait"],
  ["load1", "Load, 1 min"],
]);

type Bounds = { least: number; most: number };

const UNBOUNDED: Bounds = { least: Number.NEGATIVE_INFINITY, most: Number.POSITIVE_INFINITY };

/** A detector that watches how fast a metric moves calls the feature so. */
const CHANGE = /\.change$/;

export const metricLabel = (name: string): MetricLabel => {
  if (CHANGE.test(name)) {
    const { title, unit } = metricLabel(name.replace(CHANGE, ""));
    return { title: `${title}, change`, unit };
  }
  const plain = name.replace(/[._/:-]+/g, "").toLowerCase();
  const [ending, unit] = UNIT_BY_ENDING.find(([pattern]) => pattern.test(plain)) ?? [undefined, "none" as const];
  const words = name.replace(/[._/:-]+/g, " ").replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  const stem = ending ? words.replace(/\s*(percent|bytes per second|bytes|milliseconds|ms|seconds)$/i, "") : words;
  return { title: sentenceCase(stem.trim() || words), unit };
};

/** What a metric can be by its name alone; a band is not shown beyond. */
const naturalBounds = (name: string): Bounds => {
  const { unit } = metricLabel(name);
  if (CHANGE.test(name) || unit === "none") return UNBOUNDED;
  return unit === "percent" ? { least: 0, most: 100 } : { least: 0, most: Number.POSITIVE_INFINITY };
};

/** Moves a limit of a band into the metric's bounds, unless the value itself is beyond them. */
export const withinBounds = <T extends number | null | undefined>(name: string, limit: T, value: T): T | number => {
  if (typeof limit !== "number" || typeof value !== "number") return limit;
  const { least, most } = naturalBounds(name);
  return value < least || value > most ? limit : Math.min(most, Math.max(least, limit));
};

const sentenceCase = (text: string): string => {
  const [first = "", ...rest] = text.toLowerCase().split(/\s+/);
  const head = ACRONYMS.get(first) ?? first.charAt(0).toUpperCase() + first.slice(1);
  return [head, ...rest.map((word) => ACRONYMS.get(word) ?? word)].join(" ");
};
