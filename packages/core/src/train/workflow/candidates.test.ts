import { expect, test } from "vitest";
import { trigger } from "../../../../../test/support/workflows.ts";
import { Detector } from "../../detector.ts";
import { featureHash } from "../../feature/hash.ts";
import { candidateOfRun, candidateRunId, candidatesOf } from "./candidates.ts";

const of = (model: object, features = 2) =>
  Detector.parse({ id: "host", features: ["a", "b"].slice(0, features).map((metric) => ({ metric })), model });

test.each([
  [{ family: "isolation-forest" }, ["trees 200", "sampleSize 1024", "sampleSize 64"]],
  [{ family: "isolation-forest", trees: 1000, sampleSize: 1024 }, ["sampleSize 256"]],
  [{ family: "var", ridge: 50 }, ["ridge 5"]],
  [{ family: "arima" }, ["maxDifferences 1", "maxP 2, maxQ 2"]],
  [{ family: "hybrid", trees: 500 }, ["sampleSize 1024"]],
  [{ family: "random-forest" }, ["minLeafRows 9", "classWeights none"]],
  [{ family: "random-forest", classWeights: "none" }, ["minLeafRows 9", "classWeights balanced"]],
  [{ family: "lstm", hidden: 1 }, ["hidden 2"]],
])("beside %o a retraining tries %j", (model, names) => {
  const detector = of(model, (model as { family: string }).family === "arima" ? 1 : 2);
  const candidates = candidatesOf(detector);
  expect(candidates.map(({ name }) => name)).toEqual(["as configured", ...names]);
  expect(candidates[0]!.model).toEqual(detector.model);
  for (const candidate of candidates) {
    expect(featureHash({ ...detector, model: candidate.model })).toBe(featureHash(detector));
  }
});

test("a candidate's run names it, and only it", () => {
  const detector = of({ family: "var" });
  const id = candidateRunId("w", "host", 1);
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  const by = trigger();
  expect(candidateOfRun(detector, { id: "w", trigger: by }, id).name).toMatch(/^ridge/);
  expect(() => candidateOfRun(detector, { id: "w2", trigger: by }, id)).toThrow(/of no candidate/);
  const last = candidateRunId("w", "host", 3);
  expect(() => candidateOfRun(detector, { id: "w", trigger: by }, last)).toThrow(/of no candidate/);
  const since = { id: "w", trigger: { ...by, sinceMs: 7 } };
  expect(candidateOfRun(detector, since, last)).toEqual({ name: "newer rows only", model: detector.model, fromMs: 7 });
});
