import { plainKernels } from "./kernels-plain.ts";
import { RELAXED_SIMD, SIMD } from "./kernels-wasm.ts";
import { type LstmSeries, type LstmShape, padded } from "./shape.ts";

/**
 * One trainer's arrays and what can be done to them: a batch is `starts`, then `forward`, `loss`, `backward`, `adam`. Weights and
 * gradients are packed (`packWeights`). Batch and units are padded (`padded`).
 */
export type LstmKernels = {
  weights: Float32Array;
  gradients: Float32Array;
  /** The inputs of the series, row-major, to write others in. */
  series: Float32Array;
  /** The first row of each window of the batch; a window and the row after it lie within the series. */
  starts: Int32Array;
  /** steps × batch × outputs8: forecasts after `forward` from step `lossFrom` on, their gradients after `loss`. */
  predicted: Float32Array;
  forward(): void;
  /**
   * Turns the forecasts into gradients. Returns the loss, summed over the first `windows` windows: e², and beyond |e| = pull
   * only pull · (2 |e| − pull) (Huber 1964). A missing target (NaN) counts nothing.
   */
  loss(windows: number, pull: number): number;
  backward(): void;
  gradientSquares(): number;
  /** An Adam step: rate = lr / (1 − β₁^k), root = 1 / √(1 − β₂^k); `scale` multiplies the gradient. */
  adam(rate: number, root: number, scale: number): void;
};

export type KernelMaker = (shape: LstmShape, series: LstmSeries) => LstmKernels;

/**
 * `simd` gives the same bits on every processor. `relaxed` is up to a third faster by fused multiply-add, which rounds
 * otherwise: the same bits on processors that have it only. `plain` gives the bits of `simd` without WebAssembly.
 */
export type KernelKind = "simd" | "relaxed" | "plain";

/** The part of WebAssembly's interface that is used; TypeScript declares it for browsers only. */
export type Wasm = {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
};

/** Kernels of a kind, or of the next that the engine has: relaxed, simd, plain. */
export const kernelMaker = (
  kind: KernelKind = "simd",
  wasm: Wasm | undefined = (globalThis as { WebAssembly?: Wasm }).WebAssembly,
): KernelMaker => {
  if (kind === "plain" || !wasm) return plainKernels;
  const bytes = Uint8Array.from(atob(kind === "simd" ? SIMD : RELAXED_SIMD), (letter) => letter.charCodeAt(0));
  if (!wasm.validate(bytes)) return kernelMaker(kind === "relaxed" ? "simd" : "plain", wasm);
  const module = new wasm.Module(bytes);
  return (shape, series) => wasmKernels(new wasm.Instance(module).exports as Exports, shape, series);
};

type Exports = {
  memory: { buffer: ArrayBuffer; grow(pages: number): number };
  plan(...sizes: number[]): number;
  weightsAddress(): number;
  gradientsAddress(): number;
  startsAddress(): number;
  seriesAddress(): number;
  targetsAddress(): number;
  predictedAddress(): number;
} & Pick<LstmKernels, "forward" | "loss" | "backward" | "gradientSquares" | "adam">;

/** Bytes of a page of WebAssembly memory. */
const PAGE = 65_536;

const wasmKernels = (wasm: Exports, shape: LstmShape, series: LstmSeries): LstmKernels => {
  const { inputs, hidden, outputs, outputs8, batch, steps, lossFrom, parameters } = padded(shape);
  const bytes = wasm.plan(inputs, hidden, outputs, batch, steps, lossFrom, series.rows);
  const missing = bytes - wasm.memory.buffer.byteLength;
  if (missing > 0) wasm.memory.grow(Math.ceil(missing / PAGE));
  // Growing detaches the old buffer: no view of it may be older than this.
  const floats = (address: number, length: number) => new Float32Array(wasm.memory.buffer, address, length);
  const inputRows = floats(wasm.seriesAddress(), series.inputs.length);
  inputRows.set(series.inputs);
  floats(wasm.targetsAddress(), series.targets.length).set(series.targets);
  return {
    weights: floats(wasm.weightsAddress(), parameters),
    series: inputRows,
    gradients: floats(wasm.gradientsAddress(), parameters),
    starts: new Int32Array(wasm.memory.buffer, wasm.startsAddress(), batch),
    predicted: floats(wasm.predictedAddress(), steps * batch * outputs8),
    forward: wasm.forward,
    loss: wasm.loss,
    backward: wasm.backward,
    gradientSquares: wasm.gradientSquares,
    adam: wasm.adam,
  };
};
