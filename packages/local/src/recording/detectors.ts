import { Detector } from "@tidewatch/core/detector";

/** A fault that flickers is one incident. */
const CLOSE_AFTER_SECONDS = 30;

/** Levels stay where something has put them (a file that is kept, say): it is their change that may be strange. */
const LEVELS = new Set(["memoryUsedPercent", "diskUsedPercent"]);
/** Written in bursts by the kernel: the peak of an interval says more than its mean. */
const BURSTS = new Set(["iowaitPercent", "diskReadBytesPerSecond", "diskWriteBytesPerSecond"]);
/** Its one-minute memory would keep an incident open long after the fault. */
const LEFT_OUT = new Set(["load1"]);

const featureOf = (metric: string) => {
  if (LEVELS.has(metric)) return { metric, name: `${metric}.change`, aggregate: "change" };
  return { metric, aggregate: BURSTS.has(metric) ? "max" : "mean" };
};

/** Host metrics over a few seconds: a single second of a busy machine says little. */
export const hostDetector = (options: {
  id: string;
  description: string;
  entity: string;
  metrics: readonly string[];
  intervalSeconds: number;
  minTrainingRows: number;
}): Detector =>
  Detector.parse({
    id: options.id,
    description: options.description,
    match: { entity: options.entity },
    features: options.metrics.filter((metric) => !LEFT_OUT.has(metric)).map(featureOf),
    intervalSeconds: options.intervalSeconds,
    latenessSeconds: 0,
    closeAfterRows: Math.ceil(CLOSE_AFTER_SECONDS / options.intervalSeconds),
    model: { family: "isolation-forest", minTrainingRows: options.minTrainingRows },
  });
