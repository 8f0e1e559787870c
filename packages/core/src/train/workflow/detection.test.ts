import { expect, test } from "vitest";
import { host, ordinary, retrain, scene, trigger } from "../../../../../test/support/workflows.ts";
import type { DatasetSeries } from "../../dataset/dataset.ts";
import { modelFileKey } from "../../register/models.ts";
import { getRun } from "../../runs/runs.ts";
import { detectionOf } from "./detection.ts";
import type { WorkflowRun } from "./workflow.ts";

/** 400 ordinary rows, then as many that stand elsewhere. */
const shifted = (): DatasetSeries => {
  const one = ordinary(800);
  const rows = one.rows.map((row, at) => (row as number[]).map((value) => (at < 400 ? value : value + 300)));
  return { ...one, rows };
};
const sinceMs = ordinary(401).timestamps[400]!;

test("the new version is tried on the newest rows, the one in use on those before the change", async () => {
  const at = await scene(host({ model: { trees: 20 } }), [shifted()]);
  const first = await retrain(at);
  expect(await detectionOf(at.ports, first)).toEqual({ challenger: expect.any(Number), champion: null });
  const second = await retrain(at, { ...trigger("t2", "drift"), sinceMs });
  const { challenger, champion } = (await detectionOf(at.ports, second))!;
  const { metrics } = await getRun(at.ports, second.candidateRuns[0]!);
  expect([metrics.versionFoundShare?.value, metrics.championFoundShare?.value]).toEqual([challenger, champion]);
  for (const share of [challenger, champion!]) expect(share >= 0 && share <= 1).toBe(true);
});

test("a champion that cannot be read, or has nothing to be tried on, is no measure", async () => {
  const at = await scene(host(), [shifted()]);
  await retrain(at);
  const early = await retrain(at, { ...trigger("t2", "drift"), sinceMs: 0 });
  expect((await detectionOf(at.ports, early))?.champion).toBeNull();
  await at.blobs.put(modelFileKey("host", early.version!, "model.onnx"), new Uint8Array(3));
  const late = await retrain(at, trigger("t3"));
  expect((await detectionOf(at.ports, late))?.champion).toBeNull();
  const { blobs } = at.ports;
  at.ports.blobs = {
    ...blobs,
    get: async (key) => {
      if (key.endsWith("model.onnx") && key.startsWith("models/")) throw new Error("away");
      return await blobs.get(key);
    },
  };
  const away = await retrain(at, trigger("t4"));
  expect(away.steps.find(({ name }) => name === "register")?.state).not.toBe("done");
});

test("a run without candidates, or before they were tried, has none", async () => {
  const at = await scene();
  expect(await detectionOf(at.ports, { candidateRuns: [] as string[] } as WorkflowRun)).toBeUndefined();
});
