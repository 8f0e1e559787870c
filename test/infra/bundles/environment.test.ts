import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { deploymentOf, ofType } from "../stages.ts";
import { type Cloud, openCloud } from "./cloud.ts";
import { NOW_MS } from "./story.ts";

let cloud: Cloud;
beforeAll(async () => {
  cloud = await openCloud(deploymentOf("dev"), NOW_MS);
});
afterAll(() => cloud?.close());

/** The names of resources; the others have defaults. */
const cases = ofType(deploymentOf("dev"), "lambda/function").flatMap(({ name, inputs }) => {
  const { variables } = inputs.environment as { variables: Record<string, string> };
  return Object.keys(variables)
    .filter((variable) => /^(TABLE|BUCKET|STREAM|BUS)_NAME$|^STATE_MACHINE_ARN$/.test(variable))
    .map((variable) => ({ name: name.replace(/Function$/, ""), variable }));
});

describe("the environment of the plan", () => {
  it.each(cases)("gives $name no variable in vain: without $variable it does not start", async ({ name, variable }) => {
    const sandbox = await cloud.start(name, { [variable]: undefined });
    await expect(sandbox.invoke({})).rejects.toThrow(variable);
    await sandbox.stop();
  });
});
