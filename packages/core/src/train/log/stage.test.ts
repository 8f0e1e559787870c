import { expect, test } from "vitest";
import { fastModels } from "../../../../../test/support/examine-here.ts";
import {
  headOf,
  itemsUnder,
  L0,
  type LineSpec,
  logDetector,
  logPorts,
  logRecords,
  normalJob,
} from "../../../../../test/support/log-stage.ts";
import { memoryBlobs } from "../../../../../test/support/memory-blobs.ts";
import { memoryTable } from "../../../../../test/support/memory-table.ts";
import { endSilentSessions, logBatch } from "../../log/stage/run.ts";
import { logModelCache } from "../../register/log-model-cache.ts";
import { putDetector } from "../../store/detectors.ts";
import { ALWAYS, putLabels } from "../../store/labels.ts";
import { trainerOf } from "../run.ts";
import { trainDueDetectors } from "../run-due.ts";

const jobs = logDetector({ session: { idleSeconds: 600, minTrainingSessions: 50, training: "normal" } });
const HOUR_MS = 3_600_000;

const setUp = async () => {
  let nowMs = L0;
  const clock = () => nowMs;
  const table = memoryTable(clock);
  const ports = { table, blobs: memoryBlobs(), clock, bus: { publish: async () => {} }, ...fastModels };
  await putDetector(table, jobs, undefined);
  const stage = { ...logPorts(table, [jobs]), modelOf: logModelCache(ports, { maxAgeMs: 0 }) };
  let taken = 0;
  let second = 0;
  /** Each job begins a minute after the one before; then they are silent for long. */
  const run = async (first: number, count: number, linesOf: (job: number, second: number) => LineSpec[]) => {
    const lines = Array.from({ length: count }, (_, index) => linesOf(first + index, second + index * 60)).flat();
    second += count * 60 + 1200;
    await logBatch(stage, logRecords(lines, taken + 1));
    taken += lines.length;
    nowMs = L0 + second * 1000;
    await endSilentSessions(stage, nowMs);
  };
  const due = () => trainDueDetectors({ ...ports, train: trainerOf(ports) });
  const later = (ms: number) => {
    nowMs += ms;
    second += ms / 1000;
  };
  const verdictOf = async (job: number) => (await headOf(table, `job_${job}`)).verdict;
  return { table, ports, run, due, later, verdictOf };
};

const faulty = (job: number, second: number): LineSpec[] => [
  ["start", job, second],
  ["read", job, second + 1],
  ["fault", job, second + 2],
];

test("what the log stage leaves trains a model, by which it judges then", async () => {
  const { run, due, verdictOf } = await setUp();
  await run(1, 49, normalJob);
  expect(await due()).toMatchObject({ due: 0 });
  await run(50, 11, normalJob);
  expect(await due()).toMatchObject({ trained: [{ name: "jobs", version: 1, trainingRows: 60 }], failed: [] });
  await run(100, 3, (job, second) => (job === 101 ? faulty(job, second) : normalJob(job, second)));
  expect(await verdictOf(100)).toMatchObject({ isAnomalous: false, modelVersion: 1, decidedBy: "signatures" });
  expect(await verdictOf(101)).toMatchObject({ isAnomalous: true, isFinal: true });
});

test("labels teach the next model, and it decides by them", async () => {
  const { ports, table, run, due, later, verdictOf } = await setUp();
  await run(1, 60, normalJob);
  await due();
  await run(100, 24, (job, second) => (job % 2 ? faulty(job, second) : normalJob(job, second)));
  expect(itemsUnder(table, "ANOMALOUS-SESSIONS#jobs")).toHaveLength(12);
  const labels = Array.from({ length: 24 }, (_, index) => ({
    ...{ detector: "jobs", entity: `job_${100 + index}`, ...ALWAYS },
    label: index % 2 ? ("anomalous" as const) : ("normal" as const),
  }));
  await putLabels(ports, labels);
  later(HOUR_MS);
  expect(await due()).toMatchObject({ trained: [{ version: 2, trainingRows: 72 }], failed: [] });
  await run(200, 2, (job, second) => (job === 201 ? faulty(job, second) : normalJob(job, second)));
  expect(await verdictOf(200)).toMatchObject({ isAnomalous: false, modelVersion: 2, decidedBy: "labels" });
  expect(await verdictOf(201)).toMatchObject({ isAnomalous: true, decidedBy: "labels" });
  expect((await verdictOf(201))!.extra[0]!.template).toContain("cannot write block");
});
