import { createHash } from "node:crypto";
import type { Detector } from "@tidewatch/core/detector";
import { featureHash } from "@tidewatch/core/feature/hash";
import { fitCalibration } from "@tidewatch/core/model/calibration";
import type { Manifest } from "@tidewatch/core/model/manifest";
import { randomOf } from "@tidewatch/core/model/random";
import { registerModel, reserveVersion } from "@tidewatch/core/register/models";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { scoreBatch } from "@tidewatch/core/score/run";
import { putDetector } from "@tidewatch/core/store/detectors";
import type { LoadedModel } from "@tidewatch/core/store/ports";
import { memoryBlobs } from "./memory-blobs.ts";
import { memoryTable } from "./memory-table.ts";
import { detector, metric, record, T0 } from "./scoring.ts";

/** How a model of these tests comes to its raw score: by the distance from its centre, or whatever the row. */
type Kind = "distance" | "never" | "always";
type Regime = { center: number; scale: number };

/** Two values of a machine around a centre, the same for the same seed. */
export const normalValues = (count: number, { center, scale }: Regime, seed = 1): { cpu: number; memory: number }[] => {
  const { unit: random } = randomOf(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Array.from({ length: count }, () => ({ cpu: center + scale * normal(), memory: center + scale * normal() }));
};

const distance = (x: number, y: number): number => Math.log1p(Math.hypot(x, y));

const run = async (kind: Kind, rows: Float32Array, count: number): Promise<Float32Array> =>
  Float32Array.from({ length: count }, (_, row) => {
    if (kind !== "distance") return kind === "never" ? 0 : 100;
    const last = ((row + 1) * rows.length) / count;
    return distance(rows[last - 2]!, rows[last - 1]!);
  });

/** A detector, its registry and its live scoring, in memory; models are as well calibrated as their regime lasts. */
export const challenge = async (parts: object = {}) => {
  const of: Detector = detector({ closeAfterRows: 3, sensitivity: 7, ...parts });
  const state = { nowMs: T0, cpuMs: 0, events: 0 };
  const clock = () => state.nowMs;
  const table = memoryTable(clock);
  const runtime = {
    load: async (onnx: Uint8Array): Promise<LoadedModel> => {
      const kind = new TextDecoder().decode(onnx) as Kind;
      const columns = of.features.length * of.shingleSize;
      const runFor = async (_: readonly string[], rows: Float32Array, count: number) => [await run(kind, rows, count)];
      return { columns, outputs: ["scores"], run: (rows, count) => run(kind, rows, count), runFor };
    },
  };
  const ports = { table, blobs: memoryBlobs(), clock, runtime, cpuMs: () => ++state.cpuMs };
  await putDetector(table, of, undefined);
  return {
    ...{ of, state, ports, clock },
    scorerOf: scorerCache(ports, { maxAgeMs: 0 }),
    register: async ({ center, scale }: Regime, kind: Kind = "distance"): Promise<number> => {
      const version = await reserveVersion(ports, of.id);
      const onnx = new TextEncoder().encode(kind);
      const reference = normalValues(4000, { center: 0, scale: 1 }, 7).map(({ cpu, memory }) => distance(cpu, memory));
      const manifest: Manifest = {
        ...{ format: 1, name: of.id, version, family: of.model.family, params: {}, shingleSize: of.shingleSize },
        features: of.features.map(({ metric: name }) => name),
        scaling: of.features.map(() => ({ center, scale })),
        calibration: fitCalibration(Float64Array.from(reference)),
        featureHash: featureHash(of),
        ...{ trainedAtMs: T0, trainingRows: 4000, trainingFromMs: T0, trainingToMs: T0, seed: 7 },
        ...{ onnxSha256: createHash("sha256").update(onnx).digest("hex"), onnxBytes: onnx.length },
      };
      await registerModel(ports, { manifest, onnx });
      return version;
    },
    /** Live scoring of the next rows of some entities, a minute apart, each batch with the model that is live then. */
    live: async (
      values: readonly { cpu: number; memory: number }[],
      scorerOf = scorerCache(ports, { maxAgeMs: 0 }),
      entities: readonly string[] = ["a"],
    ) => {
      const records = values.flatMap((one, n) =>
        entities.map((entity) => {
          const seconds = (state.events + n) * 60;
          const number = (state.events + n) * entities.length + entities.indexOf(entity);
          return record(number, metric(entity, seconds, one), 0, T0 + seconds * 1000);
        }),
      );
      state.events += values.length;
      return await scoreBatch({ table, detectors: async () => [of], scorerOf }, records);
    },
  };
};
