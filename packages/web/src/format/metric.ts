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

const sentenceCase = (text: string): string => {
  const [first = "", ...rest] = text.toLowerCase().split(/\s+/);
  const head = ACRONYMS.get(first) ?? first.charAt(0).toUpperCase() + first.slice(1);
  return [head, ...rest.map((word) => ACRONYMS.get(word) ?? word)].join(" ");
};
