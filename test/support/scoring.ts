import { Detector } from "@tidewatch/core/detector";
import { featureHash } from "@tidewatch/core/feature/hash";
import type { Manifest } from "@tidewatch/core/model/manifest";
import { loadScorer, type Scorer } from "@tidewatch/core/model/scorer";
import type { ScorePorts } from "@tidewatch/core/score/run";
import type { LoadedModel, StreamRecord, Table } from "@tidewatch/core/store/ports";

export const T0 = Date.UTC(2026, 10, 20, 10);

/** An isolation forest over two features, unless `parts` say otherwise. */
export const detector = (parts: { model?: object; [name: string]: unknown }): Detector =>
  Detector.parse({
    id: "host",
    features: [{ metric: "cpu" }, { metric: "memory" }],
    ...parts,
    model: { family: "isolation-forest", ...parts.model },
  });

/** A runtime that gives this model whatever the bytes. */
export const loading = (model: Pick<LoadedModel, "columns" | "run">): { load(): Promise<LoadedModel> } => {
  const runFor = async (_: readonly string[], rows: Float32Array, rowCount: number) => [
    await model.run(rows, rowCount),
  ];
  return { load: async () => ({ ...model, outputs: ["scores"], runFor }) };
};

/** A model that needs no training: raw score 1 − e^(−d), d the root of the mean square of the scaled values. */
export const distanceModel = (columns: number): Pick<LoadedModel, "columns" | "run"> => ({
  columns,
  async run(rows, rowCount) {
    const raw = new Float32Array(rowCount);
    for (let row = 0; row < rowCount; row++) {
      const squares = rows.subarray(row * columns, (row + 1) * columns).reduce((sum, x) => sum + x * x, 0);
      raw[row] = 1 - Math.exp(-Math.sqrt(squares / columns));
    }
    return raw;
  },
});

export const distanceManifest = (of: Detector, center = 50, scale = 10): Manifest => ({
  ...{ format: 1 as const, name: of.id, version: 1, family: "distance", params: {}, shingleSize: of.shingleSize },
  features: of.features.map(({ metric }) => metric),
  scaling: of.features.map(() => ({ center, scale })),
  calibration: { scores: [0, 0.5, 0.9], tailProbabilities: [1, 0.1, 0.001], tailScale: 0.02, tailShape: 0 },
  featureHash: featureHash(of),
  ...{ trainedAtMs: T0, trainingRows: 1, trainingFromMs: T0, trainingToMs: T0, seed: 1 },
  ...{ onnxSha256: "", onnxBytes: 0 },
});

export const distanceScorer = async (of: Detector, center = 50, scale = 10): Promise<Scorer> => {
  const model = loading(distanceModel(of.features.length * of.shingleSize));
  return await loadScorer(model, distanceManifest(of, center, scale), new Uint8Array(0));
};

export const scorePorts = (table: Table, detectors: readonly Detector[], scorers: readonly Scorer[]): ScorePorts => ({
  table,
  detectors: async () => detectors,
  scorerOf: async (id) => scorers.find(({ manifest }) => manifest.name === id),
});

const encoder = new TextEncoder();
/** A record as a consumer gets it; `number` becomes its sequence number. */
export const record = (number: number, event: unknown, shard = 0, arrivalMs = T0 + 24 * 3_600_000): StreamRecord => ({
  shardId: `shardId-${String(shard).padStart(12, "0")}`,
  sequenceNumber: String(10n ** 55n + BigInt(number)),
  partitionKey: "p",
  data: encoder.encode(typeof event === "string" ? event : JSON.stringify(event)),
  arrivalMs,
});

export const metric = (entity: string, seconds: number, values: Record<string, number | null>) => ({
  ...{ type: "metric", entity, timestamp: T0 + seconds * 1000, values },
});
