import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accepting, answeringServer } from "../support/event-server.ts";
import { tidewatch } from "../support/tidewatch.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tidewatch-cli-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the command line", () => {
  it.each([
    [["nosuch"], "unknown command 'nosuch'"],
    [["put"], "missing required argument 'file'"],
    [["simulate", "--rows", "many"], "It must be a whole number"],
    [["simulate", "--metrics", "cpu,,x"], "names separated by commas"],
    [["status", "--url", "localhost:3000"], "It must look like http://127.0.0.1:3000."],
    [["collect", "--url", "http://a", "--output", "b"], "exclude each other"],
    [["score"], "required option"],
  ])("answers %j with the rule and exit code 2", async (args, sentence) => {
    const { code, stdout, stderr } = await tidewatch(args);
    expect(stderr).toContain(sentence);
    expect(stdout).toBe("");
    expect(code).toBe(2);
  });

  it.each([[["--help"]], [["put", "--help"]], [["score", "--help"]], [["detectors", "--help"]]])(
    "teaches by examples in %j",
    async (args) => {
      const { code, stdout } = await tidewatch(args);
      expect(stdout).toMatch(/Examples:\n {2}# .+\n {2}tidewatch /);
      expect(code).toBe(0);
    },
  );

  it("shows a stack only with --debug", async () => {
    const quiet = await tidewatch(["put", "nowhere.csv"]);
    const loud = await tidewatch(["put", "nowhere.csv", "--debug"]);
    expect(quiet.stderr).not.toMatch(/^\s+at /m);
    expect(loud.stderr).toContain("ENOENT");
  });

  it("ends quietly when the reader of its output goes away", async () => {
    const main = join(import.meta.dirname, "../../packages/cli/src/main.ts");
    const shell = spawn("bash", [
      "-c",
      `"${process.execPath}" "${main}" simulate --rows 200000 | head -n 1; echo "\${PIPESTATUS[0]}"`,
    ]);
    const [out, error] = await Promise.all([streamText(shell.stdout), streamText(shell.stderr)]);
    expect(out.trim().split("\n").at(-1)).toBe("0");
    expect(error).toBe("");
  });
});

describe("tidewatch simulate", () => {
  it("writes the same bytes for the same seed, and labels that name entity, kind and time", async () => {
    const run = (name: string, seed: string) =>
      tidewatch([
        "simulate",
        "--rows",
        "1500",
        "-n",
        "4",
        "--episodes",
        "0.02",
        "-s",
        seed,
        "-o",
        join(folder, name),
        "--labels",
        join(folder, `${name}.labels`),
      ]);
    await Promise.all([run("a", "3"), run("b", "3"), run("c", "4")]);
    const [a, b, c, labels] = await Promise.all(
      ["a", "b", "c", "a.labels"].map((name) => readFile(join(folder, name), "utf8")),
    );
    expect(a).toBe(b);
    expect(a).not.toBe(c);
    expect(a!.trimEnd().split("\n")).toHaveLength(6000);
    const label = JSON.parse(labels!.split("\n")[0]!);
    expect(label).toMatchObject({ entity: expect.stringMatching(/^host-\d+$/), kind: expect.any(String) });
    expect(label.endMs).toBeGreaterThanOrEqual(label.startMs);
  });

  it("sends to a server", async () => {
    const server = await answeringServer(accepting);
    const { code, stderr } = await tidewatch(["simulate", "--rows", "1000", "-n", "5", "--url", server.url]);
    expect(stderr).toContain("5,000 events accepted, 0 rejected");
    expect(server.requests.length).toBeGreaterThan(1);
    expect(code).toBe(0);
    await server.close();
  });
});

describe("tidewatch collect", () => {
  it("samples this machine and sends the samples to a server", async () => {
    const server = await answeringServer(accepting);
    const args = ["collect", "--interval", "0.2", "--duration", "1.5", "--entity", "me", "--url", server.url];
    const { code } = await tidewatch(args);
    const events = server.requests.flatMap(({ body }) => body.trimEnd().split("\n")).map((line) => JSON.parse(line));
    expect(events.length).toBeGreaterThanOrEqual(2);
    expect(events[0]).toMatchObject({ type: "metric", entity: "me", values: { cpuPercent: expect.any(Number) } });
    expect(code).toBe(0);
    await server.close();
  });
});

describe("tidewatch detectors", () => {
  it("checks all files before it applies the first", async () => {
    const good = join(folder, "good.json");
    const bad = join(folder, "bad.json");
    await writeFile(good, '{"id":"web","features":[{"metric":"cpu"}]}');
    await writeFile(bad, '{"id":"WEB","features":[],"shingle":2}');
    const { code, stdout, stderr } = await tidewatch(["detectors", "apply", good, bad, "--check"]);
    expect(stdout).toBe("");
    expect(stderr).toContain(`${bad} holds no valid detector:`);
    expect(stderr).toContain("id: id is lower-case letters");
    expect(code).toBe(1);
    expect(await tidewatch(["detectors", "apply", good, "--check"])).toMatchObject({
      code: 0,
      stdout: "web: valid, watches metrics\n",
    });
  });

  it("says which detectors of a list are wrong, and that a list is empty", async () => {
    const [list, none] = [join(folder, "list.json"), join(folder, "none.json")];
    const good = { id: "web", features: [{ metric: "cpu" }] };
    await writeFile(list, JSON.stringify([good, good, { id: "d-if", features: [] }, good, { features: 1 }]));
    await writeFile(none, "[]");
    const { code, stderr } = await tidewatch(["detectors", "apply", list, "--check"]);
    expect(stderr).toContain(`2 of the 5 detectors of ${list} are not valid:\n  [2] d-if: features: `);
    expect(stderr).toContain("\n  [4] id: ");
    expect(code).toBe(1);
    expect(await tidewatch(["detectors", "apply", none, "--check"])).toMatchObject({
      code: 0,
      stdout: `${none}: holds no detector\n`,
    });
  });
});

describe("tidewatch doctor", () => {
  it("finds this machine fit", async () => {
    const { code, stdout } = await tidewatch(["doctor", "--directory", folder, "--port", "0", "--json"]);
    const findings: { name: string; state: string }[] = JSON.parse(stdout);
    expect(findings.filter(({ state }) => state === "fail")).toEqual([]);
    expect(findings.map(({ name }) => name)).toEqual([
      "node",
      "model",
      "sqlite",
      "data folder",
      "disk",
      "memory",
      "port",
      "clock",
    ]);
    expect(code).toBe(0);
  });

  it("names what stands in the way of a data folder and fails", async () => {
    const file = join(folder, "file");
    await writeFile(file, "");
    const { code, stdout } = await tidewatch(["doctor", "--directory", file, "--port", "0"]);
    expect(stdout).toMatch(/fail {2}data folder .* is a file\n\s+→ Choose another data folder/);
    expect(code).toBe(1);
  });

  it("tells a port that another program has from one that a Tidewatch serves", async () => {
    const other = await answeringServer(() => ({ status: 404, body: "no", type: "text/plain" }));
    const ours = await answeringServer(() => ({ status: 200, body: { status: "ok" } }));
    const portOf = (url: string) => new URL(url).port;
    const [first, second] = await Promise.all(
      [other, ours].map(({ url }) => tidewatch(["doctor", "--directory", folder, "--port", portOf(url)])),
    );
    expect(first!.stdout).toContain("is taken by another program");
    expect(second!.stdout).toContain("is served by a Tidewatch that runs");
    await Promise.all([other.close(), ours.close()]);
  });
});

const streamText = async (stream: AsyncIterable<unknown>): Promise<string> => {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
};
