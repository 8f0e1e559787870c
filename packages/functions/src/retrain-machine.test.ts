import { AppError } from "@tidewatch/core/errors";
import { getRun, startWorkflow } from "@tidewatch/core/train/workflow/start";
import { isEnded, WORKFLOW_STEPS, type WorkflowRun } from "@tidewatch/core/train/workflow/workflow";
import { expect, test } from "vitest";
import { execute, type Machine } from "../../../test/support/state-machine.ts";
import { finishRun, host, retrain, type Scene, scene, trigger } from "../../../test/support/workflows.ts";
import { executionName, type MachineOrder, type MachineState, retrainMachine } from "./retrain-machine.ts";
import { retrainStartHandler } from "./retrain-start-handler.ts";
import { retrainStepHandler } from "./retrain-step-handler.ts";

const lambdaArn = (name: string) => `arn:aws:lambda:eu-west-1:123456789012:function:${name}`;
const machine = retrainMachine({
  ...{ step: lambdaArn("retrain"), trees: lambdaArn("trees"), bucket: "objects" },
}) as unknown as Machine;

/** Version 1 is live, so that the next retraining goes through all steps. */
const withChampion = async (of = host()): Promise<Scene> => {
  const at = await scene(of);
  await retrain(at, trigger("first"));
  return at;
};

const stepsOf = (at: Scene) =>
  retrainStepHandler({ portsOf: (runner) => ({ ...at.ports, runner }), onReport: () => {} });

type Started = { name: string; input: MachineState };
/** What the schedule's call starts, as Step Functions would take it: a name once. */
const startDue = async (at: Scene, known: Started[] = []): Promise<Started[]> => {
  const failed: unknown[] = [];
  await retrainStartHandler({
    ...at.ports,
    startExecution: async (name, input) => {
      if (!known.some((one) => one.name === name)) known.push({ name, input });
    },
    onReport: (report) => failed.push(...report.failed),
  })();
  expect(failed).toEqual([]);
  return known;
};

const runOn = async (at: Scene, started: Started, most?: number, task = stepsOf(at)) =>
  await execute(
    machine,
    started,
    {
      task: (_, order) => task(order as unknown as MachineOrder),
      wait: (seconds) => {
        at.now.ms += seconds * 1000;
      },
    },
    most,
  );

const shownSteps = ({ steps }: WorkflowRun) => steps.map(({ name, state }) => [name, state]);

test("the machine has a state for each step of a retraining, and every state can be reached and left", () => {
  const { States, StartAt } = machine;
  expect(Object.keys(States)).toEqual(expect.arrayContaining([...WORKFLOW_STEPS]));
  const reached = new Set<string>();
  const todo = [StartAt];
  for (let name = todo.pop(); name !== undefined; name = todo.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    const { Next, Choices = [], Catch = [] } = States[name]!;
    todo.push(...[...Choices, ...Catch].map((one) => one.Next), ...(Next ? [Next] : []));
  }
  expect([...reached].toSorted()).toEqual(Object.keys(States).toSorted());
});

test("an execution brings a run to the end that a local runner brings it to, by the same steps", async () => {
  const [here, there] = [await withChampion(), await withChampion()];
  const local = await finishRun(here, (await startWorkflow(here.ports, "host", trigger())).run);
  const { run } = await startWorkflow(there.ports, "host", trigger());
  const [started] = await startDue(there);
  const { end, path, data } = await runOn(there, started!);
  expect([end, data.state]).toEqual(["Succeed", "ended"]);
  const ended = await getRun(there.table, "host", run.id);
  expect(shownSteps(ended)).toEqual(shownSteps(local));
  expect([ended.outcome, ended.version, ended.datasetHash]).toEqual([local.outcome, local.version, local.datasetHash]);
  const steps = path.filter((state) => (WORKFLOW_STEPS as readonly string[]).includes(state));
  expect([...new Set(steps)]).toEqual([...WORKFLOW_STEPS]);
});

test("an execution that is killed after any state is gone on with by another, to the same end", async () => {
  const undisturbed = await withChampion();
  const expected = await finishRun(undisturbed, (await startWorkflow(undisturbed.ports, "host", trigger())).run);
  for (let most = 1; most < 40; most += 3) {
    const at = await withChampion();
    const { run } = await startWorkflow(at.ports, "host", trigger());
    const [first] = await startDue(at);
    const { end } = await runOn(at, first!, most);
    if (end !== "killed") break;
    // A day later the schedule starts one of another name.
    at.now.ms += 86_400_000;
    const [second] = await startDue(at);
    expect(second?.name).not.toBe(first!.name);
    // None where it was killed after the last step.
    if (second) await runOn(at, second);
    const ended = await getRun(at.table, "host", run.id);
    expect(ended.outcome, `killed after ${most}`).toEqual(expected.outcome);
    expect(shownSteps(ended)).toEqual(shownSteps(expected));
  }
});

test("a schedule that comes again starts nothing twice, and nothing of a run that has ended", async () => {
  const at = await withChampion();
  await startWorkflow(at.ports, "host", trigger());
  const known = await startDue(at);
  at.now.ms += 3_600_000;
  expect(await startDue(at, known)).toHaveLength(1);
  await runOn(at, known[0]!);
  expect(await startDue(at)).toEqual([]);
});

test("a run that waits is looked at every so often, and handed over after a day", async () => {
  const at = await withChampion();
  at.ports.comparison.shadowProgress = async () => ({ rows: 1, hours: 1, done: false });
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const [started] = await startDue(at);
  const startMs = at.now.ms;
  const { end, path, data } = await runOn(at, started!, 10_000);
  expect([end, data.state]).toEqual(["Succeed", "left"]);
  const looks = path.filter((state) => state === "wait").length;
  expect(looks).toBeGreaterThan(100);
  expect(at.now.ms - startMs).toBeGreaterThanOrEqual(86_400_000);
  expect(isEnded(await getRun(at.table, "host", run.id))).toBe(false);
  const [next] = await startDue(at);
  expect(next?.input).toMatchObject({ step: "shadow", run: run.id });
});

test("a run that waits for a person goes on when the person has answered", async () => {
  const at = await withChampion(host({ retraining: { promotion: "approve" } }));
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const [started] = await startDue(at);
  const { end } = await runOn(at, started!, 200);
  expect(end).toBe("killed");
  const waiting = await getRun(at.table, "host", run.id);
  expect(waiting.state).toBe("approval");
});

test("trees of a forest that is too large are grown by many, and then the step goes on", async () => {
  const at = await withChampion();
  await startWorkflow(at.ports, "host", trigger());
  const [started] = await startDue(at);
  const steps = stepsOf(at);
  const asked: string[] = [];
  const { end, path } = await execute(machine, started!, {
    task: async (state, order) => {
      const answer = await steps(order as unknown as MachineOrder);
      return state === "snapshot" ? { ...answer, trees: "trees/0/plan.json" } : answer;
    },
    wait: (seconds) => {
      at.now.ms += seconds * 1000;
    },
    map: async (key) => {
      asked.push(key);
    },
  });
  expect([end, asked]).toEqual(["Succeed", ["trees/0/plan.json"]]);
  expect(path.slice(0, 3)).toEqual(["snapshot", "trees", "fit"]);
});

test("what Step Functions cannot repair ends the run as failed, with its reason", async () => {
  const at = await withChampion();
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const [started] = await startDue(at);
  const steps = stepsOf(at);
  let calls = 0;
  const { end, path } = await runOn(at, started!, 1000, async (order) => {
    if (order.failure) return await steps(order);
    calls++;
    throw new AppError("UNAVAILABLE", "the table does not answer");
  });
  expect([end, calls]).toEqual(["Fail", 6]);
  expect(path).toEqual(["snapshot", "give-up", "failed"]);
  const { outcome } = await getRun(at.table, "host", run.id);
  expect(outcome).toEqual({ kind: "failed", reason: "snapshot: the state machine gave it up: UNAVAILABLE" });
});

test("names of executions are those of runs, of at most 80 characters, one a day", () => {
  const lock = { id: "000001795000000000-0123abcd", detector: "a".repeat(63), startedAtMs: 1000 };
  const name = executionName(lock, 1000);
  expect(name).toMatch(/^[\w-]{1,80}$/);
  expect(name.startsWith(lock.id)).toBe(true);
  expect(executionName(lock, 1000 + 86_399_999)).toBe(name);
  expect(executionName(lock, 1000 + 86_400_000)).not.toBe(name);
  expect(executionName({ ...lock, detector: "b" }, 1000)).not.toBe(name);
});
