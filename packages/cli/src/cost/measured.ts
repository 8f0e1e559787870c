import { AppError } from "@tidewatch/core/errors";
import { FAMILIES_MEASURED, type MeasuredDetector, type MeasuredFamily } from "./measured-detectors.ts";

/**
 * What the pipeline itself takes, by its own benchmark: `npm run bench -- --only cost`. Sizes are exact and come out again on
 * any machine (a test holds them); the CPU times are of one core of the machine below.
 */
export const MEASURED = {
  measuredOn: "2026-11-21",
  machine: "2 shared cores, Node 24.9",
  archiveMs: { perInvocation: 2, perThousandEvents: 4.4 },
  /** Log lines that a function writes per invocation. */
  logBytes: {
    ...{ score: 1063, log: 1050, "log-sweep": 294, archive: 661, train: 432, api: 575 },
    ...{ shadow: 406, "retrain-start": 429, retrain: 546 },
  },
};

/** As many as a detector may have. */
const MOST_METRICS = 64;

/**
 * What a detector of so many metrics takes: as measured, or on the line through the two numbers of metrics that were measured
 * next to it. Rows of a chunk are on no line, but chunks per row are.
 * @throws AppError VALIDATION for fewer metrics than the family takes, or more than a detector has
 */
export const measuredOf = (family: MeasuredFamily, metrics: number): MeasuredDetector => {
  const measured: readonly MeasuredDetector[] = FAMILIES_MEASURED[family];
  const fewest = measured[0]!.metrics;
  if (metrics < fewest || metrics > MOST_METRICS) {
    throw new AppError(
      "VALIDATION",
      `A detector with ${family} has ${fewest} to ${MOST_METRICS} metrics, not ${metrics}.`,
    );
  }
  const exact = measured.find((one) => one.metrics === metrics);
  if (exact) return exact;
  const above = measured.findIndex((one) => one.metrics > metrics);
  const upper = above < 0 ? measured.length - 1 : above;
  return between(measured[upper - 1]!, measured[upper]!, metrics);
};

const between = (from: MeasuredDetector, to: MeasuredDetector, metrics: number): MeasuredDetector => {
  const share = (metrics - from.metrics) / (to.metrics - from.metrics);
  const on = (of: (one: MeasuredDetector) => number): number => of(from) + share * (of(to) - of(from));
  const bytes = (of: (one: MeasuredDetector) => number): number => Math.round(on(of));
  const units = (of: (one: MeasuredDetector) => number): number => Number(on(of).toFixed(2));
  const milliseconds = (of: (one: MeasuredDetector) => number): number => Number(on(of).toPrecision(3));
  return {
    metrics,
    eventBytes: bytes((one) => one.eventBytes),
    payloadBytes: bytes((one) => one.payloadBytes),
    archivedBytes: bytes((one) => one.archivedBytes),
    headBytes: bytes((one) => one.headBytes),
    headWriteUnits: units((one) => one.headWriteUnits),
    rowsPerChunk: Math.max(1, Math.round(1 / on((one) => 1 / one.rowsPerChunk))),
    chunkBytes: bytes((one) => one.chunkBytes),
    chunkWriteUnits: units((one) => one.chunkWriteUnits),
    learntBytes: bytes((one) => one.learntBytes),
    learntWriteUnits: units((one) => one.learntWriteUnits),
    learntReadUnits: units((one) => one.learntReadUnits),
    anomalyBytes: bytes((one) => one.anomalyBytes),
    anomalyWriteUnits: units((one) => one.anomalyWriteUnits),
    scoreMs: {
      perInvocation: milliseconds((one) => one.scoreMs.perInvocation),
      perThousandEvents: milliseconds((one) => one.scoreMs.perThousandEvents),
      perThousandSeries: milliseconds((one) => one.scoreMs.perThousandSeries),
    },
  };
};
