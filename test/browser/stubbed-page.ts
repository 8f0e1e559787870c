import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Listening, listen } from "@tidewatch/local/http/listen";
import { staticSite } from "@tidewatch/local/http/static-site";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll } from "vitest";
import { buildPage } from "../support/built-page.ts";
import { launchChromium } from "../support/chromium.ts";
import { type StubState, stubApi } from "./stub-api.ts";

export const PHONE = { width: 375, height: 740 };

/** `errors`: what went wrong in the page's own code. */
export type StubbedPage = { page: Page; server: Listening; errors: string[] };

/** Inside a `describe`: the page from its sources in one browser, opened on a stub of the API by each test. */
export const stubbedPages = (executable: string | undefined) => {
  let browser: Browser;
  let dist: string;
  let opened: StubbedPage | undefined;

  beforeAll(async () => {
    dist = mkdtempSync(join(tmpdir(), "tidewatch-page-"));
    buildPage(dist);
    browser = await launchChromium(executable ?? "");
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(dist, { recursive: true, force: true });
  });
  const close = async () => {
    await opened?.page.context().close();
    await opened?.server.close();
    opened = undefined;
  };
  afterEach(close);

  const open = async (state: StubState, options: Parameters<Browser["newPage"]>[0] = {}): Promise<StubbedPage> => {
    await close();
    const server = await listen(stubApi(state).use(staticSite(dist)), 0, "127.0.0.1");
    const page = await browser.newPage(options);
    opened = { page, server, errors: [] };
    page.on("pageerror", (error) => opened?.errors.push(error.message));
    await page.goto(server.url);
    return opened;
  };
  return { open };
};
