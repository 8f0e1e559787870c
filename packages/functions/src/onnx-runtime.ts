import { AppError } from "@tidewatch/core/errors";
import type { ModelRuntime } from "@tidewatch/core/store/ports";
import type { InferenceSession, InferenceSessionFactory, Tensor } from "onnxruntime-node";

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

/** Loaded with the first model, not with the code: a function without models, or a request without one, starts sooner. */
const onnxruntime = () => import("onnxruntime-node");

/** ONNX Runtime as the core's model runtime. Loading throws `CORRUPT` for bytes that are no model of one matrix in, one out. */
export const onnxRuntime = (): ModelRuntime => ({
  async load(onnx) {
    const { InferenceSession, Tensor } = await onnxruntime();
    const session = await createSession(InferenceSession, onnx);
    const [input, ...otherInputs] = session.inputMetadata;
    const [output, ...otherOutputs] = session.outputNames;
    const columns = input?.isTensor ? input.shape[1] : undefined;
    if (!input || !output || otherInputs.length > 0 || otherOutputs.length > 0 || typeof columns !== "number") {
      throw new AppError("CORRUPT", "a model must take one float matrix of known width and give one");
    }
    const inputOf = (rows: Float32Array, rowCount: number): Tensor =>
      new Tensor("float32", rows.subarray(0, rowCount * columns), [rowCount, columns]);
    return {
      columns,
      async run(rows, rowCount) {
        const outputs = await session.run({ [input.name]: inputOf(rows, rowCount) });
        return outputs[output]!.data as Float32Array;
      },
    };
  },
});

const createSession = async (sessions: InferenceSessionFactory, onnx: Uint8Array): Promise<InferenceSession> => {
  try {
    return await sessions.create(onnx, SESSION_OPTIONS);
  } catch (error) {
    throw new AppError("CORRUPT", `ONNX Runtime refuses the model: ${(error as Error).message}`, { cause: error });
  }
};
