import type { ShadowReport } from "@tidewatch/core/promote/shadow";
import { startShadow } from "@tidewatch/core/promote/shadow";
import { promote } from "@tidewatch/core/register/models";
import { scorerCache } from "@tidewatch/core/register/scorer-cache";
import { readPoints } from "@tidewatch/core/store/read-series";
import { expect, test } from "vitest";
import { challenge, normalValues } from "../../../test/support/challenge.ts";
import { T0 } from "../../../test/support/scoring.ts";
import { MEMORY_AGES } from "./lambda/memory-ages.ts";
import { shadowHandler } from "./shadow-handler.ts";

const CAUSE = { by: "test", reason: "test" };
const REGIME = { center: 50, scale: 10 };

test("a run scores what is new for the challenger of now, which is loaded once", async () => {
  const { ports, register, live } = await challenge();
  let loads = 0;
  const runtime = {
    load: async (onnx: Uint8Array) => {
      loads++;
      return await ports.runtime.load(onnx);
    },
  };
  const reports: ShadowReport[] = [];
  const run = shadowHandler({ ...ports, runtime, onReport: (report) => reports.push(report) });
  await register(REGIME);
  await register(REGIME);
  await promote(ports, "host", 1, T0, CAUSE);
  await live(normalValues(20, REGIME));
  await run();
  await startShadow(ports, "host", 2, T0, CAUSE);
  for (const rows of [10, 5]) {
    await live(normalValues(rows, REGIME));
    await run();
  }
  expect(reports.map(({ detectors }) => detectors.map(({ version, rows }) => [version, rows]))).toEqual([
    [],
    [[2, 10]],
    [[2, 5]],
  ]);
  expect(loads).toBe(1);
});

test("all scorers follow a promotion within half a minute, none by a half: here and with a function's memory", async () => {
  const { ports, state, register, live } = await challenge();
  for (let version = 1; version <= 2; version++) await register(REGIME);
  await promote(ports, "host", 1, T0, CAUSE);
  const scorers = [0, MEMORY_AGES.modelsMaxAgeMs, MEMORY_AGES.modelsMaxAgeMs].map((maxAgeMs, at) => ({
    scorerOf: scorerCache(ports, { maxAgeMs }),
    // Each has looked at another time.
    lookedMs: T0 + at * 10_000,
  }));
  const versions = async () =>
    await Promise.all(scorers.map(async ({ scorerOf }) => (await scorerOf("host"))!.manifest.version));
  for (const { scorerOf, lookedMs } of scorers) {
    state.nowMs = lookedMs;
    await scorerOf("host");
  }
  const promotedMs = T0 + 20_000;
  state.nowMs = promotedMs;
  await promote(ports, "host", 2, promotedMs, CAUSE);
  expect(await versions()).toEqual([2, 1, 1]);
  state.nowMs = promotedMs + 30_000;
  expect(await versions()).toEqual([2, 2, 2]);
  // One answer for a whole batch: the alias moves while it is scored.
  const own = scorerCache(ports, { maxAgeMs: 0 });
  await live(
    normalValues(10, REGIME),
    async (name) => {
      const scorer = await own(name);
      await promote(ports, "host", 1, promotedMs + 1, CAUSE);
      return scorer;
    },
    ["a", "b"],
  );
  for (const entity of ["a", "b"]) {
    const points = await readPoints(ports.table, "host", entity);
    expect(new Set(points.map(({ modelVersion }) => modelVersion))).toEqual(new Set([2]));
  }
});
