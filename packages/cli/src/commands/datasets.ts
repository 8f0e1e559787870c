import { AppError } from "@tidewatch/core/errors";
import { Command, InvalidArgumentError } from "commander";
import { datasetAdmin, type FreezeWish } from "../datasets/dataset-admin.ts";
import { datasetTable, datasetText, fullText } from "../datasets/dataset-text.ts";
import { UsageError } from "../failure.ts";
import type { Server } from "../http/client.ts";
import { parseTimestamp } from "../input/timestamp.ts";
import { apiKeyOption, count, examples, jsonOption, urlOption } from "../options.ts";

type Shown = Server & { json?: boolean };
type FreezeOptions = Shown & { from?: number; to?: number; maxRows?: number; keepOpen?: boolean };

export const datasetsCommand = () => {
  const command = new Command("datasets").description("training sets: what models learnt from, and will");
  serverOf(command.command("list")).description("list the frozen training sets, newest first").action(list);
  serverOf(command.command("show"))
    .description("show what a training set holds, what it leaves out and why")
    .argument("<hash>", "the dataset's hash, or how it begins")
    .action(show);
  serverOf(command.command("freeze"))
    .description("make a training set of a detector's archived events")
    .argument("<detector>", "the detector's id")
    .option("-f, --from <time>", "begin (default: as many days before the end as the detector trains on)", time)
    .option("-t, --to <time>", "end, which is not part of it (default: behind the newest row)", time)
    .option("-n, --max-rows <number>", "the newest so many rows, as many of each series", count)
    .option("--keep-open", "learn from what is open as well: it is the new normal")
    .action(freeze);
  return command.addHelpText("after", HELP);
};

const HELP = `
A training set is made of the archive: the detector's rows as they were scored, without the spans that its policy excludes
(retraining.exclude), incidents that are open, and rows that somebody labelled anomalous. It is kept under the hash of what was
asked for and of its rows: the same events give the same hash, and it never changes.

Times are RFC 3339, YYYY-MM-DD [HH:MM[:SS]] (UTC), or epoch seconds or milliseconds.
${examples([
  ["What the next model of a detector would learn from", "tidewatch datasets freeze web"],
  ["Of one week", "tidewatch datasets freeze web --from 2026-11-01 --to 2026-11-08"],
  ["What is there", "tidewatch datasets list"],
  ["What was left out of one, and why", "tidewatch datasets show 3f0c9d5c7f0f"],
])}`;

const serverOf = (command: Command): Command =>
  command.addOption(urlOption()).addOption(apiKeyOption()).addOption(jsonOption());

const time = (text: string): number => {
  const ms = parseTimestamp(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('It must be a time such as 2026-06-09T14:20:00Z, "2026-06-09 14:20" or 1780000000.');
};

const print = (value: unknown, json: boolean | undefined, text: () => string): void =>
  console.log(json ? JSON.stringify(value, null, 2) : text());

const list = async ({ json, ...server }: Shown): Promise<void> => {
  const datasets = await datasetAdmin(server).list();
  const none = "No training set is frozen yet: tidewatch datasets freeze DETECTOR makes one.";
  print(datasets, json, () => (datasets.length === 0 ? none : datasetTable(datasets)));
};

const show = async (hash: string, { json, ...server }: Shown): Promise<void> => {
  const admin = datasetAdmin(server);
  const full = await admin.show(/^[0-9a-f]{64}$/.test(hash) ? hash : await wholeHash(admin, hash));
  print(full, json, () => fullText(full));
};

const wholeHash = async (admin: ReturnType<typeof datasetAdmin>, begin: string): Promise<string> => {
  const found = (await admin.list()).filter(({ hash }) => hash.startsWith(begin));
  if (found.length === 1) return found[0]!.hash;
  const hint = `with "${begin}": tidewatch datasets list shows them.`;
  if (found.length === 0) throw new AppError("NOT_FOUND", `No dataset's hash begins ${hint}`);
  throw new UsageError(`The hashes of ${found.length} datasets begin ${hint}`);
};

const freeze = async (detector: string, options: FreezeOptions): Promise<void> => {
  const { json, from, to, maxRows, keepOpen, ...server } = options;
  if (from !== undefined && to !== undefined && from >= to) throw new UsageError("--to must be later than --from.");
  const wish: FreezeWish = { detector, fromMs: from, toMs: to, maxRows, keepOpenIncidents: keepOpen };
  const info = await datasetAdmin(server).freeze(wish);
  print(info, json, () => datasetText(info));
};
