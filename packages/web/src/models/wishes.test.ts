import { expect, test } from "vitest";
import type { WorkflowRun } from "../api/shapes.ts";
import { wishesOf } from "./wishes.ts";

const run = (state: WorkflowRun["state"]) =>
  ({ ...{ id: "1", detector: "web", state, version: 4 }, steps: [{ name: "gate", state: "done" }] }) as WorkflowRun;
const named = (champion: number, previous: number) => ({
  champion: { version: champion, sinceMs: 2 },
  previous: { version: previous, sinceMs: 1 },
});
const standing = { name: "web", detail: { aliases: {}, run: null }, untrainable: undefined, mayOperate: true };
const labels = (more: Partial<Parameters<typeof wishesOf>[0]>) =>
  wishesOf({ ...standing, ...more }).map(({ label }) => label);

test("what waits for approval is approved or rejected, what runs is cancelled, and no second one begins", () => {
  const detail = (state: WorkflowRun["state"]) => ({ aliases: {}, run: run(state) });
  expect(labels({ detail: detail("approval") })).toEqual(["Approve", "Reject", "Retrain now"]);
  expect(labels({ detail: detail("waiting") })).toEqual(["Cancel", "Retrain now"]);
  expect(labels({ detail: detail("done") })).toEqual(["Retrain now"]);
  const refusals = wishesOf({ ...standing, detail: detail("approval") }).map(({ refusal }) => refusal);
  expect(refusals).toEqual([undefined, undefined, expect.stringContaining("One retraining at a time")]);
});

test("the version before can be put back, and after that the newer one again", () => {
  const untrainable = "it is made elsewhere";
  expect(labels({ untrainable, detail: { aliases: named(3, 2), run: null } })).toEqual(["Roll back to version 2"]);
  expect(labels({ untrainable, detail: { aliases: named(2, 3), run: null } })).toEqual(["Return to version 3"]);
  expect(labels({ untrainable })).toEqual([]);
});

test("a key that may not gets every wish with the reason why not", () => {
  const wishes = wishesOf({ ...standing, mayOperate: false });
  expect(wishes.map(({ refusal }) => refusal)).toEqual(["To do these, the key needs the scope operate."]);
});
