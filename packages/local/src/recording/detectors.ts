import { Detector } from "@tidewatch/core/detector";

/** A few hundred training rows resolve a tail of about one in a hundred; a rarer threshold would be extrapolated. */
const SENSITIVITY = 9;
/** A fault of a minute that flickers is one incident. */
const CLOSE_AFTER_SECONDS = 60;

/** Host metrics, averaged over a few seconds: a single second of a busy machine says little. */
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
    features: options.metrics.map((metric) => ({ metric })),
    intervalSeconds: options.intervalSeconds,
    latenessSeconds: 0,
    sensitivity: SENSITIVITY,
    closeAfterRows: Math.ceil(CLOSE_AFTER_SECONDS / options.intervalSeconds),
    model: { minTrainingRows: options.minTrainingRows },
  });
