import fc from "fast-check";
import { expect, test } from "vitest";
import { binRows, MISSING_BIN } from "./bins.ts";

const binned = (values: Float32Array, columns = 1) => {
  const count = values.length / columns;
  return binRows({ values, labels: new Uint8Array(count), columns, count });
};

test("few distinct values have a bin each, in order; missing ones their own", () => {
  const { byColumn, edges } = binned(Float32Array.of(5, 1, Number.NaN, 1, 3, -0, 0));
  expect([...byColumn]).toEqual([3, 1, MISSING_BIN, 1, 2, 0, 0]);
  expect([...edges[0]!.subarray(0, 3)]).toEqual([0.5, 2, 4]);
});

test("many distinct values have 255 bins of about equally many rows", () => {
  const { byColumn } = binned(Float32Array.from({ length: 51_000 }, (_, row) => Math.exp(row / 5000)));
  const rowsOf = new Map<number, number>();
  for (const bin of byColumn) rowsOf.set(bin, (rowsOf.get(bin) ?? 0) + 1);
  expect(rowsOf.size).toBe(255);
  expect(Math.max(...rowsOf.values())).toBeLessThan(1.05 * 200);
});

test("a value that fills half of the rows has one bin", () => {
  const { byColumn } = binned(Float32Array.from({ length: 4000 }, (_, row) => (row % 2 === 0 ? 1000 : row)));
  expect(new Set(byColumn.filter((_, row) => row % 2 === 0)).size).toBe(1);
});

test("columns are the same row by row and column by column, and of more rows than quantiles are taken from", () => {
  const values = Float32Array.from({ length: 2 * 300_000 }, (_, at) => (at * 7919) % 1000);
  const { byColumn, byRow, count } = binned(values, 2);
  expect(new Set(byColumn.subarray(0, count)).size).toBe(255);
  for (let row = 0; row < count; row += 997) {
    expect([byRow[2 * row], byRow[2 * row + 1]]).toEqual([byColumn[row], byColumn[count + row]]);
  }
});

test("a value is in bin b or lower just when it is at most the edge of b", () => {
  fc.assert(
    fc.property(
      fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 300 }),
      (all) => {
        const values = Float32Array.from(all);
        const { byColumn, edges } = binned(values);
        const [edge] = edges;
        for (const [row, value] of values.entries()) {
          const bin = byColumn[row]!;
          expect(value <= edge![bin]!).toBe(true);
          expect(bin === 0 || value > edge![bin - 1]!).toBe(true);
        }
        expect(edge).toEqual(edge!.slice().sort());
      },
    ),
  );
});
