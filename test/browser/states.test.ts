import type { Listening } from "@tidewatch/local/http/listen";
import type { Browser, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { findChromium } from "../support/chromium.ts";
import { type StubState, stubState } from "./stub-api.ts";
import { ODD_ENTITY, ODD_KEY, rateText } from "./stub-data.ts";
import { PHONE, stubbedPages } from "./stubbed-page.ts";

/** As the page shows what is hidden. */
const visible = (text: string) => text.replaceAll("\u202e", "\\u{202e}");

const executable = findChromium();
const title = executable ? "the page's states" : "the page's states: SKIPPED, no Chromium found, set CHROMIUM_PATH";
/** The machine may be busy with other tests. */
const eventually = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 20_000 });

describe.skipIf(!executable)(title, () => {
  const pages = stubbedPages(executable);
  let server: Listening;
  let page: Page;
  let errors: string[];

  const open = async (state: StubState, options: Parameters<Browser["newPage"]>[0] = {}) => {
    ({ page, server, errors } = await pages.open(state, options));
  };
  const section = (name: string) => page.getByRole("region", { name });

  test("a chart per metric of the series with the newest data, whatever characters its name has", async () => {
    const state = stubState();
    await open(state);
    await section("Live")
      .getByRole("img", { name: /^CPU: .* rows, \d+ anomalous values$/ })
      .waitFor();

    expect(await section("Live").getByRole("img").count()).toBe(5);
    expect(
      await section("Live").getByLabel("Series", { exact: true }).locator("option:checked").textContent(),
    ).toContain(ODD_ENTITY);
    expect(state.requests).toContain(`/v1/points ${ODD_ENTITY}`);
    expect(errors).toEqual([]);
  });

  test("the recording's figures and labelled faults are shown, a missed one too", async () => {
    await open(stubState());
    await section("Recorded data set").getByText("11 of 12 opened an incident").click();

    expect(await section("Recorded data set").locator(".figures").innerText()).toContain("11 of 12");
    expect(
      await section("Recorded data set")
        .getByRole("row", { name: /Network burst.*missed/ })
        .count(),
    ).toBe(1);
    expect(
      await section("Recorded data set")
        .getByRole("row", { name: /Memory leak.*opened after 4 s/ })
        .count(),
    ).toBe(2);
  });

  test("pointing at one chart reads the same row in the other", async () => {
    await open(stubState());
    const recording = section("Recorded data set");
    await recording.locator(".u-over").nth(1).waitFor();
    expect(await recording.getByText(/· threshold 2.6$/).count()).toBe(0);

    await recording.locator(".u-over").nth(1).hover();
    const time = /^\d\d:\d\d:\d\d/;
    const [score = "", metric = ""] = await Promise.all([
      recording.getByText(/· threshold 2.6$/).innerText(),
      recording.getByText(/· expected .*, band/).innerText(),
    ]);
    expect(score.match(time)?.[0]).toBe(metric.match(time)?.[0]);
  });

  test("without a recording its section is left out", async () => {
    await open(stubState({ hasRecording: false }));
    await section("Live").getByRole("img").first().waitFor();
    expect(await section("Recorded data set").count()).toBe(0);
  });

  test("a row explains itself by keyboard alone, and Escape returns to it", async () => {
    await open(stubState());
    const first = section("Anomalies").getByRole("row").nth(1).getByRole("button");
    await first.focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.waitFor();

    const text = await dialog.innerText();
    for (const part of ["threshold of 2.6", "9f2c4e1ab07d", "62 %", "Model version", "as rare as one in"]) {
      expect(text).toContain(part);
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(await page.locator("button:focus").textContent()).toBe(await first.textContent());
  });

  test("older anomalies are appended once each until there are no more", async () => {
    await open(stubState());
    const rows = section("Anomalies").locator("tbody tr");
    await eventually(() => rows.count()).toBe(15);
    await section("Anomalies").getByRole("button", { name: "Show older" }).click();
    await eventually(() => rows.count()).toBe(30);
    await section("Anomalies").getByRole("button", { name: "Show older" }).click();
    await eventually(() => rows.count()).toBe(45);
    expect(await section("Anomalies").getByRole("button", { name: "Show older" }).count()).toBe(0);
    expect(await section("Anomalies").getByText("minimum-deviation").count()).toBe(1);
  });

  test("counts are shown as sums, and a sum that does not add up says so", async () => {
    const state = stubState();
    await open(state);
    const counts = section("Nothing is lost");
    await counts.getByText("9,120").waitFor();
    expect((await counts.innerText()).replace(/\s+/g, " ")).toContain(
      "9,120 received = 9,112 archived + 8 quarantined",
    );
    expect(await counts.getByText("does not add up").count()).toBe(0);

    state.statusChanges = { archive: { received: 9120, archived: 9100, quarantined: 8 } };
    await counts.getByText("does not add up: 12 unexplained").waitFor();
  });

  test("when the API goes away the page keeps its data and says so, and recovers", async () => {
    const state = stubState();
    await open(state);
    await section("Live").getByRole("img").first().waitFor();
    state.isAway = true;
    await page.getByText("The API is resting. Showing what was last known").waitFor();
    expect(await section("Live").getByRole("img").count()).toBe(5);
    state.isAway = false;
    await page.getByText("Showing what was last known").waitFor({ state: "detached" });
  });

  test("an API that never answered is an error, not an empty page", async () => {
    await open(stubState({ isAway: true }));
    await page.getByText("The API is resting. Trying again.").waitFor();
    expect(await page.getByText("No series yet").count()).toBe(0);
  });

  test("a pipeline without data tells how to put the first event", async () => {
    await open(stubState({ isEmpty: true, hasRecording: false }));
    await page.getByText("No series yet").waitFor();
    expect(await section("Put an event of your own").innerText()).toContain(`curl ${server.url}/v1/events`);
    await page.getByText("No anomaly so far").waitFor();
    await page.getByText("No detector yet").waitFor();
  });

  test("warming up says why and how many rows are missing", async () => {
    await open(stubState({ isWarmingUp: true }));
    await page.getByText("Warming up: the model is not trained yet, 412 more rows needed").waitFor();
  });

  test("anomalous sessions are listed and explained by their raw lines", async () => {
    const state = stubState({ hasLogs: true });
    await open(state);
    const rows = section("Logs").getByRole("table", { name: "Anomalous sessions" }).locator("tbody tr");
    await eventually(() => rows.count()).toBe(15);
    expect(await rows.first().innerText()).toMatch(/still open[\s\S]*1 too many: writeBlock <\*> received exception/);
    await section("Logs").getByRole("button", { name: "Show older" }).click();
    await eventually(() => rows.count()).toBe(20);
    await rows.nth(1).getByRole("button").focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByText("First line at fault").waitFor();

    const text = await dialog.innerText();
    for (const part of [ODD_KEY, "4 lines apart", "5,210 of them (52.1 %)", "3 missing", "line 812", "anomalous"]) {
      expect(text).toContain(part);
    }
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    expect(errors).toEqual([]);
  });

  test("new and vanished templates are named, and a page without logs does not speak of them", async () => {
    await open(stubState({ hasLogs: true }));
    const news = section("Logs").getByRole("table", { name: "New and vanished templates of hdfs" });
    await news.getByText("disk <*> is read-only").waitFor();
    expect(await news.innerText()).toMatch(/new[\s\S]*vanished[\s\S]*Verification succeeded for <\*>[\s\S]*1,204/);
    await open(stubState());
    await section("Live").getByRole("img").first().waitFor();
    expect(await section("Logs").count()).toBe(0);
  });

  test("a session is labelled by keyboard, by its key, and says what it is labelled as", async () => {
    const state = stubState({ hasLogs: true });
    await open(state);
    const rows = section("Logs").getByRole("table", { name: "Anomalous sessions" }).locator("tbody tr");
    await rows.nth(2).getByRole("button").click();
    const group = page.getByRole("dialog").getByRole("group", { name: "Label" });
    await group.getByText("Ten labelled sessions of each kind").waitFor();
    await group.getByRole("button", { name: "This is normal" }).focus();
    await page.keyboard.press("Enter");
    await group.getByText("Labelled as normal. The next training learns from it.").waitFor();
    expect(state.labels).toEqual([{ detector: "hdfs", session: "blk_-6954", label: "normal" }]);
    expect(await page.locator("button:focus").textContent()).toBe("This is normal");
    await group.getByRole("button", { name: "This is normal", pressed: true }).click();
    await group.getByRole("button", { name: "This is anomalous", pressed: false }).click();
    await group.getByText("Labelled as anomalous.").waitFor();
    expect(state.labels).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  test("a key that may not label gets no buttons, and one that lost the right is told so", async () => {
    const state = stubState({ hasLogs: true, scopes: ["read"] });
    await open(state);
    const rows = section("Logs").getByRole("table", { name: "Anomalous sessions" }).locator("tbody tr");
    const group = page.getByRole("dialog").getByRole("group", { name: "Label" });
    await rows.nth(1).getByRole("button").click();
    await group.getByText("Labelled as anomalous.").waitFor();
    await group.getByText("the key needs the scope operate").waitFor();
    expect(await group.getByRole("button").count()).toBe(0);

    state.scopes = ["read", "operate"];
    state.labelRefusal = 'This needs a key with the scope "operate".';
    await group.getByRole("button", { name: "This is normal" }).click();
    await group.getByRole("alert").getByText(state.labelRefusal).waitFor();
    expect(await group.getByRole("button").count()).toBe(0);
    expect(await group.getByText("Labelled as anomalous.").count()).toBe(1);
  });

  test("rates are called by what their template says, in all of it where they are explained", async () => {
    await open(stubState({ hasLogs: true }));
    const shown = visible(rateText(0));
    const row = section("Anomalies").getByRole("row", { name: /Template 0: / });
    await row.getByText("hdfs.rates").waitFor();
    expect(await row.locator("code").getAttribute("title")).toBe(shown);
    expect((await row.locator("code").innerText()).length).toBeLessThan(shown.length);
    await row.getByRole("button").click();
    await page.getByRole("dialog").getByText(shown).waitFor();
    expect(await page.getByRole("dialog").innerText()).toContain("0f2c4e1ab07d5e6f");
    await page.keyboard.press("Escape");

    const live = section("Live");
    await live.getByText("Of 8 templates whose lines are counted, the 5 most anomalous can be picked.").waitFor();
    const names = await live.getByLabel("Series", { exact: true }).locator("optgroup option").allInnerTexts();
    expect(names.map((name) => name.slice(0, 10))).toEqual([0, 7, 6, 5, 4].map((index) => `Template ${index}`));
    await live.getByLabel("Series", { exact: true }).selectOption({ index: 2 });
    await live.getByText(shown).waitFor();
    expect(errors).toEqual([]);
  });

  test("a log without a model says what it waits for, and promises no session before", async () => {
    await open(stubState({ hasLogs: true, isUntrained: true, isEmpty: true, hasRecording: false }));
    const logs = section("Logs");
    await logs.getByText("no model yet: 140 of 1000 sessions have ended").waitFor();
    expect(await logs.innerText()).toMatch(/Verdicts come after the first training.*session\.minTrainingSessions/s);
    expect(await logs.getByText("No anomalous session so far.").count()).toBe(0);
    await section("Detectors")
      .getByRole("row", { name: /^hdfs.rates/ })
      .waitFor();
  });

  test("a log without findings says so, and what judges it", async () => {
    await open(stubState({ hasLogs: true, isEmpty: true, hasRecording: false }));
    await section("Logs").getByText("No anomalous session so far.").waitFor();
    await section("Logs").getByText("hdfs: model version 2, 5,210 sessions").waitFor();
    expect(await section("Logs").getByRole("table").count()).toBe(0);
  });

  test.each(["light", "dark"] as const)(
    "a phone shows everything without scrolling sideways, %s",
    async (colorScheme) => {
      await open(stubState({ hasLogs: true }), { viewport: PHONE, colorScheme });
      await section("Logs").getByText("disk <*> is read-only").waitFor();
      await section("Drift").getByText("What has changed").waitFor();
      await section("Recorded data set").getByRole("img").nth(1).waitFor();
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
      expect(errors).toEqual([]);
    },
  );
});
