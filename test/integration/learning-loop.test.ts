import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { startPipeline } from "@tidewatch/local/runtime/pipeline";
import { startServer } from "@tidewatch/local/runtime/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { busier, LIFE, machine, recordedLife } from "../support/recorded-life.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

// The life of a model, from the command line: trained on a recorded machine, overtaken by a change of that machine, noticed,
// reported, trained anew, compared, promoted, and rolled back by hand. A second of the recording is five minutes here.

const ID = "machine";

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

const life = await recordedLife(Date.now());
const play = async (...part: Parameters<typeof life.events>) => {
  const file = join(folder.path, `${part[0]}.ndjson`);
  writeFileSync(file, `${life.events(...part).join("\n")}\n`);
  await run("put", file);
  await pipeline.drained();
};
const apply = async (onDrift: boolean) => {
  const document = join(folder.path, "machine.json");
  writeFileSync(document, JSON.stringify(machine(onDrift)));
  await run("detectors", "apply", document);
};

test("a model is trained, drifts, is reported, retrained, compared, promoted and rolled back", {
  timeout: 180_000,
}, async () => {
  await apply(false);
  await play(LIFE.calm, LIFE.busier);
  await until("a first model", async () => (await get("models")).items[0]?.champion);

  // A new reference looks two days back: what comes next must not be older than that when it is looked at first.
  await until("a first check", async () => (await get(`drift/${ID}`)).items?.[0]);
  await play(LIFE.busier, LIFE.shadow, busier);
  const drift = await until("drift", async () => {
    const check = (await get(`drift/${ID}`)).items?.[0];
    return check?.drifted && check;
  });
  expect(drift).toMatchObject({ detector: ID, modelVersion: 1, isProvisional: false });
  expect(drift.sinceMs).toBeGreaterThanOrEqual(life.dayBefore(LIFE.busier));
  expect(drift.sinceMs).toBeLessThan(life.dayBefore(LIFE.busier - 1));
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
  await play(LIFE.shadow, LIFE.watch, busier);
  const compared = await until("a promotion", async () => {
    const workflow = await workflowNow();
    return workflow && (workflow.outcome || isPast(workflow, "watch")) && workflow;
  });
  const reason = expect.stringMatching(/^version 2 takes the place of version 1/);
  expect(compared.decision).toMatchObject({ outcome: "promote", reason });

  await play(LIFE.watch, LIFE.end, busier);
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
