import { Command, InvalidArgumentError } from "commander";
import { httpClient, type Server } from "../http/client.ts";
import { sendEvents } from "../http/send-events.ts";
import type { EventLine } from "../input/event-lines.ts";
import { parseTimestamp } from "../input/timestamp.ts";
import { onInterrupt } from "../interrupt.ts";
import { apiKeyOption, count, examples, httpUrl, positive, share, wholeNumber } from "../options.ts";
import { progress, thousands } from "../output/progress.ts";
import { textFile } from "../output/text-file.ts";
import { type Emitted, emit } from "../simulate/emit.ts";

const metricNames = (text: string): string[] => {
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "") || new Set(names).size < names.length) {
    throw new InvalidArgumentError("It must be names separated by commas, each once: cpu,memory.");
  }
  return names;
};

const time = (text: string): number => {
  const ms = parseTimestamp(text);
  if (ms === undefined) throw new InvalidArgumentError("It must be a time such as 2026-01-01T00:00:00Z.");
  return ms;
};

type SimulateOptions = {
  entities: number;
  metrics: string[];
  rows: number;
  interval: number;
  start: number;
  live?: true;
  rate?: number;
  episodes: number;
  quiet?: number;
  seed: number;
  output?: string;
  url?: string;
  apiKey?: string;
  labels?: string;
};

export const simulateCommand = () =>
  new Command("simulate")
    .description("make metric events of invented machines, with episodes of trouble and their labels")
    .option("-n, --entities <n>", "how many machines", count, 10)
    .option("-m, --metrics <names>", "their metrics, separated by commas", metricNames, ["cpu", "memory", "latency"])
    .option("-r, --rows <n>", "rows per machine (default: 2000; with --live until Ctrl-C)", count)
    .option("-i, --interval <seconds>", "seconds between two rows of a machine", positive, 60)
    .option("--start <time>", "time of the first row", time, Date.UTC(2026, 0, 1))
    .option("--live", "rows carry the time of now and come as it passes, one per interval")
    .option("--rate <events>", "at most so many events per second (default: as fast as they are taken)", positive)
    .option("--episodes <share>", "chance that trouble begins, per row and machine", share, 0.002)
    .option("--quiet <rows>", "rows at the start without trouble (default: 600, or a third)", wholeNumber)
    .option("-s, --seed <n>", "another seed makes other values", wholeNumber, 1)
    .option("-o, --output <file>", "write here instead of standard output")
    .option("-u, --url <url>", "send to this server", httpUrl)
    .addOption(apiKeyOption())
    .option("--labels <file>", "write the episodes here, as NDJSON: entity, kind, metrics, startMs, endMs")
    .addHelpText(
      "after",
      examples([
        ["A labelled test set", "tidewatch simulate --rows 5000 --output events.ndjson --labels labels.ndjson"],
        ["Load on a server", "tidewatch simulate --entities 1000 --rate 5000 --url http://127.0.0.1:3000"],
        ["A demonstration that goes on", "tidewatch simulate --live --interval 2 --url http://127.0.0.1:3000"],
      ]),
    )
    .action(run);

/** Enough to train on and then see a few episodes. */
const DEFAULT_ROWS = 2000;
const DEFAULT_QUIET_ROWS = 600;

const run = async (options: SimulateOptions, command: Command) => {
  if (options.url && options.output) command.error("error: --url and --output exclude each other.");
  const { signal } = onInterrupt();
  const rows = options.rows ?? (options.live ? Number.POSITIVE_INFINITY : DEFAULT_ROWS);
  const labels = options.labels ? await textFile(options.labels) : undefined;
  const plan = {
    seed: options.seed,
    entities: options.entities,
    metrics: options.metrics,
    intervalMs: options.interval * 1000,
    episodeRate: options.episodes,
    quietRows: options.quiet ?? Math.min(DEFAULT_QUIET_ROWS, Math.floor(rows / 3)),
  };
  const pace = { rows, startMs: options.start, live: options.live ?? false, eventsPerSecond: options.rate, signal };
  const onLabel = async (label: object) => labels?.write(`${JSON.stringify(label)}\n`);
  const events = emit(plan, pace, onLabel);
  const { url, apiKey } = options;
  if (url) await send(events, { url, apiKey });
  else await write(events, options.output, Boolean(options.live || options.rate));
  await labels?.close();
};

const write = async (events: AsyncIterable<Emitted>, path: string | undefined, isPaced: boolean) => {
  const file = await textFile(path ?? "-");
  for await (const { text } of events) {
    await file.write(text);
    if (isPaced) await file.flush();
  }
  await file.close();
};

const send = async (events: AsyncIterable<Emitted>, server: Server) => {
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const sent = await sendEvents(httpClient(server), asLines(events), {
    maxWaitMs: 500,
    onRejected: ({ reason }) => say(`The server refused an event: ${reason}`),
    onRetry: say,
    onBatch: ({ accepted }) => line.update(() => `${thousands(accepted)} events sent to ${server.url}`),
  });
  say(`${thousands(sent.accepted)} events accepted, ${thousands(sent.rejected)} rejected`);
};

async function* asLines(events: AsyncIterable<Emitted>): AsyncGenerator<EventLine> {
  let line = 0;
  for await (const { texts } of events) {
    for (const text of texts) {
      line += 1;
      yield { line, bytes: Buffer.from(text) };
    }
  }
}
