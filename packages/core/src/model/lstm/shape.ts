/** One layer of `hidden` units and a dense layer on top, trained on `batch` windows of `steps` rows at once. */
export type LstmShape = {
  inputs: number;
  hidden: number;
  outputs: number;
  batch: number;
  steps: number;
  /** First step whose forecast counts in the loss: steps − 1 forecasts the row after the window only. */
  lossFrom: number;
};

/** Rows that windows are cut from, row-major; row t of the targets is what a window that ends before row t has to forecast. */
export type LstmSeries = { rows: number; inputs: Float32Array; targets: Float32Array };

/** Sizes with the padding that the kernels' vectors need; see packages/core/wasm/memory.ts for what lies where. */
export type PaddedShape = LstmShape & {
  outputs8: number;
  /** Places in a joined row: of the constant 1, of the first hidden unit, and its width. */
  biasRow: number;
  hiddenRow: number;
  rowWidth: number;
  /** Parameters of the gates, before those of the output layer. */
  gateParameters: number;
  parameters: number;
};

export const padded = (shape: LstmShape): PaddedShape => {
  const hidden = roundUp(shape.hidden, 16);
  const outputs8 = roundUp(shape.outputs, 8);
  const biasRow = shape.inputs % 2 === 1 ? shape.inputs : shape.inputs + 1;
  const rowWidth = biasRow + 1 + hidden;
  const gateParameters = 4 * hidden * rowWidth;
  return {
    ...shape,
    ...{ hidden, outputs8, biasRow, hiddenRow: biasRow + 1, rowWidth, gateParameters },
    batch: roundUp(shape.batch, 4),
    parameters: gateParameters + outputs8 * (hidden + 1),
  };
};

const roundUp = (value: number, multiple: number): number => Math.ceil(value / multiple) * multiple;
