import { Command, Option } from "commander";
import { UsageError } from "../failure.ts";
import type { LogOptions } from "../logs/log-events.ts";
import type { LogScoreOptions } from "../logs/score.ts";
import type { ServerSessionsOptions, ServerTemplatesOptions } from "../logs/server.ts";
import type { LogTrainOptions } from "../logs/train.ts";
import { apiKeyOption, count, examples, jsonOption, urlOption } from "../options.ts";

export const logsCommand = () => {
  const command = new Command("logs").description("find the templates of log lines, judge sessions, explain verdicts");
  inputOf(command.command("parse"))
    .description("say of each line which template it has")
    .requiredOption("-o, --output <file>", "CSV: line_id, event_id, template; - is standard output")
    .action(async (options: LogOptions & { output: string }) => (await import("../logs/run.ts")).runParse(options));
  serverOf(formatOf(command.command("templates")))
    .description("list the templates of a log file, most frequent first, or those of a server's detector, newest first")
    .option("-i, --input <file>", "log lines, gzipped or not; - is standard input (default: ask the server)")
    .addOption(new Option("--status <status>", "of a server's: only these").choices(["known", "new", "vanished"]))
    .addOption(jsonOption())
    .action(templates);
  serverOf(command.command("sessions"))
    .description("list the sessions that a server found anomalous, newest first, or explain the one with this key")
    .argument("[key]", "the session's key, such as blk_-6952")
    .option("-n, --limit <count>", "sessions listed", count, 20)
    .addOption(jsonOption())
    .action(async (key: string | undefined, options: ServerSessionsOptions) => {
      const { explainSession, listSessions } = await import("../logs/server.ts");
      await (key === undefined ? listSessions(options) : explainSession(key, options));
    });
  inputOf(command.command("score"))
    .description("judge sessions, lines of one key, by how those of a training log look")
    .requiredOption("-s, --session <pattern>", "regular expression (RE2) of the key; its first group, or all of it")
    .requiredOption("-o, --output <file>", "CSV: block_id, score (anomalous from 0.5 on), missing, extra")
    .option("-m, --model <folder>", "what `logs train` wrote: judge by that, and learn nothing")
    .option("-t, --train <file>", "log to learn from (default: the input)")
    .option("--labels <file>", "CSV of session keys and label (1 anomalous, 0 normal): learn from both kinds")
    .option("--normal", "every session of the training log is normal (default: a few may be anomalous)")
    .action(async (options: LogScoreOptions) => (await import("../logs/score.ts")).runLogScore(options));
  inputOf(command.command("train"))
    .description("learn from a log and labels, test it on its last part, and write a model")
    .requiredOption("-s, --session <pattern>", "regular expression (RE2) of the key; its first group, or all of it")
    .requiredOption("-o, --output <folder>", "the model's files; `tidewatch models import` brings them to a server")
    .option("--labels <file>", "CSV of session keys and label (1 anomalous, 0 normal): learn from both kinds")
    .option("--normal", "every session is normal (default, without labels: a few may be anomalous)")
    .option("-r, --report <file>", "HTML page with the test's figures; needs labels of both kinds")
    .addOption(jsonOption())
    .action(async (options: LogTrainOptions) => (await import("../logs/train.ts")).runLogTrain(options));
  return command.addHelpText(
    "after",
    `
A template is a message with <*> for what varies. No setting is needed: the format of the lines is found from the first
ones (syslog, JSON, logfmt, log4j and its kin, web servers, Kubernetes), stack traces are joined to their line. Ids are
hashes of the templates: the same on every machine. parse, score and templates --input need no server.
${examples([
  ["Which kinds of lines are there", "tidewatch logs templates --input app.log.gz"],
  ["The messages of a CSV file", "tidewatch logs parse --input lines.csv.gz --column content --output parsed.csv"],
  [
    "Blocks unlike those of a normal week",
    "tidewatch logs score --train week.log --normal --input today.log --session 'blk_-?\\d+' -o blocks.csv",
  ],
  ["What a server found anomalous", "tidewatch logs sessions --detector hdfs"],
  ["… and why, with the raw lines", "tidewatch logs sessions blk_-6952 --detector hdfs"],
  ["Kinds of lines that no model knows yet", "tidewatch logs templates --detector hdfs --status new"],
  [
    "A model from labels, and a report on it",
    "tidewatch logs train --input hdfs.log --labels labels.csv --session 'blk_-?\\d+' -o model --report report.html",
  ],
  [
    "A format of your own",
    "tidewatch logs parse -i old.log --format '<Label> <Date> <Time> <Level> <Content>' -o parsed.csv",
  ],
])}`,
  );
};

const inputOf = (command: Command): Command =>
  formatOf(command.requiredOption("-i, --input <file>", "log lines, gzipped or not; - is standard input"));

const formatOf = (command: Command): Command =>
  command
    .option("--column <name>", "the input is CSV, and the messages are in this column")
    .option("--format <format>", "auto, plain, or a pattern with <Content> (default: auto; plain for a CSV column)");

const serverOf = (command: Command): Command =>
  command
    .option("-d, --detector <id>", "the detector's id; may be left out where the server has one of logs only")
    .addOption(urlOption())
    .addOption(apiKeyOption());

type TemplatesOptions = Partial<LogOptions> & ServerTemplatesOptions;

const templates = async ({ input, ...options }: TemplatesOptions) => {
  if (input === undefined) return (await import("../logs/server.ts")).listTemplates(options);
  if (options.detector !== undefined || options.status !== undefined) {
    throw new UsageError("--input reads a file, --detector and --status ask a server: give one or the other.");
  }
  await (await import("../logs/run.ts")).runTemplates({ ...options, input });
};
