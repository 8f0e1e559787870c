import { expect, test } from "vitest";
import { metricLabel } from "./metric.ts";

test.each([
  ["cpuPercent", "CPU", "percent"],
  ["iowaitPercent", "I/O wait", "percent"],
  ["memoryUsedPercent", "Memory used", "percent"],
  ["diskReadBytesPerSecond", "Disk read", "bytes-per-second"],
  ["load1", "Load, 1 min", "none"],
  ["tasks", "Tasks", "none"],
  ["http.latency_ms", "Http latency", "milliseconds"],
  ["memoryUsedPercent.change", "Memory used, change", "percent"],
  ["percent", "Percent", "percent"],
])("%s reads as %s in %s", (name, title, unit) => {
  expect(metricLabel(name)).toEqual({ title, unit });
});
