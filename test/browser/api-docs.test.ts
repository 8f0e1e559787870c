import { listen } from "@tidewatch/local/http/listen";
import { expect, test } from "vitest";
import { startApi } from "../integration/api-harness.ts";
import { findChromium, launchChromium } from "../support/chromium.ts";

const chromium = findChromium();

test.skipIf(!chromium)("the API page shows every operation and asks nobody but its own server", async () => {
  const api = startApi();
  const server = await listen(api.app, 0, "127.0.0.1");
  const browser = await launchChromium(chromium!);
  try {
    const page = await browser.newPage();
    const elsewhere: string[] = [];
    const errors: string[] = [];
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(server.url) && !/^(data|blob):/.test(url)) elsewhere.push(url);
    });
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(`${server.url}/docs`);
    await page.getByText("Put events on the stream").first().waitFor();
    await page.getByText("Score rows now").first().waitFor({ state: "attached" });
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
    await server.close();
    await api.stop();
  }
});
