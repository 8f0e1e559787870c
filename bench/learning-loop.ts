import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Detector } from "@tidewatch/core/detector";
import { listChecks } from "@tidewatch/core/drift/checks";
import { aliasOf } from "@tidewatch/core/register/aliases";
import { putDetector } from "@tidewatch/core/store/detectors";
import { listRuns } from "@tidewatch/core/train/workflow/runs";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { busier, LIFE, machine, recordedLife } from "../test/support/recorded-life.ts";

/**
 * The life of a model on the recorded machine, and how long each part of it takes: `node bench/learning-loop.ts`. Schedules come
 * every second; a day passes in a moment.
 */

const directory = mkdtempSync(join(tmpdir(), "tidewatch-life-"));
const pipeline = await startPipeline({ directory, paceSeconds: 1 });
const { table, stream } = pipeline;
const life = await recordedLife(Date.now());
const startMs = performance.now();
const say = (what: string) =>
  console.log(`${((performance.now() - startMs) / 1000).toFixed(1).padStart(6)} s  ${what}`);

const put = async (onDrift: boolean, revision: number | undefined) => {
  await putDetector(table, Detector.parse(machine(onDrift)), revision);
};
const play = async (what: string, ...part: Parameters<typeof life.events>) => {
  const events = life.events(...part);
  for (let at = 0; at < events.length; at += 500) {
    const data = events.slice(at, at + 500).map((text) => new TextEncoder().encode(text));
    await stream.putMany(data.map((bytes) => ({ partitionKey: "recorded-host", data: bytes })));
  }
  await pipeline.drained();
  say(`${events.length} events of ${(part[0] - part[1]).toFixed(1)} days ${what} are scored and archived`);
};
const until = async <T>(ask: () => Promise<T | undefined | false>): Promise<T> => {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    await setTimeout(50);
  }
};
const workflow = async () => (await listRuns(table, "machine", { limit: 1 }))[0];
const isPast = async (step: string) =>
  (await workflow())?.steps.some(({ name, state }) => name === step && state !== "pending");

try {
  await put(false, undefined);
  await play("without a change", LIFE.calm, LIFE.busier);
  await until(() => aliasOf({ table }, "machine", "champion"));
  await until(async () => (await listChecks(table, "machine", { limit: 1 })).length > 0);
  say("version 1 is trained and live, and has a reference");
  await play("of a busier machine", LIFE.busier, LIFE.shadow, busier);
  const check = await until(async () => {
    const [newest] = await listChecks(table, "machine", { limit: 1 });
    return newest?.drifted && newest;
  });
  say(
    `drift, ${((check.sinceMs! - life.dayBefore(LIFE.busier)) / 3_600_000).toFixed(1)} hours of event time after the change`,
  );
  await put(true, 1);
  await until(() => isPast("shadow"));
  say("version 2 is in shadow");
  await play("more", LIFE.shadow, LIFE.watch, busier);
  const compared = await until(async () => {
    const one = await workflow();
    return one && (one.outcome || (await isPast("watch"))) && one;
  });
  say(compared.decision?.reason ?? "");
  await play("more", LIFE.watch, LIFE.end, busier);
  const run = await until(async () => {
    const one = await workflow();
    return one?.outcome && one;
  });
  say(`${run.outcome?.kind}: ${run.outcome?.reason}`);
  console.log("\nstep       took     what came of it");
  for (const { name, startedAtMs = 0, endedAtMs = 0, text } of run.steps) {
    console.log(`${name.padEnd(10)} ${((endedAtMs - startedAtMs) / 1000).toFixed(1).padStart(5)} s  ${text}`);
  }
  for (const { rule, champion, challenger, limit, passed } of run.decision?.rules ?? []) {
    console.log(`${passed ? "ok  " : "FAIL"} ${rule}: version 1 ${champion}, version 2 ${challenger}, limit ${limit}`);
  }
} finally {
  await pipeline.close();
  rmSync(directory, { recursive: true, force: true });
}
