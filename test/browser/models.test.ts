import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findChromium } from "../support/chromium.ts";
import { stubState } from "./stub-api.ts";
import { detector } from "./stub-data.ts";
import type { StubLearning } from "./stub-learning.ts";
import { awaitedRun, driftCheck, model, rejectedRun, shadowRun } from "./stub-learning-data.ts";
import { stubbedPages } from "./stubbed-page.ts";

const executable = findChromium();
const title = executable ? "models, drift, reports" : "models, drift, reports: SKIPPED, no Chromium, set CHROMIUM_PATH";
/** The machine may be busy with other tests. */
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 20_000 });

describe.skipIf(!executable)(title, () => {
  const pages = stubbedPages(executable);
  let page: Page;
  let errors: string[];
  const open = async (learning: Partial<StubLearning>, more: Parameters<typeof stubState>[0] = {}) => {
    const state = stubState({ hasRecording: false, ...more });
    Object.assign(state.learning, learning);
    ({ page, errors } = await pages.open(state));
    return state;
  };
  const section = (name: string) => page.getByRole("region", { name });
  const button = (name: string) => section("Models").getByRole("button", { name });
  const dialog = () => page.getByRole("dialog");

  test("a model says what is in use and why, and how far the next one is", async () => {
    await open({ run: shadowRun });
    const models = section("Models");
    await models.locator(".alias").getByText("challenger 3 passed all 9 rules").waitFor();
    const inUse = await models.locator(".alias").allInnerTexts();
    expect(inUse.map((text) => text.split("\n").slice(0, 2).join(" "))).toEqual([
      "In use (champion) Version 3",
      "Tried in shadow (challenger) Version 4",
      "Before (previous) Version 2",
    ]);
    const steps = models.getByRole("listitem");
    expect(await steps.count()).toBe(8);
    expect(await models.locator("[aria-current=step]").innerText()).toMatch(
      /^Shadow\s+waiting[\s\S]*25 %[\s\S]*6.0 of 24 hours/,
    );
    expect(await models.getByRole("progressbar", { name: "Progress of Shadow" }).getAttribute("value")).toBe("0.25");
    expect(await steps.nth(1).innerText()).toContain("2 attempts");
    await models.getByText("History: who moved which alias").click();
    await models.getByRole("button", { name: "Show older moves" }).click();
    await eventually(() => models.getByRole("table").getByRole("row").count()).toBe(24);
    expect(errors).toEqual([]);
  });

  test("what a model waits for is done by keyboard, each thing once the dialog is confirmed", async () => {
    const state = await open({ run: awaitedRun, wishRefusal: "Retraining 1 waits for nobody's approval." });
    await section("Models").getByText("The gate says promote").waitFor();
    await button("Approve").focus();
    await page.keyboard.press("Enter");
    await dialog().getByText("It has passed the gate.").waitFor();
    await dialog().getByRole("button", { name: "Approve" }).click();
    await dialog().getByRole("alert").getByText("waits for nobody's approval").waitFor();
    expect(state.learning.wishes).toEqual([]);
    state.learning.wishRefusal = undefined;
    await dialog().getByRole("button", { name: "Approve" }).click();
    await dialog().waitFor({ state: "detached" });
    expect(state.learning.wishes).toEqual([`/v1/workflows/host/${awaitedRun.id}/approve {}`]);
    expect(await page.locator("button:focus").textContent()).toBe("Approve");

    await button("Reject").click();
    await dialog().getByRole("button", { name: "Leave as it is" }).click();
    await dialog().waitFor({ state: "detached" });
    await button("Reject").click();
    await dialog().getByLabel("Why, for the history").fill(" not before the migration ");
    await page.keyboard.press("Enter");
    await dialog().waitFor({ state: "detached" });
    await button("Roll back to version 2").click();
    await dialog().getByRole("button", { name: "Roll back" }).click();
    await dialog().waitFor({ state: "detached" });
    expect(state.learning.wishes.slice(1)).toEqual([
      `/v1/workflows/host/${awaitedRun.id}/reject {"reason":"not before the migration"}`,
      '/v1/models/host/promote {"version":"previous"}',
    ]);
    expect(errors).toEqual([]);
  });

  test("what the gate turned down is named first, and the next retraining can be asked for", async () => {
    const state = await open({ run: rejectedRun });
    const models = section("Models");
    await models.getByText("version 4 alerts on 9.1 % of the rows, beyond the limit of 4.7 %").waitFor();
    await models.getByText("What the gate said").click();
    const rows = models.getByRole("table", { name: /5 in both, 1 new, 2 gone/ }).getByRole("row");
    expect((await rows.nth(1).innerText()).replace(/\s+/g, " ")).toBe(
      "Rows alerted on ✕ not passed it alerts on 9.1 % 3.1 % 9.1 % 4.7 %",
    );
    await button("Retrain now").click();
    await dialog().getByRole("button", { name: "Retrain" }).click();
    await eventually(async () => state.learning.wishes).toEqual(['/v1/workflows {"detector":"host"}']);
  });

  test("a key that may only read is told why it may not, on buttons that do nothing", async () => {
    await open({ run: awaitedRun }, { scopes: ["read"] });
    const approve = button("Approve");
    await section("Models").getByText("the key needs the scope operate").waitFor();
    expect(await approve.getAttribute("aria-disabled")).toBe("true");
    const reason = await approve.getAttribute("aria-describedby");
    expect(await page.locator(`[id="${reason}"]`).innerText()).toContain("needs the scope operate");
    await approve.focus();
    await page.keyboard.press("Enter");
    expect(await dialog().count()).toBe(0);
  });

  test("what drifted comes first with its limit in sight, the rest is folded, and reports are a click away", async () => {
    await open({ checks: [driftCheck({ isProvisional: true })] });
    const drift = section("Drift");
    const rows = drift.getByRole("table", { name: "What has changed" }).getByRole("row");
    await eventually(() => rows.count()).toBe(3);
    const [first = "", second = ""] = (await rows.allInnerTexts()).slice(1);
    expect(first.replace(/\s+/g, " ")).toMatch(
      /^Memory used: level drifted since 19 Nov, .*, all at once memoryUsedPercent is 3.2 .*Most of all: web-01, web-07 .*\+3.2 SD 3.18 1.42$/,
    );
    expect(second).toContain("over its limit");
    expect(await rows.getByRole("img", { name: /^168 hours: between .* limit 1.42$/ }).count()).toBe(1);
    await drift.getByText("provisional").waitFor();
    await drift.getByText("2 more, within their limits").click();
    await drift
      .getByRole("table", { name: "What is as usual" })
      .getByRole("row", { name: /^Rows per hour/ })
      .waitFor();

    const report = section("Reports").getByRole("link", { name: "host: what comes in has changed" });
    expect(await report.getAttribute("href")).toBe("/v1/reports/host-day-2026-11-20.html");
    await section("Reports").getByText("could not be sent by mail: the spool is full").waitFor();

    // A link sends no key.
    await page.evaluate("sessionStorage.setItem('tidewatch.api-key', 'tw_1_2')");
    await page.reload();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      section("Reports").getByRole("link", { name: "host: what comes in has changed (save as a file)" }).click(),
    ]);
    expect(download.suggestedFilename()).toBe("host-day-2026-11-20.html");
    expect(readFileSync(await download.path(), "utf8")).toBe("<p>for Bearer tw_1_2</p>");
    expect(errors).toEqual([]);
  });

  test("where there is nothing yet, it says what will come and when", async () => {
    const online = detector({ learns: "row by row", family: "stream", model: null });
    const nothing = { models: [], run: null, checks: [], reports: [] };
    const state = await open(nothing, { statusChanges: { detectors: [online] } });
    await section("Models").getByText("No detector here has a trained model").waitFor();
    await section("Drift").getByText("No check yet.").waitFor();
    await section("Reports").getByText("No report yet.").waitFor();
    state.learning.models = [model({ champion: null, previous: null, newest: null })];
    state.statusChanges = {};
    await page.reload();
    await section("Models").getByText("No retraining so far.").waitFor();
    expect(await button("Retrain now").count()).toBe(1);
  });
});
