import { Command } from "commander";
import { examples, positive } from "../options.ts";
import type { ScoreOptions } from "../score/run.ts";

export const scoreCommand = () =>
  new Command("score")
    .description("score a CSV file with the stages that the pipeline runs; needs no server")
    .requiredOption(
      "-i, --input <file>",
      "CSV with a header: timestamp, then one column per metric; - is standard input",
    )
    .requiredOption("-o, --output <file>", "CSV with one row per input row; - is standard output")
    .option("-d, --detector <file>", "what to watch and how, as JSON (default: every column, all defaults)")
    .option(
      "-t, --train <file>",
      "train on this file, on rows that are normal (default: on the first rows of the input, which then get score 0)",
    )
    .option("--label-column <name>", "column of --train that holds 0, 1 or nothing: see below", "label")
    .option("--interval <seconds>", "seconds between rows, for files without a timestamp column", positive)
    .option("--timestamp-column <name>", "column that holds the time (default: timestamp, time, date, …)")
    .option("--skip-bad", "leave out rows whose time or number of cells is wrong, instead of stopping there")
    .addHelpText(
      "after",
      `
Output columns: timestamp, anomaly_score (−log10 of the chance that a training row is as strange; 3 is one in a
thousand), is_anomaly, grade (0 to 1), expected_<metric>…, attribution (cpu:0.7;memory:0.3). The score of a row depends
on earlier rows only. A detector that learns from labels (random-forest) takes them from the column label of --train: 1 is
anomalous, 0 normal, an empty cell unknown and not learnt from. Files are read as a stream and may be gzipped; memory does not grow with them.
${examples([
  ["One file: its first rows train the model", "tidewatch score --input series.csv.gz --output scored.csv"],
  ["Train on what was normal", "tidewatch score --train october.csv --input november.csv --output scored.csv"],
  [
    "Learn from labelled rows",
    "tidewatch score --detector forest.json --train labelled.csv --input new.csv --output scored.csv",
  ],
  ["Only the anomalies", "tidewatch score -i series.csv -o - | awk -F, 'NR == 1 || $3 == 1'"],
])}`,
    )
    // Loading ONNX Runtime takes a while; the other commands do without it.
    .action(async (options: ScoreOptions) => (await import("../score/run.ts")).runScore(options));
