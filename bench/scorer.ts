import type { Detector } from "@tidewatch/core/detector";
import { familyOf } from "@tidewatch/core/model/families";
import { loadScorer } from "@tidewatch/core/model/scorer";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { benchModel } from "./workload.ts";

/** The live model of a detector, as `ScorePorts` want it; none for a family that needs none. */
export const benchScorer = async (detector: Detector) => {
  if (familyOf(detector.model).kind === "online") return async () => undefined;
  const { manifest, onnx } = await benchModel(detector);
  const scorer = await loadScorer(onnxRuntime(), manifest, onnx);
  return async () => scorer;
};
