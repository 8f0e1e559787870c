import { putLabels } from "@tidewatch/core/store/labels";
import { listen } from "@tidewatch/local/http/listen";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LogApi, lines, startLogApi } from "../integration/log-harness.ts";
import { faultyJob } from "../support/log-archive.ts";
import { L0, LINES, normalJob } from "../support/log-stage.ts";
import { tidewatch } from "../support/tidewatch.ts";

const DAY_S = 86_400;
let api: LogApi;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  api = await startLogApi();
  ({ url, close } = await listen(api.app, 0, "127.0.0.1"));
});
afterAll(async () => {
  await close?.();
  await api?.stop();
});
const logs = async (...args: string[]) => {
  const { code, stdout, stderr } = await tidewatch(["logs", ...args, "--url", url]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
};

describe("tidewatch logs with a server", () => {
  it("says so while there is nothing", async () => {
    const { code, stdout, stderr } = await tidewatch(["logs", "sessions", "--url", url]);
    expect([code, stdout]).toEqual([0, "No session was found anomalous so far.\n"]);
    expect(stderr).toBe("jobs: no model yet: 0 of 1000 sessions have ended; until then no session is judged.\n");
    expect(await logs("templates", "--status", "vanished")).toBe("There are no vanished templates so far.\n");
  });

  it("lists anomalous sessions, newest first, and explains one with its raw lines", async () => {
    await api.train();
    api.clock.nowMs += 60_000; // the server remembers for a moment that there was no model
    await api.send(lines([...normalJob(1, 0), ...faultyJob(2, 60), ...faultyJob(3, 90)]));
    await api.send(lines([...normalJob(2, DAY_S), ["start", 4, DAY_S + 9]]));
    const label = {
      detector: "jobs",
      entity: "job_2",
      fromMs: L0,
      toMs: L0 + 90_000,
      label: "anomalous",
      note: "full",
    };
    await putLabels(api.ports, [{ ...label, label: "anomalous" }]);

    const rows = (await logs("sessions", "--detector", "jobs")).trim().split("\n");
    expect(rows.map((row) => row.split(/ {2,}/).slice(1, 4))).toEqual([
      ["detector", "key", "state"],
      ["jobs", "job_3", "ended"],
      ["jobs", "job_2", "ended"],
    ]);
    expect(rows[1]).toMatch(/1 too many: ERROR Writer: cannot write block <\*>/);
    expect(JSON.parse(await logs("sessions", "--limit", "1", "--json"))).toMatchObject([{ key: "job_3" }]);

    const text = await logs("sessions", "job_3");
    expect(text).toContain("job_3, of detector jobs\nEnded by silence: 3 lines from 2026-11-20T10:01:30.000Z");
    expect(text).toMatch(/Anomalous: 0\.\d{3} \(score, by signatures; model version 1\)/);
    expect(text).toMatch(/Nearest: 60 normal sessions \(100\.0 %\), \d lines apart\nMissing:\n {2}\d × /);
    expect(text).toMatch(
      / {2}1 × ERROR Writer: cannot write block .*\n {6}ERROR Writer.*\n {6}events\/dt=.*, line \d+\n/,
    );
    expect(text).toContain(`First line at fault:\n  ${LINES.fault(3)}\n`);
    expect(text).toMatch(/ to 2026-11-20T10:01:32\.000Z, 1 s of silence at most\n/);
    expect(text).toMatch(
      /\nIts templates, in the order in which they came first:\n {2}1 × .*started.*\n {2}1 × .*read.*\n {2}1 × .*cannot/,
    );
    const newest = await logs("sessions", "job_2");
    expect(newest).toMatch(/^job_2, of detector jobs\nOpen: 5 lines .*\nNormal, if it ended now: /);
    expect(newest).toMatch(
      /Just like 60 normal sessions .*\n(?:.*\n)?Its templates.*\n(?: .*\n){4}Other sessions of this key:\nbegan .*\n.*anomalous\n$/,
    );
    expect(JSON.parse(await logs("sessions", "job_2", "--json"))).toMatchObject({ lines: 5, earlier: [{ lines: 3 }] });
  });

  it("lists the server's templates, newest first", async () => {
    const rows = (await logs("templates", "--status", "new")).trim().split("\n");
    expect(rows).toHaveLength(2);
    expect(rows[1]).toMatch(/^[0-9a-f]{16} {2}new {5}2026-11-20T10:01:02\.000Z .* ERROR Writer: cannot write block/);
    expect(JSON.parse(await logs("templates", "-d", "jobs", "--json"))).toHaveLength(5);
  });

  it("names what is wrong: a key that nobody has, and options that do not go together", async () => {
    const missing = await tidewatch(["logs", "sessions", "job_77", "--url", url]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('has no session "job_77"') });
    const both = await tidewatch(["logs", "templates", "--input", "x.log", "--detector", "jobs"]);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("give one or the other") });
  });

  it("shows nothing that a terminal would obey", async () => {
    await api.send([{ type: "log", entity: "a", timestamp: L0, message: "job_\u001b[31m8 \u202eis odd" }]);
    const listed = await logs("templates");
    for (const hidden of ["\u001b", "\u202e"]) expect(listed).not.toContain(hidden);
    expect(await logs("sessions", "job_\u001b[31m8")).toContain("job_\\u{1b}[31m8");
  });

  it("asks for the option where there are several detectors", async () => {
    await api.createDetector("checkout");
    for (const args of [["sessions", "job_3"], ["templates"]]) {
      const { code, stderr } = await tidewatch(["logs", ...args, "--url", url]);
      expect([code, stderr]).toEqual([1, expect.stringContaining("name one with --detector: checkout, jobs")]);
      expect(stderr).not.toContain("query");
    }
  });
});
