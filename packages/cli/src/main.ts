#!/usr/bin/env node
import { Command, CommanderError } from "commander";
import packageJson from "../package.json" with { type: "json" };
import { backtestCommand } from "./commands/backtest.ts";
import { benchCommand } from "./commands/bench.ts";
import { collectCommand } from "./commands/collect.ts";
import { costCommand } from "./commands/cost.ts";
import { datasetsCommand } from "./commands/datasets.ts";
import { detectorsCommand } from "./commands/detectors.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { driftCommand } from "./commands/drift.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { forecastCommand } from "./commands/forecast.ts";
import { keysCommand } from "./commands/keys.ts";
import { labelCommand } from "./commands/label.ts";
import { logsCommand } from "./commands/logs.ts";
import { modelsCommand } from "./commands/models.ts";
import { putCommand } from "./commands/put.ts";
import { redriveCommand } from "./commands/redrive.ts";
import { reportsCommand } from "./commands/reports.ts";
import { retrainCommand } from "./commands/retrain.ts";
import { runsCommand } from "./commands/runs.ts";
import { scoreCommand } from "./commands/score.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { startCommand } from "./commands/start.ts";
import { statusCommand } from "./commands/status.ts";
import { workflowsCommand } from "./commands/workflows.ts";
import { EXIT, failureText, UsageError } from "./failure.ts";
import { examples } from "./options.ts";

const COMMANDS = [
  startCommand(),
  putCommand(),
  collectCommand(),
  simulateCommand(),
  scoreCommand(),
  logsCommand(),
  forecastCommand(),
  evaluateCommand(),
  driftCommand(),
  backtestCommand(),
  detectorsCommand(),
  labelCommand(),
  datasetsCommand(),
  modelsCommand(),
  runsCommand(),
  reportsCommand(),
  retrainCommand(),
  workflowsCommand(),
  keysCommand(),
  statusCommand(),
  redriveCommand(),
  doctorCommand(),
  costCommand(),
  benchCommand(),
];

/** Settings such as `exitOverride` reach only commands that were made by their parent, so they are handed down here. */
const adopt = (parent: Command, command: Command): void => {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) adopt(command, child);
};

const program = new Command("tidewatch")
  .description("Finds anomalies in metrics and logs, on this machine or in your own AWS account.")
  .version(packageJson.version)
  .option("--debug", "show stack traces of errors")
  .showHelpAfterError("(add --help for what it takes)")
  .exitOverride()
  .addHelpText(
    "after",
    examples([
      ["Score a file, without a server", "tidewatch score --input series.csv --output scored.csv"],
      ["Send this machine's metrics to a server that runs", "tidewatch collect --url http://127.0.0.1:3000"],
      ["See whether this machine has all it takes", "tidewatch doctor"],
    ]),
  );
for (const command of COMMANDS) {
  program.addCommand(command);
  adopt(program, command);
}

// The reader of a pipe may go away first (`tidewatch simulate | head`): that ends us without a complaint.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.ok);
});

const report = (error: unknown): number => {
  // Commander has printed help, version or its usage error already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  console.error(`tidewatch: ${failureText(error)}`);
  if (program.opts().debug) console.error(error);
  return error instanceof UsageError ? EXIT.usage : EXIT.failure;
};

process.exitCode = await program.parseAsync().then(
  () => process.exitCode ?? EXIT.ok,
  (error: unknown) => report(error),
);
