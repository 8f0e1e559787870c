import { AppError } from "@tidewatch/core/errors";
import type { LoadedModel, ModelRuntime } from "@tidewatch/core/store/ports";
import { InferenceSession, Tensor } from "onnxruntime-node";

/**
 * One thread per session: small batches lose more to handing work over than they gain, and parallel work is by shards.
 * Tree sums are then also always added in the same order, so that a row's score does not depend on its batch.
 */
const SESSION_OPTIONS = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  graphOptimizationLevel: "all",
  /** Errors come as exceptions; its own log lines would go to stderr past ours. */
  logSeverityLevel: 4,
} as const;

/** ONNX Runtime as the core's model runtime. Loading throws `CORRUPT` for bytes that are no model of one matrix in, one out. */
export const onnxRuntime = (): ModelRuntime => ({
  async load(onnx) {
    const session = await createSession(onnx);
    const [input, ...otherInputs] = session.inputMetadata;
    const [output, ...otherOutputs] = session.outputNames;
    const columns = input?.isTensor ? input.shape[1] : undefined;
    if (!input || !output || otherInputs.length > 0 || otherOutputs.length > 0 || typeof columns !== "number") {
      throw new AppError("CORRUPT", "a model must take one float matrix of known width and give one");
    }
    return { columns, run: (rows, rowCount) => run(session, { input: input.name, output, columns }, rows, rowCount) };
  },
});

const createSession = async (onnx: Uint8Array): Promise<InferenceSession> => {
  try {
    return await InferenceSession.create(onnx, SESSION_OPTIONS);
  } catch (error) {
    throw new AppError("CORRUPT", `ONNX Runtime refuses the model: ${(error as Error).message}`, { cause: error });
  }
};

const run = async (
  session: InferenceSession,
  names: { input: string; output: string; columns: number },
  rows: Float32Array,
  rowCount: number,
): ReturnType<LoadedModel["run"]> => {
  const used = rows.subarray(0, rowCount * names.columns);
  const outputs = await session.run({ [names.input]: new Tensor("float32", used, [rowCount, names.columns]) });
  return outputs[names.output]!.data as Float32Array;
};
