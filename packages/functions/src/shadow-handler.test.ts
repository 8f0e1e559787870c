import type { ShadowReport } from "@tidewatch/core/promote/shadow";
import { startShadow } from "@tidewatch/core/promote/shadow";
import { promote } from "@tidewatch/core/register/models";
import { expect, test } from "vitest";
import { challenge, normalValues } from "../../../test/support/challenge.ts";
import { T0 } from "../../../test/support/scoring.ts";
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
