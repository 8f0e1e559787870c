import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { AnomalyPage } from "@tidewatch/functions/api/schemas/results";
import { readRecording } from "@tidewatch/local/recording/recording";
import { type RecordingRun, recordingRun } from "@tidewatch/local/recording/run";
import { type Pipeline, startPipeline } from "@tidewatch/local/runtime/pipeline";
import { startServer } from "@tidewatch/local/runtime/server";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium, launchChromium } from "../support/chromium.ts";

const executable = findChromium();
const title = executable ? "the page on a pipeline" : "the page on a pipeline: SKIPPED, no Chromium, set CHROMIUM_PATH";
const DIST = join(import.meta.dirname, "../../packages/web/dist/index.html");
const SET_UP_MS = 120_000;
/** The machine may be busy with other tests. */
const PATIENCE = { timeout: 20_000 };

describe.skipIf(!executable)(title, () => {
  const directory = mkdtempSync(join(tmpdir(), "tidewatch-page-"));
  let browser: Browser;
  let page: Page;
  let pipeline: Pipeline;
  let server: Awaited<ReturnType<typeof startServer>>;
  let recording: RecordingRun;
  const errors: string[] = [];

  beforeAll(async () => {
    if (!existsSync(DIST)) throw new Error("The page is not built: npm run build:web");
    pipeline = await startPipeline({ directory });
    recording = recordingRun(pipeline, await readRecording());
    await recording.feed(() => {}, new AbortController().signal);
    const address = { host: "127.0.0.1", port: 0, kinesisPort: 0 };
    server = await startServer(pipeline, { ...address, version: "0.0.0-test", recording, log: () => {} });
    browser = await launchChromium(executable ?? "");
    page = await browser.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => void (message.type() === "error" && errors.push(message.text())));
    await page.goto(server.url);
  }, SET_UP_MS);
  afterAll(async () => {
    await browser?.close();
    await server?.close();
    await pipeline?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  const section = (name: string) => page.getByRole("region", { name });
  const post = (path: string, body: unknown) =>
    fetch(`${server.url}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  const countsText = async () => (await section("Nothing is lost").innerText()).replace(/\s+/g, " ");

  test("the recorded data set is shown with every labelled fault and the evaluation's own figures", async () => {
    const { faults } = recording.recording;
    const evaluation = await recording.evaluation();
    const shown = section("Recorded data set");
    await shown.getByText(/^Labelled faults/).click();

    expect(await shown.locator(".figures").innerText()).toContain(`${evaluation?.detected} of ${faults.length}`);
    expect(await shown.getByRole("table").getByRole("row").count()).toBe(faults.length + 1);
    expect(await shown.getByText("missed", { exact: true }).count()).toBe(evaluation?.missed.length);
    expect(
      await shown.getByRole("img", { name: /^Anomaly score of \d+ rows, [1-9]\d* of them anomalous/ }).count(),
    ).toBe(1);
  });

  test("an anomaly is explained as the API has it", async () => {
    const answer = await fetch(`${server.url}/v1/anomalies?limit=1`);
    const newest = AnomalyPage.parse(await answer.json()).items[0]!;
    await section("Anomalies").getByRole("row").nth(1).click();
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();

    const text = await dialog.innerText();
    expect(text).toContain(newest.configHash);
    expect(text).toContain(newest.incidentId);
    expect(await dialog.getByRole("table").getByRole("row").count()).toBe(Object.keys(newest.attribution).length + 1);
    await dialog.getByRole("button", { name: "Close" }).click();
    await dialog.waitFor({ state: "detached" });
  });

  test("the counts on the page are those of the recording", async () => {
    const events = recording.recording.events.length.toLocaleString("en");
    expect(await countsText()).toContain(`${events} received = ${events} archived + 0 quarantined`);
  });

  test("the page's own command puts an event that a detector of its own charts without a reload", async () => {
    const detector = { id: "mine", match: { entity: "my-*" }, features: [{ metric: "cpuPercent" }] };
    expect((await post("/v1/detectors", detector)).status).toBe(201);
    const command = await section("Put an event of your own").locator("code").first().innerText();
    const [, url = "", body = ""] = /^curl (\S+) .* -d '(.*)'$/.exec(command) ?? [];
    expect(url).toBe(`${server.url}/v1/events`);
    const [event] = JSON.parse(body);
    const startMs = Date.parse(event.timestamp);
    const series = Array.from({ length: 30 }, (_, i) => ({ ...event, timestamp: startMs + i * 1000 }));
    const answer = await post("/v1/events", series);

    expect(await answer.json()).toEqual({ accepted: 30, rejected: [] });
    await section("Live").getByRole("img", { name: "CPU: 12.5 % now, 30 rows, 0 anomalous values" }).waitFor(PATIENCE);
    await section("Live")
      .getByText(/^Warming up: the series is learning its first rows, 120 more/)
      .waitFor(PATIENCE);
    await section("Detectors")
      .getByRole("row", { name: /^mine stream ?learns row by row scoring/ })
      .waitFor(PATIENCE);
  });

  test("a record that is no event goes to quarantine, and the sums still add up", async () => {
    await pipeline.stream.putMany([{ partitionKey: hostname(), data: new TextEncoder().encode('{"type":"metric"') }]);
    await pipeline.drained(); // else the archive gathers records for half a minute
    await expect.poll(countsText, PATIENCE).toContain("archived + 1 quarantined");
    expect(await countsText()).not.toContain("does not add up");
  });

  test("nothing went wrong in the browser, its policies included", () => {
    expect(errors).toEqual([]);
  });
});
