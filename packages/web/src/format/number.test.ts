import { expect, test } from "vitest";
import { count, metricValue, percent, short } from "./number.ts";

test("numbers keep three significant digits", () => {
  expect([0, 0.012345, 2.71299, 812, 1234, 12_345, 2_500_000].map(short)).toEqual([
    "0",
    "0.0123",
    "2.71",
    "812",
    "1,234",
    "12.3K",
    "2.5M",
  ]);
});

test("a metric's value carries the unit of its name", () => {
  expect(metricValue("cpuPercent", 40.625)).toBe("40.6 %");
  expect(metricValue("diskReadBytesPerSecond", 1_434_641.9753)).toBe("1.37 MiB/s");
  expect(metricValue("diskReadBytesPerSecond", 0)).toBe("0 B/s");
  expect(metricValue("diskReadBytesPerSecond", 1023.9)).toBe("1,020 B/s");
  expect(metricValue("tasks", 120)).toBe("120");
});

test("a missing value is a dash, zero is not", () => {
  expect([null, undefined, 0].map((value) => metricValue("load1", value))).toEqual(["–", "–", "0"]);
});

test("counts are never shortened", () => {
  expect(count(1_234_567)).toBe("1,234,567");
  expect(percent(0.9231)).toBe("92.3 %");
});
