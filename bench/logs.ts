import { parseArgs } from "node:util";
import { table } from "../packages/cli/src/output/table.ts";
import { grouping, hasLogparse } from "./log-grouping.ts";
import { hasHdfs, minedBlocks, referenceBlocks } from "./log-hdfs.ts";
import { memory, speed } from "./log-speed.ts";
import { beforeTheEnd, type Row, withLabels, withoutLabels } from "./log-verdicts.ts";

const USAGE = `Measures log templates, sessions and verdicts, as one table.

  node bench/logs.ts --hdfs HDFS --logparse LOGPARSE
  node bench/logs.ts HDFS --only speed,memory,normal,unlabelled,labelled,stream

HDFS holds {raw_logs,sequences,labels}.csv.gz and templates.csv, LOGPARSE <System>.{input,truth}.csv.gz. F1 is at the
ratio of the whole data set (558,223 normal : 16,838 anomalous blocks) unless the row says otherwise. Random halves put
blocks with equal lines on both sides: the chronological and the deduplicated row say what is left without that help.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hdfs: { type: "string" },
    logparse: { type: "string" },
    only: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});
const { logparse } = options;
const hdfs = options.hdfs ?? positionals[0];
if ((!hdfs && !logparse) || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}

const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};
const mined = once(() => minedBlocks(hdfs!));
const reference = once(() => referenceBlocks(hdfs!));
const [ALL, SAMPLE] = ["all blocks, reference events", "2 % sample, templates from raw lines"];

const HDFS_PARTS: Record<string, () => Row[] | Promise<Row[]>> = {
  speed: () => speed(hdfs!),
  memory: () => memory(mined().blocks),
  normal: () => [
    ...[3300, 8000].flatMap((count) => withoutLabels(ALL, reference(), count, "normal")),
    ...withoutLabels(SAMPLE, mined(), 3300, "normal"),
  ],
  unlabelled: () => [
    ...withoutLabels(ALL, reference(), 3300, "unlabelled"),
    ...withoutLabels(SAMPLE, mined(), 3300, "unlabelled"),
  ],
  labelled: () => withLabels(mined().blocks, reference().blocks),
  stream: () => beforeTheEnd(mined()),
};

const absent: string[] = [];
const parts = new Map<string, () => Row[] | Promise<Row[]>>();
if (hdfs && hasHdfs(hdfs)) for (const [name, part] of Object.entries(HDFS_PARTS)) parts.set(name, part);
else absent.push(hdfs ? `${hdfs} has no raw_logs.csv.gz` : "no path of HDFS was given (--hdfs)");
if (logparse && hasLogparse(logparse)) parts.set("grouping", () => grouping(logparse));
else absent.push(logparse ? `${logparse} has no *.truth.csv.gz` : "no path of logparse was given (--logparse)");

const wanted = options.only?.split(",") ?? [...parts.keys()];
const unknown = wanted.filter((name) => name !== "grouping" && !(name in HDFS_PARTS));
if (unknown.length > 0) throw new Error(`--only takes ${[...Object.keys(HDFS_PARTS), "grouping"].join(", ")}`);
const rows: Row[] = [];
for (const name of wanted) rows.push(...((await parts.get(name)?.()) ?? []));
console.log(table(["measure", "data", "figure", ""], rows));
for (const what of absent) console.log(`Not measured: ${what}.`);
