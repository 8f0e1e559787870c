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

/** A feature that is an aggregate of a metric is often named by both, as `latency.max`. */
const AGGREGATE = /(?<=.)\.(change|min|max|mean|sum|last|count)$/;
const AGGREGATE_TITLES: Record<string, string> = { min: "lowest", max: "highest" };
const aggregateOf = (name: string): string | undefined => AGGREGATE.exec(name)?.[1];

export const metricLabel = (name: string): MetricLabel => {
  const aggregate = aggregateOf(name);
  if (aggregate) {
    const { title, unit } = metricLabel(name.replace(AGGREGATE, ""));
    const aggregateTitle = AGGREGATE_TITLES[aggregate] ?? aggregate;
    return { title: `${title}, ${aggregateTitle}`, unit: aggregate === "count" ? "none" : unit };
  }
  const plain = name.replace(/[._/:-]+/g, "").toLowerCase();
  const [ending, unit] = UNIT_BY_ENDING.find(([pattern]) => pattern.test(plain)) ?? [undefined, "none" as const];
  const words = name.replace(/[._/:-]+/g, " ").replace(/([a-z0-9])([A-Z])/g, "$1 $2");
  const stem = ending ? words.replace(/\s*(percent|bytes per second|bytes|milliseconds|ms|seconds)$/i, "") : words;
  return { title: sentenceCase(stem.trim() || words), unit };
};

const FROM_ZERO: Bounds = { least: 0, most: Number.POSITIVE_INFINITY };

/** What a metric can be by its name, and by what was seen of it; a band is not shown beyond. */
const naturalBounds = (name: string, isNeverNegative: boolean): Bounds => {
  const aggregate = aggregateOf(name);
  if (aggregate === "change") return UNBOUNDED;
  const { unit } = metricLabel(name);
  if (unit === "percent" && aggregate !== "sum") return { least: 0, most: 100 };
  return unit === "none" && aggregate !== "count" && !isNeverNegative ? UNBOUNDED : FROM_ZERO;
};

/**
 * Moves a limit of a band into the metric's bounds, unless the value itself is beyond them.
 * @param isNeverNegative whether no value in sight is below zero
 */
export const withinBounds = <T extends number | null | undefined>(
  name: string,
  limit: T,
  value: T,
  isNeverNegative = false,
): T | number => {
  if (typeof limit !== "number" || typeof value !== "number") return limit;
  const { least, most } = naturalBounds(name, isNeverNegative);
  return value < least || value > most ? limit : Math.min(most, Math.max(least, limit));
};

const sentenceCase = (text: string): string => {
  const [first = "", ...rest] = text.toLowerCase().split(/\s+/);
  const head = ACRONYMS.get(first) ?? first.charAt(0).toUpperCase() + first.slice(1);
  return [head, ...rest.map((word) => ACRONYMS.get(word) ?? word)].join(" ");
};
