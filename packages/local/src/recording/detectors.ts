import { Detector } from "@tidewatch/core/detector";

/**
 * In the middle of where the recorded faults are found best, 7 to 8. A host has ten features and a row every five seconds:
 * the default sensitivity would only tell of what dwarfs everything before.
 */
const SENSITIVITY = 7.5;
/** A fault that flickers is one incident. */
const CLOSE_AFTER_SECONDS = 30;

/** It is CPU and I/O once more, with a memory of one minute. */
const LEFT_OUT = new Set(["load1"]);
/** Traffic that stops shows in its lowest second: what others send meanwhile hides it from the mean. */
const MAY_STOP = new Set(["networkReceiveBytesPerSecond"]);

const featuresOf = (metric: string) =>
  MAY_STOP.has(metric) ? [{ metric }, { metric, name: `${metric}.min`, aggregate: "min" }] : [{ metric }];

/** Host metrics over a few seconds, since a single second of a busy machine says little; learnt as they come. */
export const hostDetector = (options: {
  id: string;
  description: string;
  entity: string;
  metrics: readonly string[];
  intervalSeconds: number;
}): Detector =>
  Detector.parse({
    id: options.id,
    description: options.description,
    match: { entity: options.entity },
    features: options.metrics.filter((metric) => !LEFT_OUT.has(metric)).flatMap(featuresOf),
    intervalSeconds: options.intervalSeconds,
    latenessSeconds: 0,
    closeAfterRows: Math.ceil(CLOSE_AFTER_SECONDS / options.intervalSeconds),
    sensitivity: SENSITIVITY,
    model: { family: "stream" },
  });
