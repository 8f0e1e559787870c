import { type AnyDetector, isLogDetector } from "@tidewatch/core/any-detector";
import { type Detector, featureNames } from "@tidewatch/core/detector";
import type { LogDetector } from "@tidewatch/core/log/detector";
import { Command } from "commander";
import { type Client, httpClient, type Server } from "../http/client.ts";
import { readDetectors } from "../input/detector-file.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";
import { counted } from "../output/progress.ts";
import { unreadableText } from "../output/status-text.ts";
import { table } from "../output/table.ts";

export const detectorsCommand = () => {
  const command = new Command("detectors").description("see, change and train the detectors of a server");
  command
    .command("list")
    .description("list the detectors")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(jsonOption())
    .action(list);
  command
    .command("get")
    .description("print one detector as JSON, ready to be changed and applied")
    .argument("<id>")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .action(get);
  command
    .command("apply")
    .description("create detectors, or replace those that have the same id")
    .argument("<files...>", "JSON files, each one detector or a list; - is standard input")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .option("--check", "only check the files; needs no server")
    .action(apply);
  command
    .command("delete")
    .description("delete a detector; its results stay")
    .argument("<id>")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .action(remove);
  command
    .command("train")
    .description("train a detector's model now, on the rows that were seen")
    .argument("<id>")
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .action(train);
  return command.addHelpText(
    "after",
    `
The smallest detector names itself and its metrics, or says that it watches logs; everything else has a default (see
the API page):
  {"id": "web", "match": {"entity": "web-*"}, "features": [{"metric": "cpu"}, {"metric": "memory"}]}
  {"id": "hdfs", "match": {"type": "log", "entity": "hdfs-*"}, "session": {"key": {"pattern": "blk_-?\\\\d+"}}}
${examples([
  ["Change a detector", "tidewatch detectors get web > web.json; edit web.json; tidewatch detectors apply web.json"],
  ["Check files before they are committed", "tidewatch detectors apply --check detectors/*.json"],
])}`,
  );
};

const pathOf = (id: string): string => `/v1/detectors/${encodeURIComponent(id)}`;

/** Lists are cursor-paged; this walks all pages, and warns of what cannot be read. */
const listAll = async (client: Client): Promise<AnyDetector[]> => {
  const items: AnyDetector[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const page = (await client.request("GET", `/v1/detectors${query}`)) as {
      items: AnyDetector[];
      unreadable?: { id: string; reason: string }[];
      cursor?: string | null;
    };
    items.push(...page.items);
    for (const { id, reason } of page.unreadable ?? []) console.error(`warning: ${unreadableText(id, reason)}`);
    cursor = page.cursor ?? null;
  } while (cursor !== null);
  return items;
};

const list = async ({ json, ...server }: Server & { json?: true }) => {
  const detectors = await listAll(httpClient(server));
  if (json) return console.log(JSON.stringify(detectors, null, 2));
  if (detectors.length === 0)
    return console.log("There are no detectors yet; `tidewatch detectors apply FILE` makes one.");
  const rows = detectors.map((each) => [
    each.id,
    kindOf(each),
    each.enabled ? "on" : "off",
    each.match.entity,
    ...(isLogDetector(each) ? logCells(each) : metricCells(each)),
  ]);
  const head = ["id", "watches", "state", "entities", "features", "model", "interval", "sensitivity", "alarms a day"];
  console.log(table(head, rows));
};

const kindOf = (detector: AnyDetector): string => (isLogDetector(detector) ? "logs" : "metrics");

const metricCells = (detector: Detector) => [
  featureNames(detector).join(", "),
  detector.model.family,
  detector.intervalSeconds === undefined ? "every row" : `${detector.intervalSeconds} s`,
  detector.sensitivity,
  detector.alarmsPerDay ?? "–",
];

/** Interval and sensitivity are those of the template rates. */
const logCells = ({ session: { key }, rates }: LogDetector) => [
  key ? `sessions by ${"field" in key ? key.field : key.pattern}` : "sessions",
  "–",
  rates ? `${rates.intervalSeconds} s` : "–",
  rates?.sensitivity ?? "–",
  "–",
];

const get = async (id: string, server: Server) => {
  console.log(JSON.stringify(await httpClient(server).request("GET", pathOf(id)), null, 2));
};

const apply = async (files: string[], { check, ...server }: Server & { check?: true }) => {
  // All files are checked before the first is applied: a mistake in the last one changes nothing.
  const lists = await Promise.all(files.map(readDetectors));
  for (const [at, { length }] of lists.entries()) if (length === 0) console.log(`${files[at]}: holds no detector`);
  const detectors = lists.flat();
  const client = httpClient(server);
  for (const detector of detectors) {
    if (!check) await client.request("PUT", pathOf(detector.id), { body: JSON.stringify(detector) });
    console.log(`${detector.id}: ${check ? "valid" : "applied"}, watches ${kindOf(detector)}`);
  }
};

const remove = async (id: string, server: Server) => {
  await httpClient(server).request("DELETE", pathOf(id));
  console.log(`${id}: deleted`);
};

/** Training on all rows may take a while; the server answers when it is done. */
const TRAINING_TIMEOUT_MS = 600_000;

const train = async (id: string, server: Server) => {
  const client = httpClient(server, TRAINING_TIMEOUT_MS);
  const detector = (await client.request("GET", pathOf(id))) as AnyDetector;
  const answer = await client.request("POST", `${pathOf(id)}/train`);
  const { version, trainingRows } = answer as { version: number; trainingRows: number };
  const learnt = counted(trainingRows, isLogDetector(detector) ? "session" : "row");
  console.log(`${id}: model version ${version}, trained on ${learnt}`);
};
