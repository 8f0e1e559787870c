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

/** ONNX Runtime as the core's model runtime. Loading throws `CORRUPT` for bytes that are no model that takes one matrix. */
export const onnxRuntime = (): ModelRuntime => ({
  async load(onnx) {
    const { InferenceSession, Tensor } = await onnxruntime();
    const session = await createSession(InferenceSession, onnx);
    const [input, ...otherInputs] = session.inputMetadata;
    const outputs = scoresFirst(session.outputNames);
    const [scores] = outputs;
    const columns = input?.isTensor ? input.shape[1] : undefined;
    if (!input || !scores || otherInputs.length > 0 || typeof columns !== "number") {
      throw new AppError("CORRUPT", "a model must take one float matrix of known width and give scores");
    }
    const inputOf = (rows: Float32Array, rowCount: number): Tensor =>
      new Tensor("float32", rows.subarray(0, rowCount * columns), [rowCount, columns]);
    return {
      columns,
      outputs,
      async run(rows, rowCount) {
        const given = await session.run({ [input.name]: inputOf(rows, rowCount) }, [scores]);
        return given[scores]!.data as Float32Array;
      },
      async runFor(names, rows, rowCount) {
        const given = await session.run({ [input.name]: inputOf(rows, rowCount) }, [...names]);
        return names.map((name) => given[name]!.data as Float32Array);
      },
    };
  },
});

const scoresFirst = (names: readonly string[]): string[] =>
  names.includes("scores") ? ["scores", ...names.filter((name) => name !== "scores")] : [...names];

const createSession = async (sessions: InferenceSessionFactory, onnx: Uint8Array): Promise<InferenceSession> => {
  try {
    return await sessions.create(onnx, SESSION_OPTIONS);
  } catch (error) {
    throw new AppError("CORRUPT", `ONNX Runtime refuses the model: ${(error as Error).message}`, { cause: error });
  }
};
