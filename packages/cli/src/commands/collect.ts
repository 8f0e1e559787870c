import { createWriteStream } from "node:fs";
import os from "node:os";
import { finished } from "node:stream/promises";
import { type CollectedEvent, collect } from "@tidewatch/local/collect/collect";
import { Command } from "commander";
import { httpClient, type Server } from "../http/client.ts";
import { sendEvents } from "../http/send-events.ts";
import type { EventLine } from "../input/event-lines.ts";
import { onInterrupt } from "../interrupt.ts";
import { apiKeyOption, examples, httpUrl, positive } from "../options.ts";
import { progress, thousands } from "../output/progress.ts";

/** Samples kept while the server is away: five hours at one in two seconds. */
const KEPT_SAMPLES = 10_000;

type CollectCommandOptions = {
  interval: number;
  entity: string;
  path: string;
  duration?: number;
  output?: string;
  url?: string;
  apiKey?: string;
};

export const collectCommand = () =>
  new Command("collect")
    .description("sample this machine's CPU, memory, disk, load and network as metric events")
    .option("-i, --interval <seconds>", "seconds between samples", positive, 2)
    .option("-e, --entity <name>", "entity of the events", os.hostname())
    .option("-u, --url <url>", "send to this server", httpUrl)
    .addOption(apiKeyOption())
    .option("-o, --output <file>", "append to this file instead of standard output")
    .option("-p, --path <path>", "a path on the file system whose fill level counts", process.cwd())
    .option("-d, --duration <seconds>", "stop after this long (default: until Ctrl-C)", positive)
    .addHelpText(
      "after",
      examples([
        ["Watch this machine with a server that runs", "tidewatch collect --url http://127.0.0.1:3000"],
        ["Record an hour into a file", "tidewatch collect --duration 3600 --output host.ndjson"],
      ]),
    )
    .action(run);

const run = async (options: CollectCommandOptions, command: Command) => {
  if (options.url && options.output) command.error("error: --url and --output exclude each other.");
  const stop = onInterrupt();
  if (options.duration) setTimeout(() => stop.abort(), options.duration * 1000).unref();
  const { entity, interval: intervalSeconds, path } = options;
  const events = collect({ entity, intervalSeconds, path, signal: stop.signal });
  const { url, apiKey } = options;
  if (url) return send(events, { url, apiKey }, intervalSeconds);
  if (options.output) return appendTo(events, options.output);
  for await (const event of events) process.stdout.write(`${JSON.stringify(event)}\n`);
};

const appendTo = async (events: AsyncIterable<CollectedEvent>, path: string) => {
  const file = createWriteStream(path, { flags: "a" });
  const written = finished(file);
  for await (const event of events) {
    file.write(`${JSON.stringify(event)}\n`);
    if (file.errored) break;
  }
  file.end();
  await written;
};

/** Goes on sampling while the server is away and sends what it kept once the server is back. */
const send = async (events: AsyncIterable<CollectedEvent>, server: Server, intervalSeconds: number) => {
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const sent = await sendEvents(httpClient(server), asLines(events), {
    maxWaitMs: Math.min(500, intervalSeconds * 500),
    capacity: KEPT_SAMPLES,
    attempts: Number.POSITIVE_INFINITY,
    onRejected: ({ reason }) => say(`The server refused a sample: ${reason}`),
    onRetry: say,
    onBatch: ({ accepted }) => line.update(() => `${thousands(accepted)} samples sent to ${server.url}; Ctrl-C ends.`),
  });
  say(`${thousands(sent.accepted)} samples sent, ${thousands(sent.rejected)} refused.`);
};

async function* asLines(events: AsyncIterable<CollectedEvent>): AsyncGenerator<EventLine> {
  let line = 0;
  for await (const event of events) {
    line += 1;
    yield { line, bytes: Buffer.from(JSON.stringify(event)) };
  }
}
