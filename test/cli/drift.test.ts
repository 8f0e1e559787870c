import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { putDetector } from "@tidewatch/core/store/detectors";
import { listen } from "@tidewatch/local/http/listen";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startApi, type TestApi } from "../integration/api-harness.ts";
import { afterHour, driftWorldIn, host, machine } from "../support/drifting.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { tidewatch } from "../support/tidewatch.ts";

const folder = temporaryFolder();
let api: TestApi;
let url: string;
let close: () => Promise<void>;
beforeAll(async () => {
  api = startApi();
  ({ url, close } = await listen(api.app, 0, "127.0.0.1"));
  const of = host();
  await putDetector(api.ports.table, of, undefined);
  await driftWorldIn(of, api.ports).feed([machine("a", 1, 60, 40)], 0, 67);
});
afterAll(async () => {
  await close?.();
  await api.stop();
  folder.remove();
});

const DAY = 288;
/** A load with a daily rhythm, which grows for good at this row. */
const csv = (changeAt: number): string => {
  const valueAt = (row: number) =>
    10 * Math.sin((row / DAY) * 2 * Math.PI) + Math.sin(row * row) + (row >= changeAt ? 20 : 0);
  return `load\n${Array.from({ length: 11 * DAY }, (_, row) => valueAt(row)).join("\n")}\n`;
};
const scan = (input: string, ...args: string[]) =>
  tidewatch(["drift", "scan", "-i", input, "-o", join(folder.path, "out.json"), ...args]);

describe("tidewatch drift scan", () => {
  it("finds a change, and says by what", async () => {
    const input = join(folder.path, "load.csv.gz");
    writeFileSync(input, gzipSync(csv(2500)));
    const { code, stderr } = await scan(input, "--reference-rows", "2016");
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /has no times: its rows are taken to be 5 minutes apart[\s\S]*held against 7 d: 1 alarm; the first at row 25\d\d: level of load/,
    );
    const found = JSON.parse(readFileSync(join(folder.path, "out.json"), "utf8"));
    expect(found).toMatchObject({ referenceDays: 7, hours: 96, findings: [{ statistic: "level", shape: "sudden" }] });
    expect(found.alarms).toEqual([found.findings[0].row]);
  });

  it("refuses a reference that leaves nothing, and rows that run backwards", async () => {
    const input = join(folder.path, "load.csv");
    writeFileSync(input, csv(1e9));
    const all = await scan(input, "--reference-rows", "9999", "--interval", "300");
    expect([all.code, all.stderr]).toEqual([1, expect.stringContaining("nothing is left after 9999 of reference")]);
    writeFileSync(input, "timestamp,load\n2026-01-02T00:00:00Z,1\n2026-01-01T00:00:00Z,2\n");
    const back = await scan(input, "--reference-rows", "1");
    expect([back.code, back.stderr]).toEqual([1, expect.stringContaining("line 3 is older than the line before")]);
  });
});

describe("tidewatch drift of a server", () => {
  const drift = (...args: string[]) => tidewatch(["drift", ...args, "--url", url]);

  it("checks, lists and shows what has drifted, for people and programs", async () => {
    expect((await drift("list")).stdout).toContain("No detector was checked yet");
    api.clock.nowMs = afterHour(49);
    expect((await drift("check", "host")).stdout).toContain("host at 2026-11-22 11:00: no drift");
    api.clock.nowMs = afterHour(66);
    const made = JSON.parse((await drift("check", "host", "--json")).stdout);
    expect(made).toMatchObject({ drifted: true });
    const [shown] = JSON.parse((await drift("show", "host", "--json")).stdout);
    expect(shown).toEqual(made);
    const { stdout } = await drift("show", "host", "--checks", "2");
    expect(stdout).toMatch(
      /drifted \(model learns by itself, reference 2 d\)\nWhat comes in is not what the model learnt/,
    );
    expect(stdout).toMatch(/cpu +level .* sd +drifted +2026-11-23 .*[▁▂▃▄▅▆▇█]/);
    expect(stdout).toContain("host at 2026-11-22 11:00: no drift");
    expect((await drift("list")).stdout).toMatch(
      /host +2026-11-23 04:00 +learns by itself +2 d +drifted .*(level cpu|score)/,
    );
  });
});
