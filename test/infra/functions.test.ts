import { describe, expect, it } from "vitest";
import type { PlannedResource } from "./engine/deployment.ts";
import { deploymentOf, ofType, only, STAGES } from "./stages.ts";

/** Pinned, so that a new version of SST changes none of them in passing. Seconds and MB. */
const FUNCTIONS = {
  Api: { timeout: 29, memorySize: 1769 },
  Archive: { timeout: 60, memorySize: 512 },
  Compact: { timeout: 900, memorySize: 1769 },
  Drift: { timeout: 900, memorySize: 1769 },
  Job: { timeout: 900, memorySize: 1769 },
  Log: { timeout: 120, memorySize: 1769 },
  LogSweep: { timeout: 55, memorySize: 512 },
  Report: { timeout: 300, memorySize: 1024 },
  Retrain: { timeout: 900, memorySize: 3008 },
  RetrainStart: { timeout: 120, memorySize: 512 },
  Score: { timeout: 120, memorySize: 1769 },
  Shadow: { timeout: 120, memorySize: 1769 },
  Train: { timeout: 290, memorySize: 3008 },
  Trees: { timeout: 900, memorySize: 1769 },
};

describe.each(STAGES)("functions of stage %s", (stage) => {
  const deployment = () => deploymentOf(stage);
  const functionOf = (name: string) => only(deployment(), "lambda/function", new RegExp(`^${name}Function$`));

  it("are these", () => {
    const names = ofType(deployment(), "lambda/function").map(({ name }) => name.replace(/Function$/, ""));
    expect(names.toSorted()).toEqual(Object.keys(FUNCTIONS));
  });

  it.each(Object.entries(FUNCTIONS))("%s has its runtime, processor, memory and time-out pinned", (name, pinned) => {
    expect(functionOf(name).inputs).toMatchObject({ ...pinned, runtime: "nodejs24.x", architectures: ["x86_64"] });
  });

  it("have room for files where they read the archive, and nowhere else", () => {
    const rooms = ofType(deployment(), "lambda/function").map(({ name, inputs }) => [
      name.replace(/Function$/, ""),
      (inputs.ephemeralStorage as { size: number }).size,
    ]);
    expect(rooms.filter(([, size]) => size !== 512).toSorted()).toEqual([
      ["Compact", 10_240],
      ["Retrain", 10_240],
    ]);
  });

  it.each(Object.keys(FUNCTIONS))("%s keeps its log for a time, not for ever", (name) => {
    const { logGroup } = functionOf(name).inputs.loggingConfig as { logGroup: string };
    const group = ofType(deployment(), "cloudwatch/logGroup").find(({ inputs }) => inputs.name === logGroup);
    expect(group?.inputs.retentionInDays).toBeGreaterThan(0);
  });

  it("know the names of what they use, and no secret", () => {
    const table = only(deployment(), "dynamodb/table").outputs.name;
    for (const { name, inputs } of ofType(deployment(), "lambda/function")) {
      const { TABLE_NAME, ...variables } = variablesOf(inputs);
      const needsNone = ["CompactFunction", "TreesFunction"].includes(name);
      expect(TABLE_NAME, name).toBe(needsNone ? undefined : table);
      expect(
        Object.keys(variables).filter((variable) => /SECRET|TOKEN|PASSWORD/.test(variable)),
        name,
      ).toEqual([]);
    }
  });

  it("have logs that are kept for a time in every group", () => {
    const groups = ofType(deployment(), "cloudwatch/logGroup");
    expect(groups.filter(({ inputs }) => !(Number(inputs.retentionInDays) > 0)).map(({ name }) => name)).toEqual([]);
  });
});

const variablesOf = (inputs: PlannedResource["inputs"]): Record<string, string> =>
  (inputs.environment as { variables: Record<string, string> }).variables;
