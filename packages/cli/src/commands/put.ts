import { zoneMinutesOf } from "@tidewatch/core/log/line/group-lines";
import { Command, InvalidArgumentError, Option } from "commander";
import { EXIT } from "../failure.ts";
import { httpClient, type Server } from "../http/client.ts";
import { type SendOptions, type Sent, sendEvents } from "../http/send-events.ts";
import type { BadRow } from "../input/csv.ts";
import { type EventFormat, readEvents } from "../input/event-lines.ts";
import type { FileChange } from "../input/follow.ts";
import { onInterrupt } from "../interrupt.ts";
import { apiKeyOption, count, examples, urlOption } from "../options.ts";
import { keepInputs } from "../output/inputs-kept.ts";
import { progress, thousands } from "../output/progress.ts";
import { rejections } from "../output/rejections.ts";

/** How long events may wait for a full batch when they trickle in. */
const TRICKLE_WAIT_MS = 350;

/** Whoever follows a log waits for its server as long as it takes, and is back soon after it. */
const FOLLOWING = { sendsRest: true, attempts: Number.POSITIVE_INFINITY, maxRetryMs: 5000 };

const CHANGES: Record<FileChange, string> = {
  replaced: "the old file was read to its end.",
  emptied: "reading from its beginning; what was not read by then is lost.",
};

type PutOptions = Server & {
  format?: EventFormat;
  entity?: string;
  timestampColumn?: string;
  session?: string;
  zone?: () => number;
  follow?: true;
  attempts?: number;
  rejected?: string;
};

export const putCommand = () =>
  new Command("put")
    .description("send events from a file, or from standard input, to a server")
    .argument("<file>", "CSV, NDJSON or log lines, gzipped or not; - is standard input")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(
      new Option("--format <form>", "what the file holds, if its name does not tell").choices(["csv", "ndjson", "log"]),
    )
    .option(
      "-e, --entity <name>",
      "entity of log lines, and of CSV rows without an entity column (default: the file's name)",
    )
    .option("--timestamp-column <name>", "CSV column that holds the time (default: timestamp, time, date, …)")
    .option("--session <name>", "session of all log lines, if they are one")
    .option("--zone <offset>", "zone of times in log lines that name none: +02:00, or local (default: UTC)", zone)
    .option("-f, --follow", "go on when the end is reached, as the file grows or is rotated, until Ctrl-C")
    .option(
      "--attempts <n>",
      "how often a batch is tried while the server is away (default: 26, about ten minutes; with --follow no end)",
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
Log lines are what a *.log file holds, and what is neither events nor CSV, JSON of another kind too, where --entity is
given; --format log says so. Their format is found from the first ones; a line without a header, and one of a stack
trace, belongs to the event before.
Exit code 1 when a line was rejected; the others were taken all the same.
${examples([
  ["A file of metrics", "tidewatch put metrics.csv.gz --entity web-1"],
  ["Log lines as they are written", "tidewatch put --follow /var/log/app.log --entity web-1"],
  [
    "The journal of this machine",
    "journalctl --follow --output short-iso | tidewatch put - --follow --entity $(hostname)",
  ],
  ["From another program", "tidewatch simulate --rows 1000 | tidewatch put -"],
])}`,
    )
    .action(put);

const zone = (text: string): (() => number) => {
  if (text === "local") return () => -new Date().getTimezoneOffset();
  const minutes = zoneMinutesOf(text);
  if (minutes === undefined) throw new InvalidArgumentError("It must be an offset of UTC such as +02:00, or local.");
  return () => minutes;
};

const put = async (path: string, options: PutOptions) => {
  keepInputs(options.rejected, [path]);
  const { signal } = onInterrupt();
  const done = new AbortController();
  const line = progress();
  const say = (text: string) => {
    line.clear();
    console.error(text);
  };
  const name = path === "-" ? "the input" : path;
  const rejected = rejections(options.rejected, say);
  let isUntyped = false;
  const reject = (bad: BadRow) => {
    rejected.add(bad);
    if (isUntyped) say(`The lines of ${name} look like those of a JSON log: --format log reads them as log lines.`);
    isUntyped = false;
  };
  const startMs = performance.now();
  const sending: SendOptions = {
    signal,
    maxWaitMs: TRICKLE_WAIT_MS,
    ...(options.follow ? FOLLOWING : {}),
    ...(options.attempts === undefined ? {} : { attempts: options.attempts }),
    onRejected: reject,
    onRetry: say,
    onBatch: (sent) => line.update(() => `${thousands(sent.accepted)} events sent, ${rate(sent, startMs)}`),
  };
  const events = readEvents({
    ...options,
    path,
    follow: options.follow ?? false,
    signal: AbortSignal.any([signal, done.signal]),
    onBad: reject,
    onLogFormat: (format) => say(`The lines of ${name} are read as ${format}.`),
    onChange: (change) => say(`${name} was ${change}: ${CHANGES[change]}`),
    onUntyped: () => (isUntyped = true),
    ...(options.zone ? { zoneMinutes: options.zone } : {}),
  });
  // A file that is followed has no end of its own, not even when nothing of it can be sent.
  const sent = await sendEvents(httpClient(options), events, sending).finally(() => done.abort());
  line.clear();
  await rejected.close();
  console.log(
    `${thousands(sent.accepted)} events accepted, ${thousands(rejected.count())} rejected, ${rate(sent, startMs)}`,
  );
  process.exitCode = rejected.count() > 0 || (signal.aborted && !options.follow) ? EXIT.failure : EXIT.ok;
};

const rate = (sent: Sent, startMs: number): string =>
  `${thousands(sent.accepted / ((performance.now() - startMs) / 1000))} events/s`;
