import { Detector } from "@tidewatch/core/detector";
import { featureHash } from "@tidewatch/core/feature/hash";
import type { FamilyName } from "@tidewatch/core/model/families";
import type { Manifest } from "@tidewatch/core/model/manifest";
import { randomOf } from "@tidewatch/core/model/random";
import { scaleRow } from "@tidewatch/core/model/scaling";
import type { StreamEntry } from "@tidewatch/core/store/ports";
import { fitDetector } from "@tidewatch/core/train/fit";

/** What every benchmark runs on unless it says otherwise: three metrics of a thousand entities, and a forest of a hundred trees. */
const METRICS = ["cpu", "memory", "load", "disk", "network", "errors", "queue", "latency", "threads", "sockets"];
const METRIC_COUNT = 3;
export const ENTITIES = 1000;
export const T0 = Date.UTC(2026, 10, 20, 10);
const SECOND_MS = 1000;
const TRAINING_ROWS = 20_000;

export const benchDetector = (family: FamilyName = "isolation-forest", metrics = METRIC_COUNT): Detector =>
  Detector.parse({
    id: "bench",
    features: METRICS.slice(0, metrics).map((metric) => ({ metric })),
    model: { family },
  });

export const benchModel = (detector: Detector) => {
  const random = randomOf(1);
  const rows = Array.from({ length: TRAINING_ROWS }, () => usual(random.unit, detector.features.length));
  const timestamps = rows.map((_, row) => T0 + row * SECOND_MS);
  const options = { version: 1, seed: 1, nowMs: T0, featureHash: featureHash(detector) };
  return fitDetector(detector, [{ timestamps, rows }], options);
};

/** Sums of three, two and one uniform numbers, in turn. */
const usual = (next: () => number, metrics: number): number[] =>
  Array.from({ length: metrics }, (_, metric) => {
    let sum = next();
    for (let more = metric % 3; more < 2; more++) sum += next();
    return sum * 30;
  });

/** Entries of metric events, about 130 bytes each, entity by entity, one observation a second. Made lazily: 2M do not fit. */
export function* benchEntries(
  count: number,
  { entities = ENTITIES, metrics = METRIC_COUNT, stepMs = SECOND_MS, fromMs = T0 } = {},
): Generator<StreamEntry> {
  const random = randomOf(2);
  for (let number = 0; number < count; number++) {
    const figures = usual(random.unit, metrics);
    const values = METRICS.slice(0, metrics)
      .map((metric, at) => `"${metric}":${Math.round(figures[at]! * 1e4) / 1e4}`)
      .join(",");
    const timestamp = fromMs + Math.floor(number / entities) * stepMs;
    const entity = `host-${String(number % entities).padStart(5, "0")}`;
    const text = `{"type":"metric","entity":"${entity}","timestamp":${timestamp},"values":{${values}}}`;
    yield { partitionKey: entity, data: Buffer.from(text) };
  }
}

/** Vectors like those that are scored: on rows that repeat, branch prediction makes a forest look three times as fast. */
export const benchVectors = ({ scaling }: Manifest, rowCount: number): Float32Array => {
  const random = randomOf(3);
  const vectors = new Float32Array(rowCount * scaling.length);
  for (let at = 0; at < vectors.length; at += scaling.length) {
    scaleRow(scaling, Float64Array.from(usual(random.unit, scaling.length)), vectors, at);
  }
  return vectors;
};
