import { FAMILY_NAMES, type FamilyName } from "@tidewatch/core/model/families";
import { Command, InvalidArgumentError } from "commander";
import type { EvaluateOptions } from "../evaluate/run.ts";
import { examples, jsonOption, positive, share } from "../options.ts";

/** Half of each series, so that both halves have seen most of what a series does. */
const DEFAULT_TRAIN_SHARE = 0.5;

const familyNames = (text: string): FamilyName[] => {
  const names = [...new Set(text.split(",").map((name) => name.trim()))];
  const isFamily = (name: string): name is FamilyName => (FAMILY_NAMES as string[]).includes(name);
  const unknown = names.find((name) => !isFamily(name));
  if (unknown === undefined) return names.filter(isFamily);
  throw new InvalidArgumentError(`There is no family "${unknown}"; there are ${FAMILY_NAMES.join(", ")}.`);
};

const partialShare = (text: string): number => {
  const value = share(text);
  if (value === 0 || value === 1) throw new InvalidArgumentError("It must leave rows on both sides: above 0, below 1.");
  return value;
};

export const evaluateCommand = () =>
  new Command("evaluate")
    .description("compare model families on labelled series, with the stages that the pipeline runs; needs no server")
    .argument("<folder>", "a CSV per series, in any depth, with a label column or a labels.json")
    .option("-f, --families <list>", `families, comma-separated (default: ${FAMILY_NAMES.join(",")})`, familyNames)
    .option("-d, --detector <file>", "what to watch and how, as JSON (default: every column, all defaults)")
    .option(
      "--train-share <share>",
      "part of each series that trains: always its first rows",
      partialShare,
      DEFAULT_TRAIN_SHARE,
    )
    .option("--train-suffix <text>", "every series has a training file with this ending (default: .train, where it is)")
    .option("-l, --labels <file>", "label file of all series (default: the nearest labels.json or windows.json)")
    .option("--label-column <name>", "column that holds 0 (normal) and 1 (anomalous)", "label")
    .option("--interval <seconds>", "seconds between rows, for files without a timestamp column", positive)
    .option("--timestamp-column <name>", "column that holds the time (default: timestamp, time, date, …)")
    .option("-o, --output <dir>", "writes each score: <dir>/<family>/<series>.csv")
    .addOption(jsonOption())
    .addHelpText("after", HELP)
    // Loading ONNX Runtime takes a while; the other commands do without it.
    .action(async (folder: string, options: EvaluateOptions) =>
      (await import("../evaluate/run.ts")).runEvaluate(folder, options),
    );

const HELP = `
The folder:
  web.csv[.gz]                       timestamp, a column per metric, label (0 or 1): its first half trains
  db.train.csv, db.test.csv          or db.train.csv and db.csv: the training part is a file of its own, and earlier
  labels.json                        instead of the column: {"web": [["2026-01-05 10:00", "2026-01-05 12:30"], …],
                                     "db": {"segments": [[120, 141], …], "step_s": 60}}; numbers are rows from 0

Rows are never drawn at random: what trains is always earlier than what is judged. Three baselines stand below the
families: a score that is worth having beats random scores, the distance from a rolling mean (rolling-z), and a linear
forecast of each metric from its last ten values (autoregression). Families that cannot be applied (no labels, too few
metrics or rows) are named with the reason. Columns are explained below the table; more in docs/evaluate.md.
${examples([
  ["All families on your own incidents", "tidewatch evaluate incidents/"],
  [
    "Two of them, more to judge, every figure for a script",
    "tidewatch evaluate incidents/ -f stream,var --train-share 0.3 --json",
  ],
  ["Your detector's features and sensitivity", "tidewatch evaluate incidents/ --detector web.json"],
  ["Keep the scores", "tidewatch evaluate incidents/ --output scores/"],
])}`;
