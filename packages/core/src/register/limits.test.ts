import { describe, expect, test } from "vitest";
import type { LoadedModel } from "../store/ports.ts";
import { examineModel } from "./examine.ts";
import { checkModelLimits } from "./limits.ts";

/** A machine whose models take so many milliseconds: for each run, and for each row. */
const machine = (runMs: number, rowMs: number, run: (rows: Float32Array, rowCount: number) => Float32Array = sums) => {
  const state = { nowMs: 0, runs: 0 };
  const model: LoadedModel = {
    ...{ columns: 2, outputs: ["scores"] },
    async run(rows, rowCount) {
      state.nowMs += runMs + rowMs * rowCount;
      state.runs++;
      return run(rows, rowCount);
    },
    runFor: async () => [],
  };
  return { state, runtime: { load: async () => model }, cpuMs: () => state.nowMs };
};
const sums = (rows: Float32Array, rowCount: number) =>
  Float32Array.from({ length: rowCount }, (_, row) => rows[2 * row]! + rows[2 * row + 1]!);
const file = new Uint8Array(10);

describe("checkModelLimits", () => {
  test("gives what a row of a batch costs", async () => {
    expect(await checkModelLimits(machine(6.4, 0.1), file)).toBeCloseTo(0.2, 10);
  });

  test("refuses a model that is too slow, with the figure", async () => {
    const message = /takes 1\.25 ms per row; at most 1 ms/;
    await expect(checkModelLimits(machine(0, 1.25), file)).rejects.toMatchObject({ code: "VALIDATION", message });
  });

  test("does not run a model again that takes seconds", async () => {
    const slow = machine(5000, 0);
    await expect(checkModelLimits(slow, file)).rejects.toThrow("5.00e+3 ms per row");
    expect(slow.state.runs).toBe(1);
  });

  test("refuses a model that is too large, with the figure, before it is loaded", async () => {
    const large = { length: 123_456_789 } as Uint8Array;
    const message = /has 123\.5 MB; at most 100 MB/;
    await expect(checkModelLimits(machine(0, 0), large)).rejects.toMatchObject({ code: "TOO_LARGE", message });
  });
});

describe("examineModel", () => {
  const rows = Float32Array.from({ length: 2 * 3000 }, (_, at) => at % 97);
  const examine = (run: typeof sums) => examineModel(machine(0, 0.01, run))(file, rows, 3000);

  test("gives the scores of all rows and the cost of one", async () => {
    expect(await examine(sums)).toEqual({ scores: sums(rows, 3000), msPerRow: 0.01 });
  });

  test.each<[string, typeof sums, RegExp]>([
    ["another number of scores", (given, count) => sums(given, count).subarray(1), /gives 1023 numbers for 1024 rows/],
    ["other scores each time", randomly(), /other scores for the same rows/],
    [
      "scores that hang on the batch",
      (given, count) => sums(given, count).map((x) => x + count),
      /depends on the rows beside it/,
    ],
  ])("refuses %s", async (_what, run, reason) => {
    await expect(examine(run)).rejects.toMatchObject({ code: "VALIDATION", message: reason });
  });
});

function randomly() {
  let calls = 0;
  return (rows: Float32Array, rowCount: number) => sums(rows, rowCount).map((x) => x + calls++);
}
