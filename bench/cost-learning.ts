import { COMPACTED } from "@tidewatch/core/dataset/manifest";
import { runDriftChecks } from "@tidewatch/core/drift/run-all";
import { loadScorer } from "@tidewatch/core/model/scorer";
import { scoreShadow, startShadow } from "@tidewatch/core/promote/shadow";
import { promote, registerModel, reserveVersion } from "@tidewatch/core/register/models";
import { putDetector } from "@tidewatch/core/store/detectors";
import { shadowPk } from "@tidewatch/core/store/keys";
import { archiveHandler } from "@tidewatch/functions/archive-handler";
import { cpuMs } from "@tidewatch/functions/cpu-time";
import { compactArchive } from "@tidewatch/functions/dataset/compact";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { scoreHandler } from "@tidewatch/functions/score-handler";
import { memoryBlobs } from "../test/support/memory-blobs.ts";
import { memoryTable } from "../test/support/memory-table.ts";
import { lambdaEvent } from "./lambda-event.ts";
import { benchDetector, benchEntries, benchModel, T0 } from "./workload.ts";

// What the learning loop takes, of the detector of the other benchmarks: a row a minute, on stores in memory.

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const THOUSAND = 1000;
const CAUSE = { by: "bench", reason: "bench" };

/** Compaction of an hour of a thousand machines, as four shards archive it, a minute of each an object. */
export const compactBench = async () => {
  const [table, blobs] = [memoryTable(() => T0), memoryBlobs()];
  const archive = archiveHandler({ table, blobs });
  const [machines, perObject] = [THOUSAND, THOUSAND / 4];
  const entries = [...benchEntries(machines * 60, { entities: machines, stepMs: MINUTE_MS })];
  for (let first = 0; first < entries.length; first += perObject) {
    const atMs = T0 + Math.floor(first / machines) * MINUTE_MS;
    await archive(lambdaEvent(entries.slice(first, first + perObject), first, atMs));
  }
  const startMs = cpuMs();
  const report = await compactArchive({ blobs, clock: () => T0 + 2 * HOUR_MS }, T0 + 2 * HOUR_MS);
  const perThousandEvents = ((cpuMs() - startMs) / report.events) * THOUSAND;
  const keys = (await blobs.list(COMPACTED)).filter((key) => key.endsWith(".parquet"));
  const bytes = (await blobs.get(keys[0]!))!.length;
  return { bytesPerEvent: bytes / report.events, perThousandEvents };
};

/** A drift check of an hour, and five minutes in shadow, of so many machines after three days. */
export const checksBench = async (machines = 20, days = 3) => {
  const now = { ms: T0 };
  const [table, blobs, clock] = [memoryTable(() => now.ms), memoryBlobs(), () => now.ms];
  const detector = benchDetector();
  await putDetector(table, detector, undefined);
  const runtime = onnxRuntime();
  const { manifest, onnx } = await benchModel(detector);
  const scorer = await loadScorer(runtime, manifest, onnx);
  const scorerOf = async () => scorer;
  for (let count = 0; count < 2; count++) {
    const version = await reserveVersion({ table }, detector.id);
    await registerModel({ table, blobs }, { manifest: { ...manifest, version }, onnx });
  }
  await promote({ table, blobs }, detector.id, 1, now.ms, CAUSE);
  const score = scoreHandler({
    ...{ table, detectors: async () => [detector], scorerOf },
    onFailed: () => Promise.reject(new Error("a record failed")),
    onReport: () => {},
  });
  let sent = 0;
  const send = async (minutes: number) => {
    const entries = [...benchEntries(machines * minutes, { entities: machines, stepMs: MINUTE_MS, fromMs: now.ms })];
    now.ms += minutes * MINUTE_MS;
    await score(lambdaEvent(entries, sent, now.ms));
    sent += entries.length;
  };
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const startMs = cpuMs();
    await work();
    return cpuMs() - startMs;
  };
  const bus = { publish: async () => {} };
  const check = () => runDriftChecks({ table, blobs, bus, clock });
  for (let hour = 0; hour < days * 24; hour++) await send(60);
  await check();
  const drift: number[] = [];
  for (let hour = 0; hour < 10; hour++) {
    await send(60);
    drift.push(await timed(check));
  }
  await startShadow({ table, blobs }, detector.id, 2, now.ms, CAUSE);
  const challenger = { ...scorer, manifest: { ...manifest, version: 2 } };
  const shadow: number[] = [];
  for (let run = 0; run < 20; run++) {
    await send(5);
    const ports = { table, scorerOf: async () => challenger, cpuMs, clock };
    shadow.push(await timed(() => scoreShadow(ports, now.ms)));
  }
  const items = await table.query({ pk: shadowPk(detector.id, 2), limit: machines });
  const bytes = items.map((item) => (item.doc?.length ?? 0) + (item.bytes?.length ?? 0));
  const perThousandSeries = (all: number[]) => (all.toSorted((a, b) => a - b)[all.length >> 1]! / machines) * THOUSAND;
  return {
    driftMs: perThousandSeries(drift),
    shadowMs: perThousandSeries(shadow),
    shadowBytes: bytes.reduce((sum, one) => sum + one, 0) / bytes.length,
  };
};
