import { describe, expect, it } from "vitest";
import { Feature } from "../detector.ts";
import { suppression } from "./rules.ts";

const judge = (rules: object[], values: number[], expected: number[], shares: number[]) => {
  const features = rules.map((rule, index) => Feature.parse({ metric: `m${index}`, ...rule }));
  return suppression(features, Float64Array.from(values), 0, expected, Float64Array.from(shares), 0);
};

describe("suppression", () => {
  it("lets everything stand without rules", () => {
    expect(judge([{}], [5], [5], [1])).toBeUndefined();
  });

  it("names the direction when the deviation goes the other way", () => {
    expect(judge([{ direction: "up" }], [4], [5], [1])).toBe("direction");
    expect(judge([{ direction: "down" }], [4], [5], [1])).toBeUndefined();
  });

  it("wants both the absolute and the relative minimum to be passed", () => {
    const minDeviation = { absolute: 2, relative: 0.1 };
    expect(judge([{ minDeviation }], [103], [100], [1])).toBe("minimum-deviation");
    expect(judge([{ minDeviation }], [111], [100], [1])).toBeUndefined();
    expect(judge([{ minDeviation }], [5], [4], [1])).toBe("minimum-deviation");
    expect(judge([{ minDeviation }], [-111], [-100], [1])).toBeUndefined();
  });

  it("stands on features that carry half of the score, falls when they carry less", () => {
    const rules = [{ direction: "up" }, { direction: "down" }];
    expect(judge(rules, [9, 9], [5, 5], [0.5, 0.5])).toBeUndefined();
    expect(judge(rules, [9, 9], [5, 5], [0.4, 0.6])).toBe("direction");
  });
});
