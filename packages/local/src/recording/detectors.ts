import { Detector } from "@tidewatch/core/detector";

/**
 * Host metrics, averaged over a few seconds: a single second of a busy machine says little. Rates of disk and network
 * matter when they are unusual in size, so tiny deviations of them never alarm.
 */
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
    model: { minTrainingRows: options.minTrainingRows },
  });
