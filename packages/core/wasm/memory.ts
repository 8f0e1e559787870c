/**
 * The plan of the one memory that all kernels share. Float32 but where said otherwise; a "panel" is a block of columns that lie
 * together, so that inner loops read memory in order. Padding is zero and stays zero under training.
 *
 *   weights    [hidden/4][rowWidth][16]   gates: rows x0 …, padding, 1, h0 …; columns are gates i, f, g, o of four units
 *   dense      [outputs8/8][1 + hidden][8]   of the output layer, row 0 is the bias
 *   joined     [steps + 1][batch][rowWidth]  the row [x_t, padding, 1, h_(t−1)] that the gate product reads
 *   gates      [steps][hidden/4][batch][16]  after activation
 *   cells      [steps + 1][hidden/4][batch][4], cellTanhs [steps][hidden/4][batch][4]
 *   gateErrors [hidden/4][batch][16]         of one step, used again at each step: it stays in the nearest cache
 *   predicted  [steps][batch][outputs8]      forecasts, then the gradient of the loss by them
 */
export let inputs: i32 = 0;
export let biasRow: i32 = 0;
export let hiddenRow: i32 = 0;
export let rowWidth: i32 = 0;
export let hidden: i32 = 0;
export let panels: i32 = 0;
export let outputs: i32 = 0;
export let outputs8: i32 = 0;
export let batch: i32 = 0;
export let steps: i32 = 0;
export let lossFrom: i32 = 0;
export let parameterCount: i32 = 0;

export let weightsAt: usize = 0;
export let denseAt: usize = 0;
export let gradientsAt: usize = 0;
export let denseGradientsAt: usize = 0;
export let momentsAt: usize = 0;
export let squaresAt: usize = 0;
export let recurrentTransposedAt: usize = 0;
export let denseTransposedAt: usize = 0;
export let joinedAt: usize = 0;
export let gatesAt: usize = 0;
export let cellsAt: usize = 0;
export let cellTanhsAt: usize = 0;
export let gateErrorsAt: usize = 0;
export let hiddenErrorsAt: usize = 0;
export let cellErrorsAt: usize = 0;
export let predictedAt: usize = 0;
/** Int32: the first row of each window of the batch. */
export let startsAt: usize = 0;
export let seriesAt: usize = 0;
export let targetsAt: usize = 0;

let top: usize = 0;

function take(floats: i32): usize {
  const at = top;
  top = (top + (<usize>floats << 2) + 63) & ~63;
  return at;
}

/**
 * Plans for `rows` rows of inputs and as many of targets; returns the bytes that are needed. `units` is a multiple of 16,
 * `windows` of 4. The loss is taken on the steps from `from` on.
 */
export function plan(columns: i32, units: i32, targets: i32, windows: i32, length: i32, from: i32, rows: i32): usize {
  inputs = columns;
  hidden = units;
  outputs = targets;
  batch = windows;
  steps = length;
  lossFrom = from;
  biasRow = inputs | 1;
  hiddenRow = biasRow + 1;
  rowWidth = hiddenRow + hidden;
  panels = hidden >> 2;
  outputs8 = (outputs + 7) & ~7;
  const weightCount = panels * rowWidth * 16;
  parameterCount = weightCount + outputs8 * (hidden + 1);
  top = (__heap_base + 63) & ~63;
  weightsAt = take(parameterCount);
  denseAt = weightsAt + (<usize>weightCount << 2);
  gradientsAt = take(parameterCount);
  denseGradientsAt = gradientsAt + (<usize>weightCount << 2);
  momentsAt = take(parameterCount);
  squaresAt = take(parameterCount);
  recurrentTransposedAt = take(hidden * 4 * hidden);
  denseTransposedAt = take(hidden * outputs);
  joinedAt = take((steps + 1) * batch * rowWidth);
  gatesAt = take(steps * batch * 4 * hidden);
  cellsAt = take((steps + 1) * batch * hidden);
  cellTanhsAt = take(steps * batch * hidden);
  gateErrorsAt = take(batch * 4 * hidden);
  hiddenErrorsAt = take(batch * hidden);
  cellErrorsAt = take(batch * hidden);
  predictedAt = take(steps * batch * outputs8);
  startsAt = take(batch);
  // Rows are read four columns at a time: the last one may be read beyond its end.
  seriesAt = take(rows * inputs + 4);
  targetsAt = take(rows * outputs);
  return top;
}

export function weightsAddress(): usize {
  return weightsAt;
}
export function gradientsAddress(): usize {
  return gradientsAt;
}
export function predictedAddress(): usize {
  return predictedAt;
}
export function startsAddress(): usize {
  return startsAt;
}
export function seriesAddress(): usize {
  return seriesAt;
}
export function targetsAddress(): usize {
  return targetsAt;
}
