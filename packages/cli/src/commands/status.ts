import { setTimeout as sleep } from "node:timers/promises";
import { Command } from "commander";
import { httpClient, type Server } from "../http/client.ts";
import { onInterrupt } from "../interrupt.ts";
import { apiKeyOption, examples, jsonOption, positive, urlOption } from "../options.ts";
import { type ServerStatus, statusText } from "../output/status-text.ts";

type StatusOptions = Server & { json?: true; watch?: number | true };
const DEFAULT_WATCH_SECONDS = 2;

export const statusCommand = () =>
  new Command("status")
    .description("what a server has taken in, scored and found, and whether the counts add up")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(jsonOption())
    .option("-w, --watch [seconds]", "again every few seconds (default: 2), until Ctrl-C", positive)
    .addHelpText("after", examples([["As it changes", "tidewatch status --watch"]]))
    .action(run);

const run = async ({ json, watch, ...server }: StatusOptions) => {
  const client = httpClient(server);
  const show = async () => {
    const status = (await client.request("GET", "/v1/status")) as ServerStatus;
    return json ? JSON.stringify(status, null, watch ? 0 : 2) : statusText(status);
  };
  if (!watch) return console.log(await show());
  const { signal } = onInterrupt();
  while (!signal.aborted) {
    const text = await show();
    // Home and clear, so that the numbers change in place.
    if (process.stdout.isTTY && !json) process.stdout.write("\u001b[H\u001b[2J");
    console.log(text);
    const seconds = watch === true ? DEFAULT_WATCH_SECONDS : watch;
    await sleep(seconds * 1000, undefined, { signal }).catch(() => undefined);
  }
};
