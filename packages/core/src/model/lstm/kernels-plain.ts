import type { LstmKernels } from "./kernels.ts";
import { type LstmSeries, type LstmShape, padded } from "./shape.ts";

const round = Math.fround;
const multiplyAdd = (a: number, b: number, c: number): number => round(round(a * b) + c);

/** Coefficients of P and Q in x · P(x²) / Q(x²), highest power first; see packages/core/wasm/vector.ts. */
const P = [1.5061748309523728e-8, 2.1773201125654166e-5, 0.0035641533834452404, 0.13438188818789165, 0.999999969980678];
const Q = [8.453636592445285e-7, 0.00033991749266318875, 0.02613600522033939, 0.46771509593547633, 1];
const polynomial = (coefficients: readonly number[], s: number): number =>
  coefficients.reduce((value, coefficient) => multiplyAdd(value, s, round(coefficient)), 0);

const tanh = (value: number): number => {
  const x = value > 8 ? 8 : value < -8 ? -8 : value;
  const s = round(x * x);
  return round(round(x * polynomial(P, s)) / polynomial(Q, s));
};
const sigmoid = (value: number): number => multiplyAdd(tanh(round(value * 0.5)), 0.5, 0.5);

/**
 * What packages/core/wasm computes, in TypeScript: the same sums in the same order, each rounded to float32, so that weights
 * come out the same to the last bit. Some thirty times slower: for engines without WebAssembly SIMD, and to test the other by.
 */
export const plainKernels = (shape: LstmShape, series: LstmSeries): LstmKernels => {
  const layout = padded(shape);
  const { inputs, hidden, outputs, outputs8, batch, steps, lossFrom } = layout;
  const { biasRow, hiddenRow, rowWidth, gateParameters, parameters } = layout;
  const weights = new Float32Array(parameters);
  const gradients = new Float32Array(parameters);
  const moments = new Float32Array(parameters);
  const squares = new Float32Array(parameters);
  const starts = new Int32Array(batch);
  const predicted = new Float32Array(steps * batch * outputs8);
  const joined = new Float32Array((steps + 1) * batch * rowWidth);
  // Gates, cells and their errors here as [unit][batch], the gates i, f, g, o of a unit side by side.
  const gates = new Float32Array(steps * hidden * batch * 4);
  const cells = new Float32Array((steps + 1) * hidden * batch);
  const cellTanhs = new Float32Array(steps * hidden * batch);
  const gateErrors = new Float32Array(hidden * batch * 4);
  const hiddenErrors = new Float32Array(hidden * batch);
  const cellErrors = new Float32Array(hidden * batch);

  const joinedAt = (step: number, b: number) => (step * batch + b) * rowWidth;
  /** Of a gate's weights: row k of it is 16 k further on. */
  const gateColumn = (unit: number, gate: number) => (unit >> 2) * rowWidth * 16 + gate * 4 + (unit & 3);
  /** Of an output's weights: the bias, then 8 further on for each unit. */
  const denseColumn = (output: number) => gateParameters + (output >> 3) * 8 * (hidden + 1) + (output & 7);

  const gather = () => {
    for (let b = 0; b < batch; b++) {
      for (let step = 0; step < steps; step++) {
        const at = joinedAt(step, b);
        const row = (starts[b]! + step) * inputs;
        joined.set(series.inputs.subarray(row, row + inputs), at);
        joined[at + biasRow] = 1;
      }
      joined.fill(0, joinedAt(0, b) + hiddenRow, joinedAt(0, b) + rowWidth);
    }
  };

  const gateStep = (step: number) => {
    const used = step > 0 ? rowWidth : hiddenRow;
    for (let unit = 0; unit < hidden; unit++) {
      for (let b = 0; b < batch; b++) {
        const [zi, zf, zg, zo] = [0, 1, 2, 3].map((gate) => {
          const column = gateColumn(unit, gate);
          let z = 0;
          for (let k = 0; k < used; k++) z = multiplyAdd(joined[joinedAt(step, b) + k]!, weights[column + k * 16]!, z);
          return z;
        }) as [number, number, number, number];
        const [i, f, g, o] = [sigmoid(zi), sigmoid(zf), tanh(zg), sigmoid(zo)];
        const place = (step * hidden + unit) * batch + b;
        gates.set([i, f, g, o], place * 4);
        const cell = multiplyAdd(i, g, round(f * cells[place]!));
        cells[place + hidden * batch] = cell;
        cellTanhs[place] = tanh(cell);
        joined[joinedAt(step + 1, b) + hiddenRow + unit] = o * tanh(cell);
      }
    }
  };

  const outputStep = (step: number) => {
    for (let b = 0; b < batch; b++) {
      for (let output = 0; output < outputs; output++) {
        const [column, from] = [denseColumn(output), joinedAt(step + 1, b) + hiddenRow];
        let y = weights[column]!;
        for (let unit = 0; unit < hidden; unit++)
          y = multiplyAdd(joined[from + unit]!, weights[column + (1 + unit) * 8]!, y);
        predicted[(step * batch + b) * outputs8 + output] = y;
      }
    }
  };

  const loss = (windows: number, pull: number): number => {
    const scale = round(2 / (windows * outputs * (steps - lossFrom)));
    let sum = 0;
    for (let step = lossFrom; step < steps; step++) {
      for (let b = 0; b < batch; b++) {
        for (let output = 0; output < outputs; output++) {
          const at = (step * batch + b) * outputs8 + output;
          const target = series.targets[(starts[b]! + step + 1) * outputs + output]!;
          const error = b < windows && !Number.isNaN(target) ? round(predicted[at]! - target) : 0;
          const pulled = Math.max(-round(pull), Math.min(round(pull), error));
          sum += pulled * (2 * error - pulled);
          predicted[at] = pulled * scale;
        }
      }
    }
    return sum;
  };

  const hiddenGradient = (step: number) => {
    for (let unit = 0; unit < hidden; unit++) {
      for (let b = 0; b < batch; b++) {
        let d = 0;
        for (let output = 0; step >= lossFrom && output < outputs; output++) {
          const y = predicted[(step * batch + b) * outputs8 + output]!;
          d = multiplyAdd(y, weights[denseColumn(output) + (1 + unit) * 8]!, d);
        }
        // In the order of the panels: a gate of four units, then the next gate.
        for (let at = 0; step < steps - 1 && at < 4 * hidden; at++) {
          const [from, gate] = [(at >> 4) * 4 + (at & 3), (at >> 2) & 3];
          const row = gateColumn(from, gate) + (hiddenRow + unit) * 16;
          d = multiplyAdd(gateErrors[(from * batch + b) * 4 + gate]!, weights[row]!, d);
        }
        hiddenErrors[unit * batch + b] = d;
      }
    }
  };

  const gateGradient = (step: number) => {
    for (let at = 0; at < hidden * batch; at++) {
      const place = step * hidden * batch + at;
      const [i, f, g, o] = gates.subarray(place * 4) as unknown as [number, number, number, number];
      const [squashed, d] = [cellTanhs[place]!, hiddenErrors[at]!];
      const e = multiplyAdd(round(d * o), round(1 - round(squashed * squashed)), cellErrors[at]!);
      const [ei, ef] = [round(e * i), round(e * f)];
      gateErrors[at * 4] = round(ei * g) * round(1 - i);
      gateErrors[at * 4 + 1] = round(ef * cells[place]!) * round(1 - f);
      gateErrors[at * 4 + 2] = ei * round(1 - round(g * g));
      gateErrors[at * 4 + 3] = round(round(d * squashed) * o) * round(1 - o);
      cellErrors[at] = ef;
    }
  };

  const weightGradient = (step: number) => {
    const used = step > 0 ? rowWidth : hiddenRow;
    for (let unit = 0; unit < hidden; unit++) {
      for (let gate = 0; gate < 4; gate++) {
        for (let k = 0; k < used; k++) {
          const at = gateColumn(unit, gate) + k * 16;
          let sum = gradients[at]!;
          for (let b = 0; b < batch; b++) {
            sum = multiplyAdd(joined[joinedAt(step, b) + k]!, gateErrors[(unit * batch + b) * 4 + gate]!, sum);
          }
          gradients[at] = sum;
        }
      }
    }
  };

  const outputGradient = (step: number) => {
    for (let output = 0; output < outputs; output++) {
      const column = denseColumn(output);
      for (let b = 0; b < batch; b++) {
        const y = predicted[(step * batch + b) * outputs8 + output]!;
        gradients[column] = gradients[column]! + y;
        for (let unit = 0; unit < hidden; unit++) {
          const at = column + (1 + unit) * 8;
          gradients[at] = multiplyAdd(joined[joinedAt(step + 1, b) + hiddenRow + unit]!, y, gradients[at]!);
        }
      }
    }
  };

  return {
    ...{ weights, gradients, series: series.inputs, starts, predicted, loss },
    forward() {
      gather();
      cells.fill(0, 0, hidden * batch);
      for (let step = 0; step < steps; step++) {
        gateStep(step);
        if (step >= lossFrom) outputStep(step);
      }
    },
    backward() {
      gradients.fill(0);
      cellErrors.fill(0);
      for (let step = steps - 1; step >= 0; step--) {
        hiddenGradient(step);
        if (step >= lossFrom) outputGradient(step);
        gateGradient(step);
        weightGradient(step);
      }
    },
    gradientSquares() {
      const sums = [0, 0, 0, 0];
      for (let at = 0; at < parameters; at++) sums[at % 4] = multiplyAdd(gradients[at]!, gradients[at]!, sums[at % 4]!);
      return sums.reduce((total, sum) => total + sum);
    },
    adam(rate, root, scale) {
      const [keepMoment, addMoment, keepSquare, addSquare] = [0.9, 0.1, 0.999, 0.001].map(round) as [
        number,
        number,
        number,
        number,
      ];
      for (let at = 0; at < parameters; at++) {
        const g = round(gradients[at]! * round(scale));
        moments[at] = multiplyAdd(keepMoment, moments[at]!, round(addMoment * g));
        squares[at] = multiplyAdd(keepSquare, squares[at]!, round(addSquare * round(g * g)));
        const divisor = multiplyAdd(round(Math.sqrt(squares[at]!)), round(root), round(1e-8));
        weights[at] = weights[at]! - round(round(moments[at]! * round(rate)) / divisor);
      }
    },
  };
};
