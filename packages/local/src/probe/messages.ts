import type { ErrorCode } from "@tidewatch/core/errors";

/** What an examining process is told, once. */
export type ProbeOrder = { onnx: Uint8Array; rows: Float32Array; rowCount: number };
/** Its one answer. */
export type ProbeReport =
  | { kind: "examined"; scores: Float32Array; msPerRow: number }
  | { kind: "failed"; code: ErrorCode; message: string };
