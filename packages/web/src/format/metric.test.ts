import { expect, test } from "vitest";
import { metricLabel, withinBounds } from "./metric.ts";

test.each([
  ["cpuPercent", "CPU", "percent"],
  ["iowaitPercent", "I/O wait", "percent"],
  ["memoryUsedPercent", "Memory used", "percent"],
  ["diskReadBytesPerSecond", "Disk read", "bytes-per-second"],
  ["load1", "Load, 1 min", "none"],
  ["tasks", "Tasks", "none"],
  ["http.latency_ms", "Http latency", "milliseconds"],
  ["memoryUsedPercent.change", "Memory used, change", "percent"],
  ["networkReceiveBytesPerSecond.min", "Network receive, lowest", "bytes-per-second"],
  ["http.latency_ms.max", "Http latency, highest", "milliseconds"],
  ["cpuPercent.mean", "CPU, mean", "percent"],
  ["load1.last", "Load, 1 min, last", "none"],
  ["diskWriteBytes.sum", "Disk write, sum", "bytes"],
  ["diskWriteBytes.count", "Disk write, count", "none"],
  ["percent", "Percent", "percent"],
  ["requestCount", "Request count", "none"],
  [".max", "Max", "none"],
])("%s reads as %s in %s", (name, title, unit) => {
  expect(metricLabel(name)).toEqual({ title, unit });
});

test("a band ends where its metric does", () => {
  expect([-5, 50, 191].map((limit) => withinBounds("cpuPercent", limit, 84))).toEqual([0, 50, 100]);
  expect([-5, 191].map((limit) => withinBounds("diskReadBytesPerSecond", limit, 84))).toEqual([0, 191]);
  expect([-5, 191].map((limit) => withinBounds("memoryUsedPercent.change", limit, 84))).toEqual([-5, 191]);
  expect([-5, 191].map((limit) => withinBounds("temperature", limit, 84))).toEqual([-5, 191]);
});

test("so does the band of an aggregate; a sum or a count of percentages goes beyond a hundred", () => {
  expect([-5, 191].map((limit) => withinBounds("cpuPercent.max", limit, 84))).toEqual([0, 100]);
  expect([-5, 191].map((limit) => withinBounds("cpuPercent.sum", limit, 84))).toEqual([0, 191]);
  expect([-5, 191].map((limit) => withinBounds("cpuPercent.count", limit, 84))).toEqual([0, 191]);
});

test("the band of a metric that was never negative does not go below zero, but a change may", () => {
  expect([-5, 191].map((limit) => withinBounds("tasks", limit, 84, true))).toEqual([0, 191]);
  expect(withinBounds("tasks.change", -5, 84, true)).toBe(-5);
});

test("the name is only a guess: a value beyond the bounds proves it wrong", () => {
  expect(withinBounds("growthPercent", -20, -3)).toBe(-20);
  expect(withinBounds("cpuPercent", 300, 250)).toBe(300);
  expect(withinBounds("cpuPercent", null, 250)).toBeNull();
});
