import { describe, expect, it } from "vitest";
import { deploymentOf, lifeOf, ofType, only } from "./stages.ts";

/** SST keeps source maps in a bucket of its own that serves every app of the account: no part of the stage. */
const isSourceMap = (name: string) => /Sourcemap\d+$/.test(name);

describe("a stage that is not production", () => {
  it("leaves nothing behind", () => {
    const { code, output, resources } = lifeOf("dev").remove;
    expect(code, output).toBe(0);
    expect(resources?.deleted.length).toBeGreaterThan(0);
    expect(resources?.kept.map(({ name }) => name).filter((name) => !isSourceMap(name))).toEqual([]);
  });

  it("can be removed with all that is in it", () => {
    const dev = deploymentOf("dev");
    expect(ofType(dev, "s3/bucket").map(({ name, inputs }) => [name, inputs.forceDestroy])).toEqual(
      ofType(dev, "s3/bucket").map(({ name }) => [name, true]),
    );
    expect(only(dev, "dynamodb/table").inputs.deletionProtectionEnabled).toBe(false);
    expect(dev.resources.filter(({ protect }) => protect)).toEqual([]);
  });
});

describe("production", () => {
  it("cannot be removed by mistake", () => {
    const { code, output, resources } = lifeOf("production").remove;
    expect(code).not.toBe(0);
    expect(output).toContain("Cannot remove protected stage");
    expect(resources).toBeUndefined();
  });

  it("keeps its data even when the stack lets go of it", () => {
    const production = deploymentOf("production");
    const data = [only(production, "dynamodb/table"), only(production, "s3/bucket", /^Objects/)];
    expect(data.map(({ name, retainOnDelete }) => [name, retainOnDelete])).toEqual(
      data.map(({ name }) => [name, true]),
    );
    expect(data[0]?.inputs.deletionProtectionEnabled).toBe(true);
    expect(data[1]?.inputs.forceDestroy).not.toBe(true);
  });
});
