import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readRecording, trainingEndMs } from "@tidewatch/local/recording/recording";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { startServer } from "@tidewatch/local/runtime/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

// The life of a model, from the command line: trained on a recorded machine, overtaken by a change of that machine, noticed,
// reported, trained anew, compared, promoted, and rolled back by hand. A second of the recording is five minutes here.

const DAY_MS = 86_400_000;
const ROW_MS = 300_000;
const DAYS = 16;
const ID = "machine";
const detector = (onDrift: boolean) => ({
  id: ID,
  match: { entity: "recorded-host" },
  features: [{ metric: "cpuPercent" }, { metric: "memoryUsedPercent" }, { metric: "load1" }],
  model: { family: "isolation-forest", minTrainingRows: 600 },
  retraining: { onDrift, shadowHours: 6, watchHours: 3 },
  reports: { mail: ["ops@example.com"] },
});

let folder: ReturnType<typeof temporaryFolder>;
let pipeline: Awaited<ReturnType<typeof startPipeline>>;
let server: Awaited<ReturnType<typeof startServer>>;
beforeAll(async () => {
  folder = temporaryFolder();
  pipeline = await startPipeline({ directory: join(folder.path, "data"), paceSeconds: 1 });
  const options = { version: "test", host: "127.0.0.1", port: 0, kinesisPort: 0, log: () => {} };
  server = await startServer(pipeline, options);
});
afterAll(async () => {
  await server?.close();
  await pipeline?.close();
  folder.remove();
});

/** What the command prints. */
const run = async (...args: string[]): Promise<string> => {
  const { code, stdout, stderr } = await tidewatch([...args, "--url", server.url]);
  expect(code, `${args.join(" ")}: ${stdout}${stderr}`).toBe(0);
  return stdout;
};
const json = async (...args: string[]) => JSON.parse(await run(...args, "--json"));
// biome-ignore lint/suspicious/noExplicitAny: answers of several shapes.
const get = async (path: string): Promise<any> => await (await fetch(`${server.url}/v1/${path}`)).json();
const workflowNow = async (): Promise<Workflow | undefined> => (await get(`workflows?detector=${ID}`)).items[0];
const isPast = ({ steps }: Workflow, step: string): boolean =>
  steps.some(({ name, state }) => name === step && state !== "pending");
/** Asks until it is so; the schedules of the pipeline do the rest. */
const until = async <T>(what: string, ask: () => Promise<T | undefined | false>): Promise<T> => {
  for (const untilMs = Date.now() + 60_000; Date.now() < untilMs; await setTimeout(200)) {
    const answer = await ask();
    if (answer) return answer;
  }
  throw new Error(`it never came to this: ${what}`);
};

const endMs = Math.floor(Date.now() / ROW_MS) * ROW_MS;
const dayBefore = (days: number): number => endMs - days * DAY_MS;
type Values = Record<string, number>;
const recording = await readRecording();
const calm = recording.events.filter(({ timestamp }) => timestamp < trainingEndMs(recording));

/** Plays the part of the recording without faults, over and over, for the days from `from` to `to` before now. */
const play = async (from: number, to: number, change: (values: Values) => Values = (values) => values) => {
  const lines: string[] = [];
  for (let ms = dayBefore(from); ms < dayBefore(to); ms += ROW_MS) {
    const event = calm[Math.round((ms - dayBefore(DAYS)) / ROW_MS) % calm.length]!;
    lines.push(JSON.stringify({ ...event, timestamp: ms, values: change(event.values as Values) }));
  }
  const file = join(folder.path, `${from}-${to}.ndjson`);
  writeFileSync(file, `${lines.join("\n")}\n`);
  await run("put", file);
  await pipeline.drained();
};
/** A new release works harder, and keeps more in memory. */
const busier = ({ cpuPercent, memoryUsedPercent, load1, ...others }: Values): Values => ({
  ...others,
  cpuPercent: Math.min(100, cpuPercent! + 30),
  memoryUsedPercent: memoryUsedPercent! + 30,
  load1: load1! + 6,
});

const apply = async (onDrift: boolean) => {
  const document = join(folder.path, "machine.json");
  writeFileSync(document, JSON.stringify(detector(onDrift)));
  await run("detectors", "apply", document);
};

test("a model is trained, drifts, is reported, retrained, compared, promoted and rolled back", {
  timeout: 180_000,
}, async () => {
  await apply(false);
  await play(DAYS, 6.9);
  await until("a first model", async () => (await get("models")).items[0]?.champion);

  await play(6.9, 2.4, busier);
  const drift = await until("drift", async () => {
    const check = (await get(`drift/${ID}`)).items?.[0];
    return check?.drifted && check;
  });
  expect(drift).toMatchObject({ detector: ID, modelVersion: 1, isProvisional: false });
  expect(drift.sinceMs).toBeGreaterThanOrEqual(dayBefore(6.9));
  expect(drift.sinceMs).toBeLessThan(dayBefore(6));
  const drifted = drift.findings.filter((one: { drifted: boolean }) => one.drifted);
  expect(drifted.map(({ feature }: { feature?: string }) => feature)).toContain("cpuPercent");

  expect(await run("drift", "show", ID)).toContain("cpuPercent");

  const report = await until("a report", async () => (await get("reports")).items[0]);
  expect(report).toMatchObject({ detector: ID });
  const spool = join(folder.path, "data", "mail");
  const mail = await until("a mail", async () => readdirSync(spool).find((name) => name.endsWith(".eml")));
  expect(readFileSync(join(spool, mail), "utf8")).toMatch(/To: ops@example\.com/);

  // Not before: a day passes in a moment here, and drift is found before its first day is over.
  await apply(true);
  const shadow = await until("a challenger", async () => {
    const workflow = await workflowNow();
    return workflow && isPast(workflow, "shadow") && workflow;
  });
  expect(shadow).toMatchObject({ version: 2, trigger: { kind: "drift" } });
  await play(2.4, 1.6, busier);
  const compared = await until("a promotion", async () => {
    const workflow = await workflowNow();
    return workflow && (workflow.outcome || isPast(workflow, "watch")) && workflow;
  });
  const reason = expect.stringMatching(/^version 2 takes the place of version 1/);
  expect(compared.decision).toMatchObject({ outcome: "promote", reason });

  await play(1.6, 1.2, busier);
  const done = await until("the end of the watch", async () => {
    const workflow = await workflowNow();
    return workflow?.outcome && workflow;
  });
  expect(done.outcome).toMatchObject({ kind: "promoted" });
  expect(await run("workflows", "show", ID)).toContain("version 2 takes the place of version 1");
  expect(await json("models", "list")).toMatchObject([{ champion: { version: 2 }, previous: { version: 1 } }]);

  expect(await run("models", "rollback", ID)).toMatch(/version 1 is in use/);
  const { items } = (await json("models", "history", ID)) as { items: { alias: string; version: number }[] };
  expect(items.filter(({ alias }) => alias === "champion").map(({ version }) => version)).toEqual([1, 2, 1]);
});
type Workflow = {
  version?: number;
  trigger: { kind: string };
  steps: { name: string; state: string }[];
  decision?: object;
  outcome?: { kind: string; reason: string };
};
