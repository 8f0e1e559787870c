import { Detector } from "../detector.ts";
import { type LogDetector, rateDetectorId } from "./detector.ts";

/** The metric of a rate detector: 1 for each line. */
export const LINES_METRIC = "lines";

const known = new WeakMap<LogDetector, Detector>();

/**
 * The metric detector that watches how many lines each template of a log detector with `rates` has: its series have ids
 * of templates as entities. The same object for the same document, so that what is compiled from it is kept.
 */
export const rateDetectorOf = (log: LogDetector): Detector => {
  const made = known.get(log) ?? make(log);
  known.set(log, made);
  return made;
};

/** No document of somebody's has this id, whose dot the schema refuses: the rest is the schema's. */
const make = ({ id, enabled, rates }: LogDetector): Detector => ({
  ...Detector.parse({
    id,
    enabled,
    description: `Lines of each template that ${id} finds.`,
    features: [{ metric: LINES_METRIC, aggregate: "count", name: LINES_METRIC }],
    missing: "zero",
    model: { family: "stream" },
    intervalSeconds: rates?.intervalSeconds,
    sensitivity: rates?.sensitivity,
  }),
  id: rateDetectorId(id),
});

/** The log detector that an id of a rate detector belongs to; `undefined` for other ids. */
export const ratesOwnerId = (id: string): string | undefined => {
  const ending = rateDetectorId("");
  return id.endsWith(ending) ? id.slice(0, -ending.length) : undefined;
};
