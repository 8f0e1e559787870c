import { describe, expect, it } from "vitest";
import { deploymentOf, lifeOf, STAGES, type Stage } from "./stages.ts";

const made = (stage: Stage) => deploymentOf(stage).resources.filter(({ type }) => !/^(sst|pulumi):/.test(type));

describe.each(STAGES)("stage %s", (stage) => {
  it("is deployed without an error", () => {
    const { code, output, deployment } = lifeOf(stage).deploy;
    expect(deployment.errors).toEqual([]);
    expect(code, output).toBe(0);
  });

  it("makes so many resources of each type", async () => {
    const byType = [...Map.groupBy(made(stage), ({ type }) => type)].sort(([a], [b]) => (a < b ? -1 : 1));
    const line = (count: number, what: string) => `${String(count).padStart(3)} ${what}\n`;
    const lines = byType.map(([type, { length }]) => line(length, type));
    await expect([...lines, line(made(stage).length, "in all")].join("")).toMatchFileSnapshot(`resources.${stage}.txt`);
  });

  it("gives every resource a name of its own", () => {
    // Objects are named by their bucket here.
    const names = made(stage).flatMap(({ type, id }) => (/bucketObject/.test(type) ? [] : [`${type} ${id}`]));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it("says where the pipeline is", () => {
    const named = Object.entries(deploymentOf(stage).outputs).filter(([, value]) => typeof value === "string");
    expect(named.map(([name]) => name)).toEqual(expect.arrayContaining(["page", "api", "stream", "table", "bucket"]));
  });
});

it("a deployment makes what the plan said", () => {
  const { diff, deploy } = lifeOf("dev");
  const urns = (resources = deploy.deployment.resources) => resources.map(({ urn }) => urn);
  expect(diff?.code, diff?.output).toBe(0);
  expect(urns(diff?.deployment.resources)).toEqual(urns());
});
