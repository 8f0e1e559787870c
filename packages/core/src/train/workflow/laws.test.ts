import { expect, test } from "vitest";
import { host, portsOver, retrain, type Scene, scene, trigger } from "../../../../../test/support/workflows.ts";
import { shortHash } from "../../feature/hash.ts";
import { randomOf } from "../../model/random.ts";
import type { Blobs, Item, Table } from "../../store/ports.ts";
import { runStep } from "./run-step.ts";
import { startWorkflow } from "./start.ts";
import { isEnded, type WorkflowRun } from "./workflow.ts";

/**
 * Wherever a runner dies, and however many there are: what stands in the registry, the aliases and their history, the tracking
 * store, the objects and the run's own document is what one undisturbed runner leaves.
 */

/** Counts writes over both stores, and dies before or after one of them, or in the midst of a call's puts. */
const dyingAt = ({ table, blobs, now }: Scene, write: number) => {
  let left = write;
  const died = (): never => {
    throw new Error("dead");
  };
  const dyingTable: Table = {
    ...table,
    getMany: async (keys) => (left < 0 ? died() : await table.getMany(keys)),
    async putMany(puts) {
      if (left < 0) died();
      const outcomes = await table.putMany(puts.slice(0, left));
      left -= puts.length;
      return left < 0 ? died() : outcomes;
    },
  };
  const one = async <T>(work: () => Promise<T>): Promise<T> => (--left < 0 ? died() : await work());
  const dyingBlobs: Blobs = {
    ...blobs,
    put: (key, bytes) => one(() => blobs.put(key, bytes)),
    putIfAbsent: (key, bytes) => one(() => blobs.putIfAbsent(key, bytes)),
  };
  return { ports: { ...portsOver({ now, table: dyingTable, blobs: dyingBlobs }) }, reached: () => left < 0 };
};

const copyOf = async (of: Scene): Promise<Scene> => {
  const copy = await scene();
  const items = of.table.items();
  await copy.table.putMany(items.map((item) => ({ item, condition: { kind: "any" } })));
  for (const [key, bytes] of of.blobs.objects) copy.blobs.objects.set(key, bytes.slice());
  copy.now.ms = of.now.ms;
  return copy;
};

/** Without what says how often something was tried. */
const left = ({ table, blobs }: Scene) => ({
  items: table.items().map(({ version: _, ...item }) => (item.pk.startsWith("WORKFLOW#") ? told(item) : item)),
  objects: [...blobs.objects].map(([key, bytes]) => `${key} ${shortHash("", bytes)}`).sort(),
});
const told = (item: Omit<Item, "version">) => {
  const run = JSON.parse(item.doc!) as WorkflowRun;
  return { ...item, doc: { ...run, steps: run.steps.map(({ attempts: _, ...step }) => step) } };
};

/** The step that a scene is at, done without a disturbance. */
const afterStep = async (of: Scene, run: WorkflowRun) => {
  const next = await copyOf(of);
  const at = await runStep(next.ports, "host", run.id);
  next.now.ms = Math.max(next.now.ms, at.notBeforeMs ?? 0);
  return { next, at };
};

/** Of a step with more writes, metrics and tags above all, fewer and fewer. */
const EACH_WRITE = 8;

/** Kills a runner at each write of each step in turn; each time another one does the step again. @returns deaths */
const killEverywhere = async (begin: Scene, run: WorkflowRun) => {
  let [deaths, at, scenes] = [0, run, begin];
  while (!isEnded(at)) {
    const undisturbed = await afterStep(scenes, run);
    // The second candidate dies as the first did.
    const isKilled = at.candidateRuns.length !== 1;
    for (let write = 0; isKilled; write = write < EACH_WRITE ? write + 1 : Math.ceil(write * 1.3)) {
      const disturbed = await copyOf(scenes);
      const dying = dyingAt(disturbed, write);
      await runStep(dying.ports, "host", run.id).catch(() => undefined);
      if (!dying.reached()) break;
      deaths++;
      // One that died behind its last write has done the step; another step would be one too many.
      const stored = await disturbed.table.getMany([{ pk: "WORKFLOW#host", sk: run.id }]);
      const isDone = told(stored[0]!).doc.steps.find(({ name }) => name === stepOf(at))?.state;
      const isBehind = JSON.stringify(told(stored[0]!)) === JSON.stringify(told(documentOf(undisturbed.next, run)));
      if (!isBehind || isEnded(undisturbed.at)) await runStep(disturbed.ports, "host", run.id);
      expect(left(disturbed), `${isDone} ${stepOf(at)} killed at write ${write}`).toEqual(left(undisturbed.next));
    }
    [scenes, at] = [undisturbed.next, undisturbed.at];
  }
  return { deaths, end: at };
};
const stepOf = ({ steps }: WorkflowRun) => steps.find(({ state }) => state !== "done" && state !== "skipped")?.name;
const documentOf = ({ table }: Scene, { id }: WorkflowRun): Item =>
  table.items().find(({ pk, sk }) => pk === "WORKFLOW#host" && sk === id)!;

test("a runner that dies leaves nothing that the next one does not make whole", async () => {
  const begin = await scene(host());
  await retrain(begin);
  begin.now.ms += 1000;
  const { run } = await startWorkflow(begin.ports, "host", trigger("t2"));
  const { deaths, end } = await killEverywhere(begin, run);
  expect(end).toMatchObject({ outcome: { kind: "promoted" }, version: 2 });
  expect(deaths).toBeGreaterThan(30);
});

test("of two runners the other one does nothing, or takes over: they come to the end that one comes to", async () => {
  const begin = await scene();
  await retrain(begin);
  begin.now.ms += 1000;
  const { run } = await startWorkflow(begin.ports, "host", trigger("t2"));
  const alone = await copyOf(begin);
  await toEnd(alone.ports, run);
  for (let seed = 1; seed <= 2; seed++) {
    const both = await copyOf(begin);
    const random = randomOf(seed);
    const runner = (name: string) => {
      const { table, blobs } = both;
      return { ...portsOver({ now: both.now, table: dawdling(table, random), blobs }), runner: name };
    };
    await Promise.all([toEnd(runner("one"), run), toEnd(runner("two"), run)]);
    expect(left(both)).toEqual(left(alone));
  }
});

test("a runner that wakes up long after another one has ended the run changes nothing", async () => {
  const begin = await scene();
  await retrain(begin);
  begin.now.ms += 1000;
  const { run } = await startWorkflow(begin.ports, "host", trigger("t2"));
  for (let calls = 2, isStalled = true; isStalled; calls += 9) {
    const at = await copyOf(begin);
    const { table, blobs, now } = at;
    let [left, wake] = [calls, () => {}];
    const slept = new Promise<void>((resolve) => {
      wake = resolve;
    });
    let asleep = () => {};
    const reached = new Promise<void>((resolve) => {
      asleep = resolve;
    });
    const sleepy = async <T>(work: () => Promise<T>): Promise<T> => {
      if (--left === 0) {
        asleep();
        await slept;
      }
      return await work();
    };
    const slow: Table = {
      ...table,
      getMany: (keys) => sleepy(() => table.getMany(keys)),
      putMany: (puts) => sleepy(() => table.putMany(puts)),
    };
    const stalled = toEnd({ ...portsOver({ now, table: slow, blobs }), runner: "slow" }, run);
    await Promise.race([reached, stalled]);
    isStalled = left <= 0;
    now.ms += 16 * 60_000;
    await toEnd(at.ports, run);
    const before = standing(at);
    wake();
    await stalled;
    expect(standing(at), `stalled at call ${calls}`).toEqual(before);
  }
});

/** The registry, the aliases, and what the document says of the run. */
const standing = ({ table, blobs }: Scene) => ({
  items: table.items().filter(({ pk }) => /^(MODEL|AUDIT|WORKFLOW)/.test(pk)),
  objects: [...blobs.objects.keys()].sort(),
});

/** Until somebody has ended it. */
const toEnd = async (ports: Scene["ports"], { detector, id }: WorkflowRun): Promise<void> => {
  for (let call = 0; call < 1000; call++) {
    if (isEnded(await runStep(ports, detector, id))) return;
    await Promise.resolve();
  }
  throw new Error("no end");
};

const dawdling = (table: Table, random: ReturnType<typeof randomOf>): Table => {
  const wait = async () => {
    for (let turns = random.below(12); turns > 0; turns--) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    ...table,
    getMany: async (keys) => {
      await wait();
      return await table.getMany(keys);
    },
    putMany: async (puts) => {
      await wait();
      return await table.putMany(puts);
    },
  };
};
