import { Command } from "commander";
import { driftAdmin } from "../drift/drift-admin.ts";
import { checkText, summaryTable } from "../drift/drift-text.ts";
import type { ScanOptions } from "../drift/scan.ts";
import type { Server } from "../http/client.ts";
import { apiKeyOption, count, examples, jsonOption, positive, urlOption } from "../options.ts";

export const driftCommand = () => {
  const command = new Command("drift").description("what comes in, compared with what a model learnt");
  command
    .command("scan")
    .description("find changes in a CSV file, hour by hour, against its own first rows; needs no server")
    .requiredOption(
      "-i, --input <file>",
      "CSV with a header: a column per metric, perhaps a timestamp; - is standard input",
    )
    .requiredOption("-r, --reference-rows <count>", "first rows that are the reference; better a week of them", count)
    .requiredOption("-o, --output <file>", "JSON: {alarms: [row …], …}; - is standard output")
    .option("--interval <seconds>", "seconds between rows of a file without times (default: 300)", positive)
    .option("--timestamp-column <name>", "column that holds the time (default: timestamp, time, date, …)")
    .option("--skip-bad", "leave out rows whose time or number of cells is wrong, instead of stopping there")
    // The other commands do without what a scan takes.
    .action(async (options: ScanOptions) => (await import("../drift/scan.ts")).runScan(options));
  serverOf(command.command("list")).description("the newest check of each detector").action(list);
  serverOf(command.command("show"))
    .description("what the newest check of a detector found")
    .argument("<detector>", "its id")
    .option("-n, --checks <count>", "so many checks, the newest first", count, 1)
    .action(show);
  serverOf(command.command("check"))
    .description("check a detector now, up to its last full hour")
    .argument("<detector>", "its id")
    .action(check);
  return command.addHelpText("after", HELP);
};

const HELP = `
A server checks every detector each hour by itself; \`drift\` in the detector's document says how, and docs/drift.md what is
compared. \`scan\` judges a file with the same statistics: rows are counted from 0, an alarm is the last row of the hour after
which the change was certain. The reference is the rows before; it should hold no change, and a whole week.
${examples([
  ["Changes in a file after its first week of 5 minutes", "tidewatch drift scan -i load.csv.gz -r 2016 -o alarms.json"],
  ["Rows of the alarms", "tidewatch drift scan -i load.csv -r 2016 -o - | jq .alarms"],
  ["Which detectors have drifted", "tidewatch drift list"],
  ["What has drifted, since when, by how much", "tidewatch drift show web"],
  ["Do not wait for the hour", "tidewatch drift check web"],
])}`;

const serverOf = (command: Command): Command =>
  command.addOption(urlOption()).addOption(apiKeyOption()).addOption(jsonOption());

type Shown = Server & { json?: true };

const list = async ({ json, ...server }: Shown) => {
  const summaries = await driftAdmin(server).list();
  if (json) return console.log(JSON.stringify(summaries, null, 2));
  if (summaries.length === 0) {
    return console.log("No detector was checked yet: a check needs a model, or a day of rows of a family that learns.");
  }
  console.log(summaryTable(summaries));
};

const show = async (detector: string, { json, checks: limit, ...server }: Shown & { checks: number }) => {
  const checks = await driftAdmin(server).checks(detector, limit);
  if (json) return console.log(JSON.stringify(checks, null, 2));
  if (checks.length === 0) {
    return console.log(`"${detector}" was not checked yet; \`tidewatch drift check ${detector}\` does it now.`);
  }
  console.log(checks.map(checkText).join("\n\n"));
};

const check = async (detector: string, { json, ...server }: Shown) => {
  const found = await driftAdmin(server).check(detector);
  console.log(json ? JSON.stringify(found, null, 2) : checkText(found));
};
