/** Training kernels of a one-layer LSTM with a dense layer on top. What the memory holds: `memory.ts`. */
export { backward, loss } from "./backward";
export { forward } from "./forward";
export {
  gradientsAddress,
  parameterCount,
  plan,
  predictedAddress,
  seriesAddress,
  startsAddress,
  targetsAddress,
  weightsAddress,
} from "./memory";
export { adam, gradientSquares } from "./update";
