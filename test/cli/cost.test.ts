import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { tidewatch } from "../support/tidewatch.ts";

const DOC = join(import.meta.dirname, "../../docs/cost.md");
const CASE = ["cost", "-e", "16.67", "-n", "1000", "-d", "1"];

describe("tidewatch cost", () => {
  it("says what a month costs by service, what drives it, what helps, and what a cluster would cost", async () => {
    const { code, stdout, stderr } = await tidewatch(CASE);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^1,000 entities, 1 detector, stream over 3 metrics, 16\.67 events a second \(43\.81 M a month\)/,
    );
    expect(stdout).toMatch(/^DynamoDB +\$\d+\.\d\d +\d+ %$/m);
    expect(stdout).toMatch(/^together +\$\d+\.\d\d +100 %$/m);
    expect(stdout).toMatch(/^\$\d\.\d\d per million events\.$/m);
    expect(stdout).toMatch(/a batching window of 300 s; the price: results up to 300 s later/);
    expect(stdout).toMatch(/three-node EKS cluster for the same job: \$201\.75 a month/);
  });

  it("answers programs with every line and the workload that it is for", async () => {
    const { stdout } = await tidewatch([...CASE, "--window", "300", "--interval", "60", "--json"]);
    const found = JSON.parse(stdout);
    expect(found).toMatchObject({
      region: "us-east-1",
      usd: expect.any(Number),
      flow: { workload: { windowSeconds: 300, intervalSeconds: 60, months: 12 } },
    });
    expect(found.lines).toContainEqual(expect.objectContaining({ service: "DynamoDB", item: "heads written" }));
  });

  it("takes log lines too, with sessions and rates", async () => {
    const lines = ["--lines-per-second", "100", "--lines-per-session", "19", "--templates", "46", "--rates"];
    const { stdout, stderr } = await tidewatch([...CASE, ...lines]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(
      /^100 log lines a second \(262\.8 M a month\) of 150 bytes, sessions of 19 lines in 60 s, 46 templates with rates$/m,
    );
    expect(stdout).toMatch(/per million events and lines\.$/m);
    expect(stdout).toMatch(/a log detector without rates; the price: no word of templates/);
  });

  it.each([
    [["cost"], "required option"],
    [[...CASE, "--lines-per-second", "0"], "It must be a number above 0."],
    [[...CASE, "--lines-per-second", "1", "--lines-per-session", "-1"], "It must be a whole number"],
    [["cost", "-e", "0", "-n", "1", "-d", "1"], "It must be a number above 0."],
    [["cost", "-e", "1", "-n", "1.5", "-d", "1"], "It must be a whole number"],
    [["cost", "-e", "1", "-n", "1", "-d", "0"], "It must be 1 or more."],
    [[...CASE, "--window", "301"], "Lambda waits 300 s at most."],
    [[...CASE, "--arrivals", "late"], "Allowed choices are even, random."],
    [[...CASE, "--family", "oracle"], "Allowed choices are stream, isolation-forest, var."],
  ])("answers %j with the rule and exit code 2", async (args, sentence) => {
    const { code, stdout, stderr } = await tidewatch(args);
    expect(stderr).toContain(sentence);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it("says how many metrics a detector with the family has", async () => {
    const { code, stderr } = await tidewatch([...CASE, "--family", "var", "--metrics", "1"]);
    expect(stderr).toContain("A detector with var has 2 to 64 metrics, not 1.");
    expect(code).toBe(1);
  });

  it("has no prices for a region that nobody looked up, and says for which it has", async () => {
    const { code, stderr } = await tidewatch([...CASE, "--region", "eu-moon-1"]);
    expect(stderr).toContain("There are no prices for eu-moon-1, only for us-east-1");
    expect(code).toBe(1);
  });
});

describe("docs/cost.md", () => {
  it("shows what the command prints", async () => {
    const text = await readFile(DOC, "utf8");
    const examples = [...text.matchAll(/^```\n\$ tidewatch (cost .*)\n([^`]*)^```$/gm)];
    expect(examples.length).toBeGreaterThanOrEqual(3);
    for (const [, args, shown] of examples) {
      const { stdout } = await tidewatch(args!.split(" "));
      expect(shown).toBe(stdout);
    }
  });
});
