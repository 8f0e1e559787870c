import {
  batch,
  cellErrorsAt,
  cellTanhsAt,
  cellsAt,
  denseAt,
  denseGradientsAt,
  denseTransposedAt,
  gateErrorsAt,
  gatesAt,
  gradientsAt,
  hidden,
  hiddenErrorsAt,
  hiddenRow,
  joinedAt,
  lossFrom,
  outputs,
  outputs8,
  panels,
  parameterCount,
  predictedAt,
  recurrentTransposedAt,
  rowWidth,
  startsAt,
  steps,
  targetsAt,
  weightsAt,
} from "./memory";
import { multiplyAdd } from "./vector";

/**
 * Replaces the forecasts of the first `windows` windows by the gradient of the loss, those of the others by 0. Step t of a
 * window forecasts the row after it; a missing target (NaN) has no error. Returns Huber's loss (1964), doubled and summed: e² up
 * to |e| = pull, beyond it pull · (2 |e| − pull).
 */
export function loss(windows: i32, pull: f32): f64 {
  const scale: f32 = <f32>2 / <f32>(windows * outputs * (steps - lossFrom));
  let sum: f64 = 0;
  for (let step = lossFrom; step < steps; step++) {
    let y = predictedAt + (<usize>(step * batch * outputs8) << 2);
    for (let b = 0; b < batch; b++) {
      const start = load<i32>(startsAt + (<usize>b << 2));
      const target = targetsAt + (<usize>((start + step + 1) * outputs) << 2);
      for (let j: i32 = 0; j < outputs8; j++) {
        let error: f32 = 0;
        if (b < windows && j < outputs) {
          const wanted = load<f32>(target + (<usize>j << 2));
          if (wanted == wanted) error = load<f32>(y + (<usize>j << 2)) - wanted;
        }
        const pulled: f32 = error > pull ? pull : error < -pull ? -pull : error;
        sum += <f64>pulled * (<f64>2 * <f64>error - <f64>pulled);
        store<f32>(y + (<usize>j << 2), pulled * scale);
      }
      y += <usize>outputs8 << 2;
    }
  }
  return sum;
}

/** Back-propagation through time; the gradients replace those of the batch before. */
export function backward(): void {
  memory.fill(gradientsAt, 0, <usize>parameterCount << 2);
  memory.fill(cellErrorsAt, 0, <usize>(batch * hidden) << 2);
  transpose();
  for (let step = steps - 1; step >= 0; step--) {
    hiddenGradient(step);
    if (step >= lossFrom) outputGradient(step);
    gateGradient(step);
    weightGradient(step);
  }
}

/** Copies of the recurrent and the output weights with the hidden units as columns, sixteen to a panel. */
function transpose(): void {
  let to = recurrentTransposedAt;
  for (let n = 0; n < hidden; n += 16) {
    for (let panel = 0; panel < panels; panel++) {
      const from = weightsAt + (<usize>(panel * rowWidth + hiddenRow + n) << 6);
      for (let column: usize = 0; column < 64; column += 4) {
        for (let row: usize = 0; row < 1024; row += 64) {
          store<f32>(to, load<f32>(from + row + column));
          to += 4;
        }
      }
    }
  }
  to = denseTransposedAt;
  for (let n = 0; n < hidden; n += 16) {
    for (let output = 0; output < outputs; output++) {
      const column = (output >> 3) * 8 * (hidden + 1) + (output & 7);
      for (let c = 0; c < 16; c++) {
        store<f32>(to, load<f32>(denseAt + (<usize>(column + (1 + n + c) * 8) << 2)));
        to += 4;
      }
    }
  }
}

/** What reaches h_t: from the forecasts of its step and from the gates of the next. Two windows by sixteen units. */
function hiddenGradient(step: i32): void {
  const outputRow = <usize>outputs8 << 2;
  const block = <usize>batch << 4;
  const errorBlock = <usize>batch << 6;
  for (let n = 0; n < hidden; n += 16) {
    let to = hiddenErrorsAt + <usize>(n >> 2) * block;
    for (let b = 0; b < batch; b += 2) {
      let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0;
      let b0 = a0, b1 = a0, b2 = a0, b3 = a0;
      if (step >= lossFrom) {
        let y = predictedAt + <usize>(step * batch + b) * outputRow;
        let w = denseTransposedAt + (<usize>(n * outputs) << 2);
        for (let output = 0; output < outputs; output++) {
          const s0 = v128.load_splat<f32>(y), s1 = v128.load_splat<f32>(y + outputRow);
          let r = v128.load(w);
          a0 = multiplyAdd(s0, r, a0);
          b0 = multiplyAdd(s1, r, b0);
          r = v128.load(w, 16);
          a1 = multiplyAdd(s0, r, a1);
          b1 = multiplyAdd(s1, r, b1);
          r = v128.load(w, 32);
          a2 = multiplyAdd(s0, r, a2);
          b2 = multiplyAdd(s1, r, b2);
          r = v128.load(w, 48);
          a3 = multiplyAdd(s0, r, a3);
          b3 = multiplyAdd(s1, r, b3);
          y += 4;
          w += 64;
        }
      }
      if (step < steps - 1) {
        let error = gateErrorsAt + (<usize>b << 6);
        let w = recurrentTransposedAt + (<usize>(n * 4 * hidden) << 2);
        for (let panel = 0; panel < panels; panel++) {
          let z = error;
          const end = error + 64;
          do {
            let s0 = v128.load_splat<f32>(z), s1 = v128.load_splat<f32>(z, 64), r = v128.load(w);
            a0 = multiplyAdd(s0, r, a0);
            b0 = multiplyAdd(s1, r, b0);
            r = v128.load(w, 16);
            a1 = multiplyAdd(s0, r, a1);
            b1 = multiplyAdd(s1, r, b1);
            r = v128.load(w, 32);
            a2 = multiplyAdd(s0, r, a2);
            b2 = multiplyAdd(s1, r, b2);
            r = v128.load(w, 48);
            a3 = multiplyAdd(s0, r, a3);
            b3 = multiplyAdd(s1, r, b3);
            s0 = v128.load_splat<f32>(z, 4);
            s1 = v128.load_splat<f32>(z, 68);
            r = v128.load(w, 64);
            a0 = multiplyAdd(s0, r, a0);
            b0 = multiplyAdd(s1, r, b0);
            r = v128.load(w, 80);
            a1 = multiplyAdd(s0, r, a1);
            b1 = multiplyAdd(s1, r, b1);
            r = v128.load(w, 96);
            a2 = multiplyAdd(s0, r, a2);
            b2 = multiplyAdd(s1, r, b2);
            r = v128.load(w, 112);
            a3 = multiplyAdd(s0, r, a3);
            b3 = multiplyAdd(s1, r, b3);
            z += 8;
            w += 128;
          } while (z != end);
          error += errorBlock;
        }
      }
      v128.store(to, a0);
      v128.store(to, b0, 16);
      v128.store(to + block, a1);
      v128.store(to + block, b1, 16);
      v128.store(to + 2 * block, a2);
      v128.store(to + 2 * block, b2, 16);
      v128.store(to + 3 * block, a3);
      v128.store(to + 3 * block, b3, 16);
      to += 32;
    }
  }
}

/** Through the state and the activations of one step; leaves what reaches the cell of the step before. */
function gateGradient(step: i32): void {
  const count = panels * batch;
  const one = f32x4.splat(1);
  let gate = gatesAt + (<usize>(step * count) << 6);
  let cellTanh = cellTanhsAt + (<usize>(step * count) << 4);
  let cell = cellsAt + (<usize>(step * count) << 4);
  let error = gateErrorsAt;
  let hiddenError = hiddenErrorsAt;
  let cellError = cellErrorsAt;
  for (let k = 0; k < count; k++) {
    const i = v128.load(gate), f = v128.load(gate, 16), g = v128.load(gate, 32), o = v128.load(gate, 48);
    const squashed = v128.load(cellTanh);
    const d = v128.load(hiddenError);
    const slope = f32x4.sub(one, f32x4.mul(squashed, squashed));
    const e = multiplyAdd(f32x4.mul(d, o), slope, v128.load(cellError));
    const ei = f32x4.mul(e, i);
    const ef = f32x4.mul(e, f);
    v128.store(error, f32x4.mul(f32x4.mul(ei, g), f32x4.sub(one, i)));
    v128.store(error, f32x4.mul(f32x4.mul(ef, v128.load(cell)), f32x4.sub(one, f)), 16);
    v128.store(error, f32x4.mul(ei, f32x4.sub(one, f32x4.mul(g, g))), 32);
    v128.store(error, f32x4.mul(f32x4.mul(f32x4.mul(d, squashed), o), f32x4.sub(one, o)), 48);
    v128.store(cellError, ef);
    gate += 64;
    cellTanh += 16;
    cell += 16;
    error += 64;
    hiddenError += 16;
    cellError += 16;
  }
}

/** Adds the gate weights' gradient of one step: two rows by sixteen columns in registers, summed over the batch. */
function weightGradient(step: i32): void {
  const row = <usize>rowWidth << 2;
  const used = step > 0 ? rowWidth : hiddenRow;
  for (let panel = 0; panel < panels; panel++) {
    let to = gradientsAt + (<usize>(panel * rowWidth) << 6);
    let x = joinedAt + <usize>(step * batch) * row;
    const from = gateErrorsAt + (<usize>(panel * batch) << 6);
    const end = from + (<usize>batch << 6);
    for (let k = 0; k < used; k += 2) {
      let a0 = v128.load(to), a1 = v128.load(to, 16), a2 = v128.load(to, 32), a3 = v128.load(to, 48);
      let b0 = v128.load(to, 64), b1 = v128.load(to, 80), b2 = v128.load(to, 96), b3 = v128.load(to, 112);
      let z = from;
      let p = x;
      do {
        const s0 = v128.load_splat<f32>(p), s1 = v128.load_splat<f32>(p, 4);
        let r = v128.load(z);
        a0 = multiplyAdd(s0, r, a0);
        b0 = multiplyAdd(s1, r, b0);
        r = v128.load(z, 16);
        a1 = multiplyAdd(s0, r, a1);
        b1 = multiplyAdd(s1, r, b1);
        r = v128.load(z, 32);
        a2 = multiplyAdd(s0, r, a2);
        b2 = multiplyAdd(s1, r, b2);
        r = v128.load(z, 48);
        a3 = multiplyAdd(s0, r, a3);
        b3 = multiplyAdd(s1, r, b3);
        p += row;
        z += 64;
      } while (z != end);
      v128.store(to, a0);
      v128.store(to, a1, 16);
      v128.store(to, a2, 32);
      v128.store(to, a3, 48);
      v128.store(to, b0, 64);
      v128.store(to, b1, 80);
      v128.store(to, b2, 96);
      v128.store(to, b3, 112);
      to += 128;
      x += 8;
    }
  }
}

/** Adds the output layer's gradient of one step: four rows by eight columns in registers, summed over the batch. */
function outputGradient(step: i32): void {
  const row = <usize>rowWidth << 2;
  const outputRow = <usize>outputs8 << 2;
  for (let n = 0; n < outputs8; n += 8) {
    let to = denseGradientsAt + (<usize>(n * (hidden + 1)) << 2);
    const from = predictedAt + <usize>(step * batch) * outputRow + (<usize>n << 2);
    const end = from + <usize>batch * outputRow;
    let a0 = v128.load(to), a1 = v128.load(to, 16);
    for (let y = from; y != end; y += outputRow) {
      a0 = f32x4.add(a0, v128.load(y));
      a1 = f32x4.add(a1, v128.load(y, 16));
    }
    v128.store(to, a0);
    v128.store(to, a1, 16);
    to += 32;
    let x = joinedAt + <usize>((step + 1) * batch) * row + (<usize>hiddenRow << 2);
    for (let k = 0; k < hidden; k += 4) {
      a0 = v128.load(to);
      a1 = v128.load(to, 16);
      let b0 = v128.load(to, 32), b1 = v128.load(to, 48);
      let c0 = v128.load(to, 64), c1 = v128.load(to, 80);
      let d0 = v128.load(to, 96), d1 = v128.load(to, 112);
      let p = x;
      for (let y = from; y != end; y += outputRow) {
        const r0 = v128.load(y), r1 = v128.load(y, 16);
        let s = v128.load_splat<f32>(p);
        a0 = multiplyAdd(s, r0, a0);
        a1 = multiplyAdd(s, r1, a1);
        s = v128.load_splat<f32>(p, 4);
        b0 = multiplyAdd(s, r0, b0);
        b1 = multiplyAdd(s, r1, b1);
        s = v128.load_splat<f32>(p, 8);
        c0 = multiplyAdd(s, r0, c0);
        c1 = multiplyAdd(s, r1, c1);
        s = v128.load_splat<f32>(p, 12);
        d0 = multiplyAdd(s, r0, d0);
        d1 = multiplyAdd(s, r1, d1);
        p += row;
      }
      v128.store(to, a0);
      v128.store(to, a1, 16);
      v128.store(to, b0, 32);
      v128.store(to, b1, 48);
      v128.store(to, c0, 64);
      v128.store(to, c1, 80);
      v128.store(to, d0, 96);
      v128.store(to, d1, 112);
      to += 128;
      x += 16;
    }
  }
}
