import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync } from "node:zlib";
import { scanRows } from "@tidewatch/core/drift/scan";

const USAGE = `Finds known changes in real series, with the statistics of the hourly drift checks.

  node bench/drift.ts FOLDER [--one-model] [--tolerance ROWS] [--json]

FOLDER/truth.json: {series: {reference_rows, step_s, drift_at, kind}}, drift_at null for a series without a change;
FOLDER/<series>.csv.gz: a header, then a value per row. Each series is a model with one feature; with
--one-model all are the features of one, and the correction for many looks goes over all of them.

A change is found when the first alarm comes at it or up to ROWS rows later (288, a day of 5 minutes). An alarm before it, or any in
a series without a change, makes that series a false alarm. Prints both by kind of change, precision, and F1.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    tolerance: { type: "string", default: "288" },
    "one-model": { type: "boolean" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  },
});
const [folder] = positionals;
if (!folder || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}
const truthFile = join(folder, "truth.json");
if (!existsSync(truthFile)) {
  console.log(`${truthFile} is not there: nothing is measured.`);
  process.exit(0);
}

type Truth = { reference_rows: number; step_s: number; drift_at: number | null; kind: string | null };
const truth: Record<string, Truth> = JSON.parse(readFileSync(truthFile, "utf8"));
const tolerance = Number(options.tolerance);

const valuesOf = (series: string): Float64Array => {
  const cells = gunzipSync(readFileSync(join(folder, `${series}.csv.gz`)))
    .toString("utf8")
    .trim()
    .split("\n")
    .slice(1);
  return Float64Array.from(cells, (cell) => (cell === "" ? Number.NaN : Number(cell)));
};

/** Row of the first alarm of each series that has one. */
const firstAlarms = (): Map<string, number> => {
  const names = Object.keys(truth);
  const models = options["one-model"] ? [names] : names.map((name) => [name]);
  const first = new Map<string, number>();
  for (const features of models) {
    const { reference_rows, step_s } = truth[features[0]!]!;
    const columns = features.map(valuesOf);
    const timestamps = columns[0]!.map((_, row) => row * step_s * 1000);
    const { alarms } = scanRows({ timestamps, features, columns }, reference_rows);
    for (const { feature, row } of alarms) {
      if (row >= reference_rows && !first.has(feature)) first.set(feature, row);
    }
  }
  return first;
};

type Kind = { found: number; early: number; of: number };
const kinds = new Map<string, Kind>();
const delays: number[] = [];
const unchanged = { alarmed: 0, of: 0 };
const alarms = firstAlarms();
for (const [series, facts] of Object.entries(truth)) {
  const first = alarms.get(series);
  if (facts.drift_at === null) {
    unchanged.of += 1;
    if (first !== undefined) unchanged.alarmed += 1;
    continue;
  }
  const name = facts.kind ?? "change";
  const kind = kinds.get(name) ?? { found: 0, early: 0, of: 0 };
  kinds.set(name, kind);
  kind.of += 1;
  if (first === undefined) continue;
  if (first < facts.drift_at) kind.early += 1;
  else if (first <= facts.drift_at + tolerance) {
    kind.found += 1;
    delays.push(first - facts.drift_at);
  }
}
const total = (of: keyof Kind) => [...kinds.values()].reduce((sum, kind) => sum + kind[of], 0);
const recall = total("found") / total("of");
const alarmed = total("found") + total("early") + unchanged.alarmed;
const precision = alarmed === 0 ? 0 : total("found") / alarmed;
const f1 = total("found") === 0 ? 0 : (2 * precision * recall) / (precision + recall);
const falseAlarmShare = unchanged.alarmed / unchanged.of;
const medianDelayRows = delays.sort((a, b) => a - b)[delays.length >> 1] ?? null;
const result = { series: Object.keys(truth).length, f1, recall, precision, falseAlarmShare, medianDelayRows };
if (options.json) {
  console.log(JSON.stringify({ ...result, kinds: Object.fromEntries(kinds) }, null, 2));
} else {
  const figure = (value: number) => value.toFixed(3);
  console.log(`${result.series} series: F1 ${figure(f1)}, recall ${figure(recall)}, precision ${figure(precision)}`);
  console.log(
    `false alarms in ${figure(falseAlarmShare)} of those without a change; delay ${medianDelayRows} rows (median)`,
  );
  for (const [name, { found, early, of }] of [...kinds].sort()) {
    console.log(`  ${name.padEnd(10)} ${found} of ${of} found, ${early} too early`);
  }
}
