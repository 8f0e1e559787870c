import { examineModel } from "@tidewatch/core/register/examine";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";

/** Tries a model in the test's own process, and finds every model fast. */
export const examineHere = examineModel({ runtime: onnxRuntime(), cpuMs: () => 0 });
