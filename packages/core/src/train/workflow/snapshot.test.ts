import { expect, test } from "vitest";
import { scene, trigger } from "../../../../../test/support/workflows.ts";
import { countsKey } from "../../store/keys.ts";
import { runStep } from "./run-step.ts";
import { startWorkflow } from "./start.ts";

const begun = async () => {
  const at = await scene();
  const count = async (stage: "archive" | "score", sequenceNumber: string) => {
    const item = { ...countsKey(stage, "shard"), version: 1, doc: JSON.stringify({ received: 1, sequenceNumber }) };
    await at.table.putMany([{ item, condition: { kind: "any" } }]);
  };
  await count("score", "100");
  const { run } = await startWorkflow(at.ports, "host", trigger());
  const look = async () => (await runStep(at.ports, "host", run.id)).steps[0]!;
  return { at, count, look };
};

test("a training set waits for the archive to have what was scored when it was asked for, and for no more", async () => {
  const { at, count, look } = await begun();
  expect(await look()).toMatchObject({ state: "waiting", text: "the archive gathers what has been scored" });
  await count("score", "900");
  await count("archive", "99");
  at.now.ms += 60_000;
  expect(await look()).toMatchObject({ state: "waiting" });
  await count("archive", "100");
  at.now.ms += 60_000;
  expect(await look()).toMatchObject({ state: "done" });
});

test("an archive that stands still keeps it waiting for a quarter of an hour", async () => {
  const { at, look } = await begun();
  await look();
  at.now.ms += 14 * 60_000;
  expect(await look()).toMatchObject({ state: "waiting" });
  at.now.ms += 60_000;
  expect(await look()).toMatchObject({ state: "done" });
});
