import type { Outcome } from "./checks.ts";

const ROWS = 256;
const COLUMNS = 2;
const PARAMS = { trees: 10, sampleSize: 64, seed: 1 };
/** What the runtime's float32 sums may differ from the double ones that the model was made with. */
const TOLERANCE = 1e-5;

/** Proves that ONNX Runtime loads on this machine, and that a model trained here scores there as it does here. */
export const checkModel = async (): Promise<Outcome> => {
  const [{ fitForest }, { scoreForest }, { exportForest }, { randomOf }, { onnxRuntime }] = await Promise.all([
    import("@tidewatch/core/model/isolation-forest/fit"),
    import("@tidewatch/core/model/isolation-forest/score"),
    import("@tidewatch/core/model/isolation-forest/export"),
    import("@tidewatch/core/model/random"),
    import("@tidewatch/functions/onnx-runtime"),
  ]);
  const random = randomOf(PARAMS.seed);
  const values = Float32Array.from({ length: ROWS * COLUMNS }, () => random.unit());
  const { forest } = fitForest({ values, columns: COLUMNS, count: ROWS }, PARAMS);
  const model = await onnxRuntime().load(exportForest(forest));
  const startMs = performance.now();
  const scores = await model.run(values, ROWS);
  const microseconds = ((performance.now() - startMs) * 1000) / ROWS;
  const expected = scoreForest(forest, values, ROWS);
  const worst = Math.max(...Array.from(expected, (score, row) => Math.abs(score - scores[row]!)));
  if (worst <= TOLERANCE)
    return { state: "ok", text: `ONNX Runtime loads and scores, ${microseconds.toFixed(1)} µs a row` };
  return {
    state: "fail",
    text: `ONNX Runtime is off by ${worst}`,
    next: "Install again: remove node_modules, then `npm run setup`.",
  };
};
