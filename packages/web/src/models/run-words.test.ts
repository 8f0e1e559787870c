import { expect, test } from "vitest";
import type { WorkflowRun } from "../api/shapes.ts";
import { isCancellable, runTag, triggerText } from "./run-words.ts";

const step = (
  name: "shadow" | "promote" | "watch",
  state: WorkflowRun["steps"][number]["state"],
  startedAtMs?: number,
) => ({
  ...{ name, state, attempts: 1, text: "" },
  ...(startedAtMs !== undefined && { startedAtMs }),
});

test("a retraining may be cancelled until its model is about to go live", () => {
  const before = [step("shadow", "running", 1), step("promote", "pending")];
  const at = [step("shadow", "done", 1), step("promote", "running", 2)];
  const after = [step("promote", "done", 2), step("watch", "waiting", 3)];
  expect([before, at, after].map((steps) => isCancellable({ state: "running", steps }))).toEqual([true, false, false]);
  expect(isCancellable({ state: "approval", steps: before })).toBe(true);
  expect(isCancellable({ state: "cancelled", steps: before })).toBe(false);
});

test("the outcome says more than the state, and there is a word for each", () => {
  expect(runTag({ state: "done", outcome: { kind: "rejected", reason: "" } }).text).toBe("rejected");
  expect(runTag({ state: "approval" }).text).toBe("waits for approval");
});

test("who asked is named where somebody did", () => {
  expect(triggerText({ kind: "drift", id: "1", by: "drift" })).toBe("because of drift");
  expect(triggerText({ kind: "api", id: "1", by: "key ci" })).toBe("by request of key ci");
  expect(triggerText({ kind: "cli", id: "1", by: "" })).toBe("by the command line");
});
