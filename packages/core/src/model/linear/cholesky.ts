import { AppError } from "../../errors.ts";

/** A pivot below this part of its diagonal element is rounding, not a number: the matrix is singular as far as doubles see. */
const RELATIVE_PIVOT_MIN = 1e-14;

/**
 * Lower Cholesky factor L of a symmetric positive definite matrix, A = L·Lᵀ (row by row: Golub, Van Loan, "Matrix
 * Computations", 4.2). Row-major size × size; only the lower triangle is read, the upper one of the result is 0.
 * Throws `VALIDATION` when A is not positive definite. [[4, 2], [2, 5]] gives [[2, 0], [1, 2]].
 */
export const choleskyFactor = (matrix: Float64Array, size: number): Float64Array => {
  const factor = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let rest = matrix[row * size + column]!;
      for (let at = 0; at < column; at++) rest -= factor[row * size + at]! * factor[column * size + at]!;
      if (column < row) {
        factor[row * size + column] = rest / factor[column * size + column]!;
        continue;
      }
      // Written so that NaN fails too.
      if (!(rest > RELATIVE_PIVOT_MIN * Math.abs(matrix[row * size + row]!)) || rest === Number.POSITIVE_INFINITY) {
        throw new AppError("VALIDATION", `the matrix is not positive definite: pivot ${row} of ${size} is ${rest}`);
      }
      factor[row * size + row] = Math.sqrt(rest);
    }
  }
  return factor;
};

/**
 * X of A·X = B from the Cholesky factor of A: forward, then back substitution, `columns` right-hand sides at once.
 * B and X are row-major size × columns.
 */
export const choleskySolve = (
  factor: Float64Array,
  size: number,
  right: Float64Array,
  columns: number,
): Float64Array => {
  const solution = right.slice();
  for (let row = 0; row < size; row++) {
    for (let at = 0; at < row; at++) subtractRow(solution, columns, row, at, factor[row * size + at]!);
    divideRow(solution, columns, row, factor[row * size + row]!);
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let at = row + 1; at < size; at++) subtractRow(solution, columns, row, at, factor[at * size + row]!);
    divideRow(solution, columns, row, factor[row * size + row]!);
  }
  return solution;
};

/** Inverse of A from its Cholesky factor. */
export const choleskyInverse = (factor: Float64Array, size: number): Float64Array => {
  const identity = new Float64Array(size * size);
  for (let row = 0; row < size; row++) identity[row * size + row] = 1;
  return choleskySolve(factor, size, identity, size);
};

const subtractRow = (matrix: Float64Array, columns: number, row: number, from: number, times: number): void => {
  if (times === 0) return;
  const to = row * columns;
  const source = from * columns;
  for (let column = 0; column < columns; column++) {
    matrix[to + column] = matrix[to + column]! - times * matrix[source + column]!;
  }
};

const divideRow = (matrix: Float64Array, columns: number, row: number, by: number): void => {
  for (let at = row * columns; at < (row + 1) * columns; at++) matrix[at] = matrix[at]! / by;
};
