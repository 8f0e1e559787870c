import { AppError } from "@tidewatch/core/errors";
import { examineModel } from "@tidewatch/core/register/examine";
import { cpuMs } from "@tidewatch/functions/cpu-time";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import type { ProbeOrder, ProbeReport } from "./messages.ts";

/** Entry of the process that examines one model: takes it from its parent, answers, and ends. */
const examine = async ({ onnx, rows, rowCount }: ProbeOrder): Promise<ProbeReport> => {
  try {
    return { kind: "examined", ...(await examineModel({ runtime: onnxRuntime(), cpuMs })(onnx, rows, rowCount)) };
  } catch (error) {
    if (error instanceof AppError) return { kind: "failed", code: error.code, message: error.message };
    return { kind: "failed", code: "VALIDATION", message: `The model cannot be run: ${(error as Error).message}` };
  }
};

process.once("message", (order) => {
  void examine(order as ProbeOrder).then((report) => process.send!(report, () => process.disconnect()));
});
