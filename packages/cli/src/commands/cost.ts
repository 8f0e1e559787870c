import { Command, InvalidArgumentError, Option } from "commander";
import { DEPLOYMENT } from "../cost/deployment.ts";
import { estimate } from "../cost/estimate.ts";
import { MEASURED_FAMILIES, type MeasuredFamily } from "../cost/measured-detectors.ts";
import { pricesOf } from "../cost/prices.ts";
import { estimateText } from "../cost/text.ts";
import type { LogWorkload, Workload } from "../cost/workload.ts";
import { count, examples, jsonOption, positive, wholeNumber } from "../options.ts";

type CostOptions = {
  eventsPerSecond: number;
  entities: number;
  detectors: number;
  family: MeasuredFamily;
  metrics: number;
  interval: number;
  window: number;
  arrivals: Workload["arrivals"];
  eventsPerRequest: number;
  pageHours: number;
  months: number;
  linesPerSecond?: number;
  lineBytes: number;
  linesPerSession: number;
  sessionSeconds: number;
  templates: number;
  rates?: true;
  region: string;
  explain?: true;
  json?: true;
};

/** The longest window that Lambda takes. */
const MAX_WINDOW_SECONDS = 300;
const HOURS_OF_WORKING_DAYS = 22;
const DEFAULT_MONTHS = 12;
const DEFAULT_METRICS = 3;
/** About as HDFS has them. */
const DEFAULT_LINES = { bytes: 150, perSession: 20, sessionSeconds: 60, templates: 50 };

const windowSeconds = (text: string): number => {
  const seconds = wholeNumber(text);
  if (seconds > MAX_WINDOW_SECONDS) throw new InvalidArgumentError(`Lambda waits ${MAX_WINDOW_SECONDS} s at most.`);
  return seconds;
};

export const costCommand = () =>
  new Command("cost")
    .description("estimate what Tidewatch costs a month in your AWS account, by service, and what would make it less")
    .requiredOption("-e, --events-per-second <n>", "events of all entities together", positive)
    .requiredOption("-n, --entities <n>", "machines, services, … that send them", count)
    .requiredOption("-d, --detectors <n>", "detectors that each event belongs to", count)
    .addOption(
      new Option(
        "--family <name>",
        "model family of the detectors; others cost like isolation-forest, or a little more",
      )
        .choices(MEASURED_FAMILIES)
        .default("stream"),
    )
    .option("--metrics <n>", "metrics of each event, which each detector has all of", count, DEFAULT_METRICS)
    .option("--interval <seconds>", "intervalSeconds of the detectors; 0: every event is a row", wholeNumber, 0)
    .option(
      "--window <seconds>",
      "how long scorer and log stage gather a batch, 0 to 300",
      windowSeconds,
      DEPLOYMENT.mappings.score.maximumBatchingWindowInSeconds,
    )
    .addOption(
      new Option("--arrivals <kind>", "each entity once per period, or any at any time")
        .choices(["even", "random"])
        .default("even"),
    )
    .option("--events-per-request <n>", "events come by the HTTP API, so many at a time; 0: by Kinesis", wholeNumber, 0)
    .option("--page-hours <n>", "hours a month that the page is open", wholeNumber, HOURS_OF_WORKING_DAYS)
    .option("--months <n>", "months of results and archive that are stored", count, DEFAULT_MONTHS)
    .option("--lines-per-second <n>", "log lines that one log detector takes (default: none)", positive)
    .option("--line-bytes <n>", "length of a line", count, DEFAULT_LINES.bytes)
    .option(
      "--lines-per-session <n>",
      "lines of a session; 0: lines belong to none",
      wholeNumber,
      DEFAULT_LINES.perSession,
    )
    .option("--session-seconds <n>", "from its first line to its last", wholeNumber, DEFAULT_LINES.sessionSeconds)
    .option("--templates <n>", "templates of the lines", count, DEFAULT_LINES.templates)
    .option("--rates", "the log detector counts lines per template")
    .option("--region <name>", "whose prices", "us-east-1")
    .option("--explain", "every line, with its arithmetic")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Nothing is asked of AWS: prices and the pipeline's own figures are part of this program (docs/cost.md).
${examples([
  ["A thousand machines, an event a minute each", "tidewatch cost -e 16.67 -n 1000 -d 1"],
  ["The same with results up to five minutes later", "tidewatch cost -e 16.67 -n 1000 -d 1 --window 300"],
  ["With a hundred log lines a second", "tidewatch cost -e 16.67 -n 1000 -d 1 --lines-per-second 100"],
  ["How that comes about, line by line", "tidewatch cost -e 16.67 -n 1000 -d 1 --explain"],
])}`,
    )
    .action(run);

const run = (options: CostOptions): void => {
  const prices = pricesOf(options.region);
  const result = estimate(workloadOf(options), prices);
  if (options.json)
    console.log(JSON.stringify({ region: options.region, pricesAsOf: prices.asOf, ...result }, null, 2));
  else console.log(estimateText(result, prices, options.region, options.explain === true));
};

const workloadOf = ({ interval, window, ...rest }: CostOptions): Workload => ({
  eventsPerSecond: rest.eventsPerSecond,
  entities: rest.entities,
  detectors: rest.detectors,
  family: rest.family,
  metrics: rest.metrics,
  intervalSeconds: interval,
  windowSeconds: window,
  arrivals: rest.arrivals,
  eventsPerRequest: rest.eventsPerRequest,
  pageHours: rest.pageHours,
  months: rest.months,
  ...(rest.linesPerSecond === undefined ? {} : { logs: logWorkloadOf(rest, rest.linesPerSecond) }),
});

const logWorkloadOf = (
  { lineBytes, linesPerSession, sessionSeconds, templates, rates }: Omit<CostOptions, "interval" | "window">,
  linesPerSecond: number,
): LogWorkload => ({
  ...{ linesPerSecond, lineBytes, linesPerSession, sessionSeconds, templates },
  hasRates: rates === true,
});
