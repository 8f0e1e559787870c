import { exportRandomForest } from "@tidewatch/core/model/random-forest/export";
import { fitRandomForest, RANDOM_FOREST_PARAMS } from "@tidewatch/core/model/random-forest/fit";
import { describe, expect, it } from "vitest";
import { labelledRows } from "../../../../test/support/labelled-rows.ts";
import { growInThreads } from "./forest-threads.ts";

const rows = labelledRows(2000, 1);
const params = { ...RANDOM_FOREST_PARAMS, trees: 21 };

describe("growInThreads", () => {
  it("makes the same forest, out-of-bag scores and importances with any number of threads", async () => {
    const here = await fitRandomForest(rows, params);
    for (const threads of [1, 2, 4]) {
      const fitted = await fitRandomForest(rows, params, growInThreads(threads, 0));
      expect(fitted).toEqual(here);
      expect(Buffer.compare(exportRandomForest(fitted.forest), exportRandomForest(here.forest))).toBe(0);
    }
  });

  it("hands on what a thread dies of", async () => {
    const grow = growInThreads(2, 0);
    const failing = fitRandomForest(rows, params, (binned, grown) =>
      grow({ ...binned, byRow: undefined as never }, grown),
    );
    await expect(failing).rejects.toThrow(/undefined/);
  });
});
