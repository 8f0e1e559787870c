import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { collect } from "./collect.ts";
import { hostMetrics } from "./host-metrics.ts";

describe("host metrics", () => {
  it("needs two readings for its rates and then reports finite, non-negative numbers", async () => {
    let nowMs = 0;
    const sample = hostMetrics(tmpdir(), () => (nowMs += 1000));

    expect(await sample()).toBeUndefined();
    const values = await sample();

    expect(Object.keys(values ?? {})).toEqual(expect.arrayContaining(["cpuPercent", "memoryUsedPercent", "load1"]));
    for (const value of Object.values(values ?? {})) expect(value).toBeGreaterThanOrEqual(0);
    expect(values?.memoryUsedPercent).toBeLessThanOrEqual(100);
  });

  it("gives no rate when the clock has not moved", async () => {
    const sample = hostMetrics(tmpdir(), () => 5);
    await sample();

    expect(await sample()).toBeUndefined();
  });
});

describe("collect", () => {
  it("yields events on a grid until it is stopped", async () => {
    const stop = new AbortController();
    const events = [];

    for await (const event of collect({ entity: "me", intervalSeconds: 0.05, path: tmpdir(), signal: stop.signal })) {
      events.push(event);
      if (events.length === 3) stop.abort();
    }

    expect(events.map((event) => [event.type, event.entity])).toEqual(Array(3).fill(["metric", "me"]));
    const times = events.map((event) => event.timestamp);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
});
