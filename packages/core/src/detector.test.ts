import { expect, test } from "vitest";
import { Detector, shingleSizeOf, trainingConfig } from "./detector.ts";

const parse = (parts: object) =>
  Detector.safeParse({ id: "d", features: [{ metric: "a" }, { metric: "b" }], ...parts });
const issueOf = (parts: object) => {
  const { path, message } = parse(parts).error!.issues[0]!;
  return `${path.join(".")}: ${message}`;
};

test("a detector without a model is a stream, which trains nothing", () => {
  for (const parts of [{}, { model: {} }, { model: { family: "stream" } }]) {
    const detector = parse(parts).data!;
    expect(detector.model).toEqual({ family: "stream" });
    expect(trainingConfig(detector)).toBeUndefined();
    expect(shingleSizeOf(detector)).toBe(1);
  }
});

test("each family has its own parameters, with defaults", () => {
  const forest = parse({ model: { family: "isolation-forest", trees: 7 }, shingleSize: 3 }).data!;
  expect(trainingConfig(forest)).toMatchObject({ trees: 7, sampleSize: 256, minTrainingRows: 600 });
  expect(shingleSizeOf(forest)).toBe(3);
  const lagged = parse({ model: { family: "var", lags: 5 } }).data!;
  expect(lagged.model).toMatchObject({ lags: 5, ridge: 0.01, seed: 1 });
  expect(shingleSizeOf(lagged)).toBe(6);
});

test("what a family does not take is refused by field and rule", () => {
  expect(issueOf({ model: { family: "var", trees: 7 } })).toBe('model: Unrecognized key: "trees"');
  expect(issueOf({ model: { family: "oracle" } })).toMatch(/^model\.family: .*'stream'.*'isolation-forest'.*'var'/);
  expect(issueOf({ model: { family: "var" }, shingleSize: 4 })).toBe(
    "shingleSize: var decides by itself how many rows it looks at: leave shingleSize out",
  );
  expect(issueOf({ model: { family: "var" }, features: [{ metric: "a" }] })).toBe(
    "features: var takes 2 to 64 of them, not 1",
  );
  expect(issueOf({ model: { family: "isolation-forest", trees: 1000, sampleSize: 65_536 } })).toMatch(
    /^model: trees × sampleSize must be at most 1048576/,
  );
});
