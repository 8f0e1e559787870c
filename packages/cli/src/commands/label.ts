import type { NewLabel } from "@tidewatch/core/store/labels";
import { Command, InvalidArgumentError, Option } from "commander";
import type { Server } from "../http/client.ts";
import { parseTimestamp } from "../input/timestamp.ts";
import { labelAdmin } from "../labels/label-admin.ts";
import { labelTable, spanText } from "../labels/label-text.ts";
import { readLabels } from "../labels/read-labels.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";
import { thousands } from "../output/progress.ts";

type Span = { detector: string; entity: string; from: number; to: number };

export const labelCommand = () => {
  const command = new Command("label").description(
    "say what was anomalous and what was normal, for models that learn it",
  );
  spanOf(serverOf(command.command("add")))
    .description("label the rows of a time span of one series")
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
    .action(importFile);
  return command.addHelpText("after", HELP);
};

const HELP = `
Labels teach detectors whose model family learns from them (random-forest). Such a detector waits until it has rows of both
kinds, and enough of them (minTrainingRows); \`tidewatch status\` says how many there are. It is then trained by itself. Later
labels change no model: \`tidewatch detectors train ID\` learns them.

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
  ["Many at once; of one import's labels that overlap the shorter one holds", "tidewatch label import incidents.csv"],
])}`;

const serverOf = (command: Command): Command => command.addOption(urlOption()).addOption(apiKeyOption());

const spanOf = (command: Command): Command =>
  command
    .requiredOption("-d, --detector <id>", "the detector's id")
    .requiredOption("-e, --entity <name>", "the series: what its events name as entity")
    .requiredOption("-f, --from <time>", "begin of the span", time)
    .requiredOption("-t, --to <time>", "end of the span, which is not part of it", time);

const time = (text: string): number => {
  const ms = parseTimestamp(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('It must be a time such as 2026-06-09T14:20:00Z, "2026-06-09 14:20" or 1780000000.');
};

type AddOptions = Server & Span & { as: NewLabel["label"]; note?: string };

const add = async ({ detector, entity, from, to, as, note, ...server }: AddOptions) => {
  const label = { detector, entity, fromMs: from, toMs: to, label: as, ...(note === undefined ? {} : { note }) };
  warnOf(await labelAdmin(server).add([label]));
  console.log(`${entity}: ${as} ${spanText(from, to)}`);
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

const remove = async ({ detector, entity, from, to, ...server }: Server & Span) => {
  await labelAdmin(server).remove({ detector, entity, fromMs: from, toMs: to });
  console.log(`${entity}: label removed, ${spanText(from, to)}`);
};

const importFile = async (file: string, server: Server) => {
  const labels = await readLabels(file);
  warnOf(await labelAdmin(server).add(labels));
  const anomalous = labels.filter(({ label }) => label === "anomalous").length;
  console.log(`${thousands(anomalous)} anomalous and ${thousands(labels.length - anomalous)} normal labels imported`);
};
