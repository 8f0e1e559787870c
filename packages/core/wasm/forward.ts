import {
  batch,
  biasRow,
  cellTanhsAt,
  cellsAt,
  denseAt,
  gatesAt,
  hidden,
  hiddenRow,
  inputs,
  joinedAt,
  lossFrom,
  outputs8,
  panels,
  predictedAt,
  rowWidth,
  seriesAt,
  startsAt,
  steps,
  weightsAt,
} from "./memory";
import { multiplyAdd, sigmoid4, tanh4 } from "./vector";

/** All steps of the windows that begin at the batch's starts, from a state of zero; forecasts from step `lossFrom` on. */
export function forward(): void {
  gather();
  memory.fill(cellsAt, 0, <usize>(batch * hidden) << 2);
  for (let step = 0; step < steps; step++) {
    gateStep(step);
    if (step >= lossFrom) outputStep(step);
  }
}

/** Copies the windows into the joined rows, and sets the constant 1, the padding and the first hidden state. */
function gather(): void {
  const row = <usize>rowWidth << 2;
  const width = <usize>inputs << 2;
  for (let b = 0; b < batch; b++) {
    let from = seriesAt + (<usize>(load<i32>(startsAt + (<usize>b << 2)) * inputs) << 2);
    let to = joinedAt + <usize>b * row;
    for (let step = 0; step < steps; step++) {
      // The last vector may run over the end of the inputs: what it overwrites is set afterwards.
      for (let j: usize = 0; j < width; j += 16) v128.store(to + j, v128.load(from + j));
      if (biasRow > inputs) store<f32>(to + width, 0);
      store<f32>(to + (<usize>biasRow << 2), 1);
      if (step == 0) memory.fill(to + (<usize>hiddenRow << 2), 0, <usize>hidden << 2);
      from += width;
      to += <usize>batch * row;
    }
  }
}

/**
 * Gate product, activations and state of one step in one pass: two windows by four units with their four gates in registers.
 * Step 0 skips the recurrent rows, its hidden state is 0.
 */
function gateStep(step: i32): void {
  const row = <usize>rowWidth << 2;
  const used = <usize>(step > 0 ? rowWidth : hiddenRow) << 6;
  const first = joinedAt + <usize>(step * batch) * row;
  const next = first + <usize>batch * row + (<usize>hiddenRow << 2);
  const cellStep = <usize>(panels * batch) << 4;
  for (let panel = 0; panel < panels; panel++) {
    const from = weightsAt + (<usize>(panel * rowWidth) << 6);
    const end = from + used;
    const place = <usize>((step * panels + panel) * batch);
    let cell = cellsAt + (place << 4);
    let cellTanh = cellTanhsAt + (place << 4);
    let gate = gatesAt + (place << 6);
    let x = first;
    let h = next + (<usize>panel << 4);
    for (let b = 0; b < batch; b += 2) {
      let x0 = x;
      let x1 = x + row;
      let w = from;
      let i0 = f32x4.splat(0), f0 = i0, g0 = i0, o0 = i0;
      let i1 = i0, f1 = i0, g1 = i0, o1 = i0;
      do {
        let a0 = v128.load_splat<f32>(x0), a1 = v128.load_splat<f32>(x1), r = v128.load(w);
        i0 = multiplyAdd(a0, r, i0);
        i1 = multiplyAdd(a1, r, i1);
        r = v128.load(w, 16);
        f0 = multiplyAdd(a0, r, f0);
        f1 = multiplyAdd(a1, r, f1);
        r = v128.load(w, 32);
        g0 = multiplyAdd(a0, r, g0);
        g1 = multiplyAdd(a1, r, g1);
        r = v128.load(w, 48);
        o0 = multiplyAdd(a0, r, o0);
        o1 = multiplyAdd(a1, r, o1);
        a0 = v128.load_splat<f32>(x0, 4);
        a1 = v128.load_splat<f32>(x1, 4);
        r = v128.load(w, 64);
        i0 = multiplyAdd(a0, r, i0);
        i1 = multiplyAdd(a1, r, i1);
        r = v128.load(w, 80);
        f0 = multiplyAdd(a0, r, f0);
        f1 = multiplyAdd(a1, r, f1);
        r = v128.load(w, 96);
        g0 = multiplyAdd(a0, r, g0);
        g1 = multiplyAdd(a1, r, g1);
        r = v128.load(w, 112);
        o0 = multiplyAdd(a0, r, o0);
        o1 = multiplyAdd(a1, r, o1);
        x0 += 8;
        x1 += 8;
        w += 128;
      } while (w != end);
      state(i0, f0, g0, o0, gate, cell, cellStep, cellTanh, h);
      state(i1, f1, g1, o1, gate + 64, cell + 16, cellStep, cellTanh + 16, h + row);
      gate += 128;
      cell += 32;
      cellTanh += 32;
      x += row << 1;
      h += row << 1;
    }
  }
}

/** c' = f · c + i · g, h = o · tanh c' (Gers, Schmidhuber, Cummins 2000). */
// @ts-ignore: decorator
@inline
function state(
  zi: v128, zf: v128, zg: v128, zo: v128,
  gate: usize, cell: usize, cellStep: usize, cellTanh: usize, h: usize,
): void {
  const i = sigmoid4(zi);
  const f = sigmoid4(zf);
  const g = tanh4(zg);
  const o = sigmoid4(zo);
  v128.store(gate, i);
  v128.store(gate, f, 16);
  v128.store(gate, g, 32);
  v128.store(gate, o, 48);
  const c = multiplyAdd(i, g, f32x4.mul(f, v128.load(cell)));
  v128.store(cell + cellStep, c);
  const squashed = tanh4(c);
  v128.store(cellTanh, squashed);
  v128.store(h, f32x4.mul(o, squashed));
}

/** The output layer at one step: four windows by eight outputs in registers. */
function outputStep(step: i32): void {
  const row = <usize>rowWidth << 2;
  const outputRow = <usize>outputs8 << 2;
  for (let n = 0; n < outputs8; n += 8) {
    const bias = denseAt + (<usize>(n * (hidden + 1)) << 2);
    const end = bias + (<usize>(hidden + 1) << 5);
    let x = joinedAt + <usize>((step + 1) * batch) * row + (<usize>hiddenRow << 2);
    let y = predictedAt + <usize>(step * batch) * outputRow + (<usize>n << 2);
    for (let b = 0; b < batch; b += 4) {
      let a00 = v128.load(bias), a01 = v128.load(bias, 16);
      let a10 = a00, a11 = a01, a20 = a00, a21 = a01, a30 = a00, a31 = a01;
      let w = bias + 32;
      let x0 = x, x1 = x + row, x2 = x1 + row, x3 = x2 + row;
      do {
        const r0 = v128.load(w), r1 = v128.load(w, 16);
        let s = v128.load_splat<f32>(x0);
        a00 = multiplyAdd(s, r0, a00);
        a01 = multiplyAdd(s, r1, a01);
        s = v128.load_splat<f32>(x1);
        a10 = multiplyAdd(s, r0, a10);
        a11 = multiplyAdd(s, r1, a11);
        s = v128.load_splat<f32>(x2);
        a20 = multiplyAdd(s, r0, a20);
        a21 = multiplyAdd(s, r1, a21);
        s = v128.load_splat<f32>(x3);
        a30 = multiplyAdd(s, r0, a30);
        a31 = multiplyAdd(s, r1, a31);
        w += 32;
        x0 += 4;
        x1 += 4;
        x2 += 4;
        x3 += 4;
      } while (w != end);
      v128.store(y, a00);
      v128.store(y, a01, 16);
      v128.store(y + outputRow, a10);
      v128.store(y + outputRow, a11, 16);
      v128.store(y + 2 * outputRow, a20);
      v128.store(y + 2 * outputRow, a21, 16);
      v128.store(y + 3 * outputRow, a30);
      v128.store(y + 3 * outputRow, a31, 16);
      y += outputRow << 2;
      x += row << 2;
    }
  }
}
