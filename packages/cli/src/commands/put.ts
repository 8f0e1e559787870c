import { Command, Option } from "commander";
import { EXIT } from "../failure.ts";
import { httpClient, type Server } from "../http/client.ts";
import { type SendOptions, type Sent, sendEvents } from "../http/send-events.ts";
import { type EventFormat, readEvents } from "../input/event-lines.ts";
import { onInterrupt } from "../interrupt.ts";
import { apiKeyOption, count, examples, urlOption } from "../options.ts";
import { keepInputs } from "../output/inputs-kept.ts";
import { progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";

/** How long events may wait for a full batch when they trickle in. */
const TRICKLE_WAIT_MS = 500;

type PutOptions = Server & {
  format?: EventFormat;
  entity?: string;
  timestampColumn?: string;
  follow?: true;
  attempts?: number;
  rejected?: string;
};

export const putCommand = () =>
  new Command("put")
    .description("send events from a file, or from standard input, to a server")
    .argument("<file>", "CSV or NDJSON, gzipped or not; - is standard input")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(
      new Option("--format <form>", "what the file holds, if its name does not tell").choices(["csv", "ndjson"]),
    )
    .option("-e, --entity <name>", "entity of CSV rows without an entity column (default: the file's name)")
    .option("--timestamp-column <name>", "CSV column that holds the time (default: timestamp, time, date, …)")
    .option("-f, --follow", "go on when the end is reached, as the file grows, until Ctrl-C")
    .option(
      "--attempts <n>",
      "how often a batch is tried while the server is away (default: 26, about ten minutes)",
      count,
    )
    .option("--rejected <file>", "write every rejected line's number and reason here, as NDJSON")
    .addHelpText(
      "after",
      `
CSV starts with a header: timestamp, entity (may be absent), then one column per metric. Times are RFC 3339,
\`YYYY-MM-DD HH:MM:SS\` (UTC), or epoch seconds or milliseconds. Empty cells are missing values.
NDJSON has one event per line, as the API takes it:
  {"type":"metric","entity":"web-1","timestamp":"2026-11-20T10:00:00Z","values":{"cpu":45.2}}
Exit code 1 when a line was rejected; the others were taken all the same.
${examples([
  ["A file of metrics", "tidewatch put metrics.csv.gz --entity web-1"],
  ["Lines as they are written", "tidewatch put --follow events.ndjson"],
  ["From another program", "tidewatch simulate --rows 1000 | tidewatch put -"],
])}`,
    )
    .action(put);

const put = async (path: string, options: PutOptions) => {
  keepInputs(options.rejected, [path]);
  const interrupt = onInterrupt();
  const { signal } = interrupt;
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const rejected = rejections(options.rejected, say);
  const startMs = performance.now();
  const sending: SendOptions = {
    signal,
    maxWaitMs: TRICKLE_WAIT_MS,
    attempts: options.attempts,
    onRejected: rejected.add,
    onRetry: say,
    onBatch: (sent) => line.update(() => `${thousands(sent.accepted)} events sent, ${rate(sent, startMs)}`),
  };
  const events = readEvents({ ...options, path, follow: options.follow ?? false, signal, onBad: rejected.add });
  const sent = await sendEvents(httpClient(options), events, sending);
  line.clear();
  await rejected.close();
  console.log(
    `${thousands(sent.accepted)} events accepted, ${thousands(rejected.count())} rejected, ${rate(sent, startMs)}`,
  );
  process.exitCode = rejected.count() > 0 || (signal.aborted && !options.follow) ? EXIT.failure : EXIT.ok;
};

const rate = (sent: Sent, startMs: number): string =>
  `${thousands(sent.accepted / ((performance.now() - startMs) / 1000))} events/s`;
