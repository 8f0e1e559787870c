import { toKinesisEvent } from "@tidewatch/local/consumer/invocation";
import { expect, test } from "vitest";
import { logDetector, logPorts, logRecords } from "../../../test/support/log-stage.ts";
import { memoryTable } from "../../../test/support/memory-table.ts";
import { logHandler } from "./log-handler.ts";
import { sweepHandler } from "./sweep-handler.ts";

const detector = logDetector({ session: { idleSeconds: 60 } });
const JOBS = 20;

/** Open sessions of some jobs, and the sweep at a time when all are silent; each look at the clock takes `tickMs`. */
const sweepOf = async (tickMs: number) => {
  const table = memoryTable();
  const { detectors, modelOf } = logPorts(table, [detector]);
  const ended: number[] = [];
  const take = logHandler({ table, detectors, modelOf, onFailed: async () => {}, onReport: () => {} });
  const records = logRecords(Array.from({ length: JOBS }, (_, job) => ["start", job, job * 600]));
  for (const record of records) await take(toKinesisEvent("events", [record]));
  let nowMs = Math.max(...records.map(({ arrivalMs }) => arrivalMs)) + 3_600_000;
  const clock = () => {
    nowMs += tickMs;
    return nowMs;
  };
  return { sweep: sweepHandler({ table, detectors, modelOf, clock, onReport: (count) => ended.push(count) }), ended };
};

test("what is silent ends, and a run with nothing to do says so", async () => {
  const { sweep, ended } = await sweepOf(1);
  await sweep();
  await sweep();
  expect(ended[0]).toBeGreaterThan(0);
  expect(ended[1]).toBe(0);
});

test("a run whose time is over leaves the rest to the next one", async () => {
  const { sweep, ended } = await sweepOf(31_000);
  await sweep();
  expect(ended).toHaveLength(1);
});
