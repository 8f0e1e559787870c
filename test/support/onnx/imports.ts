import { Detector } from "@tidewatch/core/detector";
import { ImportManifest } from "@tidewatch/core/model/onnx/import-manifest";
import type { ImportOrder } from "@tidewatch/core/register/import";
import { putDetector } from "@tidewatch/core/store/detectors";
import { memoryBlobs } from "../memory-blobs.ts";
import { memoryTable } from "../memory-table.ts";
import { sklearnRegressor } from "./sklearn.ts";

export const NOW_MS = 1_000_000;
export const host = (parts: object = {}) =>
  Detector.parse({ id: "host", features: [{ metric: "a" }, { metric: "b" }], model: { family: "onnx" }, ...parts });

/** What an import needs, with one detector. The trial scores a vector by the sum of its numbers, and keeps what it got. */
export const importPorts = async (detector = host()) => {
  const tried: { rows: Float32Array; rowCount: number }[] = [];
  const table = memoryTable();
  await putDetector(table, detector, undefined);
  const examine = async (_onnx: Uint8Array, rows: Float32Array, rowCount: number) => {
    tried.push({ rows, rowCount });
    const columns = rows.length / rowCount;
    const sum = (row: number) => rows.subarray(row * columns, (row + 1) * columns).reduce((a, b) => a + b, 0);
    return { scores: Float32Array.from({ length: rowCount }, (_, row) => sum(row)), msPerRow: 0.01 };
  };
  return { table, blobs: memoryBlobs(), clock: () => NOW_MS, examine, tried };
};

export const referenceRows = Array.from({ length: 200 }, (_, row) => [1000 + (row % 10), 5 + (row % 7)]);
/** An import of a model that adds both features, for `host`. */
export const importOrder = (wanted: object = {}, more: Partial<ImportOrder> = {}): ImportOrder => ({
  detectorId: "host",
  onnx: sklearnRegressor([1, 1], 0),
  manifest: ImportManifest.parse({ features: ["a", "b"], higherIsAnomalous: true, ...wanted }),
  reference: { rows: referenceRows },
  ...more,
});
