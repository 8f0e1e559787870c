import { ALWAYS, type GivenLabel, type NewLabel } from "@tidewatch/core/store/labels";
import { Command, InvalidArgumentError, Option } from "commander";
import { UsageError } from "../failure.ts";
import type { Server } from "../http/client.ts";
import { parseTimestamp } from "../input/timestamp.ts";
import { labelAdmin } from "../labels/label-admin.ts";
import { labelTable, spanText } from "../labels/label-text.ts";
import { readLabels } from "../labels/read-labels.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";
import { counted, thousands } from "../output/progress.ts";

type Span = { detector: string; entity?: string; session?: string; from?: number; to?: number };

export const labelCommand = () => {
  const command = new Command("label").description(
    "say what was anomalous and what was normal, for models that learn it",
  );
  spanOf(serverOf(command.command("add")))
    .description("label the rows of a time span of one series, or a session of a log detector")
    .addOption(new Option("-a, --as <label>", "what they were").choices(["anomalous", "normal"]).makeOptionMandatory())
    .option("-n, --note <text>", "why, for people")
    .action(add);
  serverOf(command.command("list"))
    .description("list the labels, series by series in time order")
    .requiredOption("-d, --detector <id>", "the detector's id")
    .option("-e, --entity <name>", "of this series only")
    .addOption(jsonOption())
    .action(list);
  spanOf(serverOf(command.command("remove")))
    .description("remove the label that has exactly this span")
    .action(remove);
  serverOf(command.command("import"))
    .description("add the labels of a CSV file: all of them, or none if a line is wrong")
    .argument("<file>", "detector,entity,from,to,label and perhaps note; - is standard input")
    .option(
      "-d, --detector <id>",
      "log detector: the file has sessions' keys and a column label (1 anomalous, 0 normal)",
    )
    .action(importFile);
  return command.addHelpText("after", HELP);
};

const HELP = `
Labels teach detectors whose model family learns from them (random-forest). Such a detector waits until it has rows of both
kinds, and enough of them (minTrainingRows); \`tidewatch status\` says how many there are. It is then trained by itself. Later
labels change no model: \`tidewatch detectors train ID\` learns them.

A log detector's sessions are labelled by their keys, and need no times; ten of each kind teach its next model.

A span begins with --from and ends before --to. Times are RFC 3339, YYYY-MM-DD [HH:MM[:SS]] (UTC), or epoch seconds or
milliseconds. Where labels overlap, the one that was made last holds. Rows without a label are unknown and not learnt from: to
say that everything else was normal, make one wide normal label first, and the anomalous ones after it.
${examples([
  [
    "Everything in June was normal …",
    "tidewatch label add -d web -e web-01 --from 2026-06-01 --to 2026-07-01 --as normal",
  ],
  [
    "… but for this",
    `tidewatch label add -d web -e web-01 --from "2026-06-09 14:20" --to "2026-06-09 15:05" --as anomalous --note "disk full"`,
  ],
  ["What is labelled", "tidewatch label list -d web"],
  ["Take one back", `tidewatch label remove -d web -e web-01 --from "2026-06-09 14:20" --to "2026-06-09 15:05"`],
  ["A session of a log detector", "tidewatch label add -d hdfs --session blk_-1608 --as anomalous"],
  ["Those of a file: key, label", "tidewatch label import labels.csv --detector hdfs"],
  ["Many at once; of one import's labels that overlap the shorter one holds", "tidewatch label import incidents.csv"],
])}`;

const serverOf = (command: Command): Command => command.addOption(urlOption()).addOption(apiKeyOption());

const spanOf = (command: Command): Command =>
  command
    .requiredOption("-d, --detector <id>", "the detector's id")
    .option("-e, --entity <name>", "the series: what its events name as entity; with --from and --to")
    .option("-s, --session <key>", "or the session, of a log detector: its key")
    .option("-f, --from <time>", "begin of the span; of a session: if it began in it", time)
    .option("-t, --to <time>", "end of the span, which is not part of it", time);

const time = (text: string): number => {
  const ms = parseTimestamp(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('It must be a time such as 2026-06-09T14:20:00Z, "2026-06-09 14:20" or 1780000000.');
};

type AddOptions = Server & Span & { as: NewLabel["label"]; note?: string };

const add = async ({ as, note, ...options }: AddOptions) => {
  const { url, apiKey, detector, entity, session } = options;
  const { fromMs, toMs } = spanOfOptions(options);
  const of = session === undefined ? { entity } : { session };
  const label = { detector, ...of, fromMs, toMs, label: as, ...(note === undefined ? {} : { note }) };
  warnOf(await labelAdmin({ url, apiKey }).add([label]));
  console.log(`${entity ?? session}: ${as} ${spanText(fromMs, toMs)}`);
};

/** @throws UsageError unless it is one of a series with both times, or of a session */
const spanOfOptions = ({ entity, session, from, to }: Span) => {
  if ((entity === undefined) === (session === undefined)) {
    throw new UsageError(
      "Say what it is of: a series (--entity, --from, --to), or a log detector's session (--session).",
    );
  }
  if (entity !== undefined && (from === undefined || to === undefined)) {
    throw new UsageError("A label of a series has a span: say --from and --to.");
  }
  return { fromMs: from ?? ALWAYS.fromMs, toMs: to ?? ALWAYS.toMs };
};

/** They are kept all the same: events may come later. */
const warnOf = (unseen: readonly { detector: string; entity: string }[]): void => {
  for (const { detector, entity } of unseen) {
    console.error(`warning: no event of "${entity}" has come to the detector "${detector}" yet; is the name right?`);
  }
};

const list = async ({
  detector,
  entity,
  json,
  ...server
}: Server & { detector: string; entity?: string; json?: true }) => {
  const labels = await labelAdmin(server).list(detector, entity);
  if (json) return console.log(JSON.stringify(labels, null, 2));
  if (labels.length === 0) return console.log("There are no labels yet; `tidewatch label add` makes one.");
  console.log(labelTable(labels));
};

const remove = async (options: Server & Span) => {
  const { url, apiKey, detector, entity, session } = options;
  const name = entity ?? session ?? "";
  const { fromMs, toMs } = spanOfOptions(options);
  await labelAdmin({ url, apiKey }).remove({ detector, entity: name, fromMs, toMs });
  console.log(`${name}: label removed, ${spanText(fromMs, toMs)}`);
};

const importFile = async (file: string, { detector, ...server }: Server & { detector?: string }) => {
  const labels = detector === undefined ? await readLabels(file) : await sessionLabels(file, detector);
  const unseen = await labelAdmin(server).add(labels);
  // Of thousands of sessions many may lie before the log that came; of series, each is likely to be misspelt.
  if (detector === undefined) warnOf(unseen);
  else if (unseen.length > 0) console.error(`warning: of ${counted(unseen.length, "session")} no line has come yet`);
  const anomalous = labels.filter(({ label }) => label === "anomalous").length;
  console.log(`${thousands(anomalous)} anomalous and ${thousands(labels.length - anomalous)} normal labels imported`);
};

const sessionLabels = async (file: string, detector: string): Promise<GivenLabel[]> => {
  const { readLabels: readKeys } = await import("../logs/labels.ts");
  return Array.from(await readKeys(file), ([session, isAnomalous]) => ({
    ...{ detector, session, label: isAnomalous ? "anomalous" : "normal" },
  }));
};
