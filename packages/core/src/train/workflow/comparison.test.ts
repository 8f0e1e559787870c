import { describe, expect, test } from "vitest";
import { metric, record, scorePorts } from "../../../../../test/support/scoring.ts";
import {
  datasetsOf,
  host,
  ordinary,
  retrain,
  type Scene,
  scene,
  trigger,
} from "../../../../../test/support/workflows.ts";
import type { Detector } from "../../detector.ts";
import { aliasOf } from "../../register/aliases.ts";
import { scorerCache } from "../../register/scorer-cache.ts";
import { scoreBatch } from "../../score/run.ts";
import { putLabels } from "../../store/labels.ts";
import { comparisonOf } from "./comparison.ts";

const ROWS = 600;
const series = ordinary(ROWS);

/** The rows that the training sets have went through scoring, too, with whatever was live then. */
const lived = async (of: Detector): Promise<Scene> => {
  const at = await scene(of, [series]);
  at.ports.comparison = comparisonOf(at.ports);
  const scorerOf = scorerCache(at.ports, { maxAgeMs: 0 });
  const put = async (from: number, to: number) => {
    const records = Array.from({ length: to - from }, (_, index) => {
      const [cpu, memory] = series.rows[from + index] as number[];
      return record(from + index, metric("a", from + index, { cpu: cpu!, memory: memory! }));
    });
    await scoreBatch({ ...scorePorts(at.table, [of], []), scorerOf }, records);
  };
  await put(0, 300);
  at.ports.datasets = datasetsOf(at.blobs, [{ ...series, timestamps: series.timestamps, rows: series.rows }]);
  await retrain(at);
  await put(300, ROWS);
  at.now.ms += 3_600_000;
  return at;
};

describe("what a retrained model is compared on", () => {
  test("is the rows that its best candidate has not learnt from, where the detector wants no shadow", async () => {
    const at = await lived(host({ retraining: { shadowHours: 0, watchHours: 0 } }));
    const span = { detector: "host", entity: "a", fromMs: series.timestamps[500] as number, toMs: at.now.ms };
    await putLabels(at.ports, [{ ...span, label: "normal", note: "" }]);
    const run = await retrain(at, trigger("t2"));
    expect(run.decision).toMatchObject({ reason: /held-out rows|version 1 stays/ });
    expect(run.decision?.rows).toBe(150);
  });

  test("tells of the regime that set the retraining off", async () => {
    const at = await lived(host({ retraining: { shadowHours: 0, watchHours: 0 } }));
    for (const kind of ["drift", "incident"] as const) {
      const run = await retrain(at, { ...trigger(kind, kind), sinceMs: at.now.ms - 7_200_000 });
      expect(run.decision).toBeDefined();
      at.now.ms++;
    }
  });

  test("is what it did in shadow, where the detector wants that; then it is watched", async () => {
    const at = await lived(host({ retraining: { shadowHours: 24 } }));
    const { comparison } = at.ports;
    at.ports.comparison = {
      ...comparison,
      shadowProgress: async (of, version) => {
        expect(await comparison.shadowProgress(of, version)).toEqual({ rows: 0, hours: 0, done: false });
        expect(await aliasOf(at.ports, "host", "challenger")).toMatchObject({ version });
        return { rows: 0, hours: 24, done: true };
      },
    };
    const run = await retrain(at, trigger("t2"));
    expect(run).toMatchObject({ outcome: { kind: "rejected" }, decision: { rows: 0 } });
    const watched = await comparison.watchPromotion(host(), 1);
    expect(watched.state).toBe("watching");
  });

  test("is all there is when none was held out", async () => {
    const at = await lived(host({ retraining: { shadowHours: 0, watchHours: 0 } }));
    at.ports.datasets = datasetsOf(at.blobs, [ordinary(150)]);
    expect((await retrain(at, trigger("t2"))).decision).toBeDefined();
  });
});
