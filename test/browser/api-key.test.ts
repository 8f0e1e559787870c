import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NewKey } from "@tidewatch/core/access/key";
import { createKey, revokeKey } from "@tidewatch/core/access/store";
import { type Listening, listen } from "@tidewatch/local/http/listen";
import { staticSite } from "@tidewatch/local/http/static-site";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startApi, type TestApi } from "../integration/api-harness.ts";
import { buildPage } from "../support/built-page.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";

const executable = findChromium();
const title = executable ? "the page's key prompt" : "the page's key prompt: SKIPPED, no Chromium, set CHROMIUM_PATH";
/** The machine may be busy with other tests. */
const PATIENCE = { timeout: 20_000 };
const PHONE = { width: 375, height: 740 };

describe.skipIf(!executable)(title, () => {
  let browser: Browser;
  let dist: string;
  let api: TestApi;
  let server: Listening;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    dist = mkdtempSync(join(tmpdir(), "tidewatch-page-"));
    buildPage(dist);
    browser = await launchChromium(executable ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(dist, { recursive: true, force: true });
  });
  beforeEach(async () => {
    api = startApi({ requireKeys: true });
    api.app.use(staticSite(dist));
    server = await listen(api.app, 0, "127.0.0.1");
  });
  afterEach(async () => {
    await page?.context().close();
    await server.close();
    await api.stop();
  });

  const keyFor = async (...scopes: string[]): Promise<string> => {
    const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
    return (await createKey({ ...api.ports, random }, NewKey.parse({ name: "page", scopes }))).token;
  };
  const open = async (options: Parameters<Browser["newPage"]>[0] = {}) => {
    page = await browser.newPage(options);
    errors = [];
    page.on("pageerror", (error) => errors.push(error.message));
    await page.goto(server.url);
    await prompt().waitFor(PATIENCE);
  };
  const prompt = () => page.getByRole("region", { name: "This server asks for an API key" });
  const enter = async (key: string) => {
    await page.getByLabel("API key", { exact: true }).fill(key);
    await page.keyboard.press("Enter");
  };

  test("a server that requires keys is opened by one, which the tab keeps and forgets on request", async () => {
    await open();
    expect(await page.getByText("key needed").count()).toBe(1);
    expect(await page.getByRole("button", { name: "Forget key" }).count()).toBe(0);
    await enter(`  ${await keyFor("read")} `);
    await page.getByText("No series yet").waitFor(PATIENCE);
    expect(await page.getByRole("region", { name: "Put an event of your own" }).innerText()).toContain(
      '-H "authorization: Bearer $TIDEWATCH_API_KEY"',
    );
    await page.reload();
    await page.getByText("No series yet").waitFor(PATIENCE);
    await page.getByRole("button", { name: "Forget key" }).click();
    await prompt().waitFor(PATIENCE);
    expect(await page.evaluate("sessionStorage.length + localStorage.length")).toBe(0);
    expect(errors).toEqual([]);
  });

  test("a key that does not do is refused in the server's words, and not kept", async () => {
    await open();
    await enter(`tw_000000000000_${"0".repeat(43)}`);
    await prompt().getByRole("alert").getByText("The API key is unknown here").waitFor(PATIENCE);
    await enter(await keyFor("ingest"));
    await prompt().getByRole("alert").getByText('needs a key with the scope "read"').waitFor(PATIENCE);
    await enter("schlüssel");
    await prompt().getByRole("alert").getByText("That is no API key").waitFor(PATIENCE);
    expect(await page.evaluate("sessionStorage.length")).toBe(0);
  });

  test("a key that is revoked while the page is open brings the prompt back, with the reason", async () => {
    await open();
    const token = await keyFor("read");
    await enter(token);
    await page.getByText("No series yet").waitFor(PATIENCE);
    await revokeKey(api.ports, token.split("_")[1]!);
    api.clock.nowMs += 30_000;
    await prompt().getByRole("alert").getByText("is revoked").waitFor(PATIENCE);
    expect(await page.getByText("No series yet").count()).toBe(0);
  });

  test.each(["light", "dark"] as const)("a phone shows the prompt whole, %s", async (colorScheme) => {
    await open({ viewport: PHONE, colorScheme });
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    if (process.env.SCREENSHOT) await page.screenshot({ path: `${process.env.SCREENSHOT}-${colorScheme}.png` });
  });
});
