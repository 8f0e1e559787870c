import { expect, test } from "vitest";
import { gateFigure } from "./gate-figure.ts";

test.each([
  ["rows", 12_345, "12,345"],
  ["alert-volume", 0.0123, "1.23 %"],
  ["recall", null, "–"],
  ["score-distribution", 0.1, "0.10"],
  ["latency", 0.0043, "4.3 µs"],
  ["latency", 2.5, "2.5 ms"],
  ["size", 184_320, "180 KiB"],
] as const)("a figure of %s is written in its unit: %s", (rule, value, text) => {
  expect(gateFigure(rule, value)).toBe(text);
});
