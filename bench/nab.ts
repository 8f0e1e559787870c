import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { encodeStream } from "@tidewatch/core/model/stream/codec";
import { freshStream } from "@tidewatch/core/model/stream/state";
import { updateStream } from "@tidewatch/core/model/stream/update";
import { thresholdOf } from "@tidewatch/core/score/threshold";
import { stopwatch } from "./measure.ts";

const USAGE = `Runs the online detector over single metrics laid out as in the Numenta Anomaly Benchmark.

  node bench/nab.ts DIRECTORY [--output RESULTS]

DIRECTORY (or TIDEWATCH_NAB_DIR) holds data/<category>/<series>.csv[.gz] with the columns timestamp,value.
RESULTS gets <category>/<series>.csv with timestamp,anomaly_score, one row per row of the data: what NAB's scorer reads.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { output: { type: "string" }, help: { type: "boolean", short: "h", default: false } },
});

/** As of a detector that says nothing else. */
const SENSITIVITY = 5;

type Series = { name: string; times: string[]; values: number[] };

const read = (root: string, name: string): Series => {
  const bytes = readFileSync(join(root, name));
  const [header, ...lines] = (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString().trim().split(/\r?\n/);
  const columns = header!.split(",").map((column) => column.trim());
  const [time, value] = [columns.indexOf("timestamp"), columns.indexOf("value")];
  const rows = lines.map((line) => line.split(","));
  return {
    name: name.replace(/\.gz$/, ""),
    times: rows.map((row) => row[time]!),
    values: rows.map((row) => (row[value] ? Number(row[value]) : Number.NaN)),
  };
};

/** "2014-04-01 00:05:00" in UTC, or seconds. */
const millisecondsOf = (time: string): number =>
  /^\d+(\.\d+)?$/.test(time) ? Number(time) * 1000 : Date.parse(`${time.replace(" ", "T")}Z`);

const run = (): void => {
  const directory = positionals[0] ?? process.env.TIDEWATCH_NAB_DIR;
  if (options.help || !directory) {
    console.error(options.help ? USAGE : `No data: name a directory, or set TIDEWATCH_NAB_DIR.\n\n${USAGE}`);
    process.exitCode = options.help ? 0 : 2;
    return;
  }
  const root = join(directory, "data");
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.csv(\.gz)?$/.test(name));
  const threshold = thresholdOf(SENSITIVITY);
  let rows = 0;
  let cpuSeconds = 0;
  let largest = 0;
  for (const name of names.sort()) {
    const series = read(root, name);
    const times = series.times.map(millisecondsOf);
    const scores = new Float64Array(times.length);
    const state = freshStream();
    const stop = stopwatch();
    for (let row = 0; row < scores.length; row++) {
      scores[row] = updateStream(state, series.values[row]!, times[row]!, threshold).score;
    }
    cpuSeconds += stop().cpuSeconds;
    rows += scores.length;
    largest = Math.max(largest, encodeStream(state).length);
    if (options.output) write(join(options.output, series.name), series.times, scores);
  }
  console.log(`${names.length} series, ${rows} rows`);
  console.log(`${((cpuSeconds * 1e6) / rows).toFixed(2)} µs of CPU per update`);
  console.log(`${largest} bytes of state at most`);
};

const write = (path: string, times: readonly string[], scores: Float64Array): void => {
  mkdirSync(dirname(path), { recursive: true });
  const lines = times.map((time, row) => `${time},${scores[row]}`);
  writeFileSync(path, `timestamp,anomaly_score\n${lines.join("\n")}\n`);
};

run();
