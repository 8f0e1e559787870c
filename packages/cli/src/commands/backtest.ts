import { Command, InvalidArgumentError, Option } from "commander";
import type { BacktestOptions } from "../backtest/run.ts";
import { parseTimestamp } from "../input/timestamp.ts";
import { apiKeyOption, examples, jsonOption, urlOption } from "../options.ts";

export const backtestCommand = () =>
  new Command("backtest")
    .description("score a detector's history again with another version, and compare the incidents with what was live")
    .requiredOption("-d, --detector <id>", "the detector's id")
    .requiredOption(
      "-m, --model <name@version>",
      "which version, such as web@3; `tidewatch models show` lists them",
      model,
    )
    .requiredOption("-f, --from <time>", "begin of the rows, by their time", time)
    .option("-t, --to <time>", "end, which is not part of them (default: now)", time)
    .addOption(urlOption())
    .addOption(apiKeyOption())
    .addOption(
      new Option("-D, --directory <folder>", "over this local data folder, without a server").conflicts([
        "table",
        "bucket",
      ]),
    )
    .addOption(new Option("--table <name>", "over this DynamoDB table, with your AWS credentials"))
    .addOption(new Option("-b, --bucket <name>", "and this bucket"))
    .addOption(jsonOption())
    .action(async (options: BacktestOptions) => {
      const { runBacktest } = await import("../backtest/run.ts");
      await runBacktest(options);
    })
    .addHelpText("after", HELP);

const HELP = `
New incidents are those that only the other version reports, vanished ones only the version that was live, common ones both:
they were open at the same time. The detector's rules hold as they are now. Nothing is changed, and nobody is told.

Times are RFC 3339, YYYY-MM-DD [HH:MM[:SS]] (UTC), or epoch seconds or milliseconds.
${examples([
  ["What would version 3 have said last week?", "tidewatch backtest -d web -m web@3 --from 2026-11-14 --to 2026-11-21"],
  ["Over a data folder, for a program", "tidewatch backtest -d web -m web@3 --from 2026-11-14 -D data --json"],
])}`;

const model = (text: string): { name: string; version: number } => {
  const [, name, version] = /^([^@]+)@([1-9]\d{0,7})$/.exec(text) ?? [];
  if (name && version) return { name, version: Number(version) };
  throw new InvalidArgumentError("It must be a name and a version number, such as web@3.");
};

const time = (text: string): number => {
  const ms = parseTimestamp(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('It must be a time such as 2026-06-09T14:20:00Z, "2026-06-09 14:20" or 1780000000.');
};
