import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { areaUnderCurve } from "@tidewatch/core/model/random-forest/area-under-curve";
import { exportRandomForest } from "@tidewatch/core/model/random-forest/export";
import { fitRandomForest, RANDOM_FOREST_PARAMS } from "@tidewatch/core/model/random-forest/fit";
import { permutationImportance } from "@tidewatch/core/model/random-forest/importance";
import type { LabelledRows } from "@tidewatch/core/model/random-forest/rows";
import { scoreRandomForest } from "@tidewatch/core/model/random-forest/score";
import { growInThreads } from "@tidewatch/local/training/forest-threads";
import { COLUMNS, labelledClusters } from "./labelled-clusters.ts";
import { stopwatch } from "./measure.ts";

const USAGE = `Fits random forests of fully grown trees on rows of ${COLUMNS} columns, beside scikit-learn's in turns.

  node bench/random-forest.ts                                     50,000 rows, one thread, three rounds
  node bench/random-forest.ts --rows 1000000 --threads 2 --alone  without scikit-learn
  node bench/random-forest.ts --defaults                          our defaults: leaves of 3 rows, balanced labels

Each fit is a process of its own. CPU and wall time are of the fit alone, memory is the process's peak, rows included.`;

const { values: options } = parseArgs({
  options: {
    rows: { type: "string", default: "50000" },
    trees: { type: "string", default: "100" },
    threads: { type: "string", default: "1" },
    rounds: { type: "string", default: "3" },
    alone: { type: "boolean", default: false },
    defaults: { type: "boolean", default: false },
    /** Internal: fit the rows of this folder and print the result. */
    fit: { type: "string" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", short: "h", default: false },
  },
});
const [rowCount, trees, threads, rounds] = [options.rows, options.trees, options.threads, options.rounds].map(
  Number,
) as [number, number, number, number];
const TEST_ROWS = 20_000;
const PARTS = { train: rowCount, test: TEST_ROWS };
const MODES = { false: { minLeafRows: 1, classWeights: "none" }, true: {} } as const;

type Result = { cpuSeconds: number; wallSeconds: number; peakMegabytes: number; area: number; nodes: number };
type OwnResult = Result & { outOfBag: number; onnxMegabytes: number; exportMs: number; importanceMs: number };

const peakMegabytes = (): number => Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1]) / 1000;

const readRows = (folder: string, part: string): LabelledRows => {
  const bytes = readFileSync(join(folder, `${part}.rows`));
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  return {
    values,
    labels: readFileSync(join(folder, `${part}.labels`)),
    columns: COLUMNS,
    count: values.length / COLUMNS,
  };
};

const fitHere = async (folder: string): Promise<OwnResult> => {
  const train = readRows(folder, "train");
  const seed = Number(options.seed);
  const params = { ...RANDOM_FOREST_PARAMS, trees, seed, ...MODES[`${options.defaults}`] };
  const stop = stopwatch();
  const fitted = await fitRandomForest(train, params, growInThreads(threads));
  const cost = stop();
  const peak = peakMegabytes();
  const test = readRows(folder, "test");
  const area = areaUnderCurve(scoreRandomForest(fitted.forest, test.values, test.count), test.labels);
  const started = performance.now();
  const onnx = exportRandomForest(fitted.forest);
  const exported = performance.now();
  permutationImportance(fitted.forest, train, { seed, featureCount: COLUMNS });
  return {
    ...cost,
    peakMegabytes: peak,
    area,
    nodes: fitted.forest.feature.length,
    outOfBag: fitted.areaUnderCurve,
    onnxMegabytes: onnx.length / 1e6,
    exportMs: exported - started,
    importanceMs: performance.now() - exported,
  };
};

const resultOf = <T>(command: string, args: readonly string[]): T => {
  const { stdout, stderr, status } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args[0]} failed: ${stderr}`);
  return JSON.parse(stdout) as T;
};

/** Debian's Python, where its packages are, or whichever comes first. */
const pythonWithSklearn = (): string | undefined =>
  ["/usr/bin/python3", "python3"].find((python) => spawnSync(python, ["-c", "import sklearn"]).status === 0);

const row = (name: string, { cpuSeconds, wallSeconds, peakMegabytes: peak, area, nodes }: Result): string =>
  `${name.padEnd(14)} ${cpuSeconds.toFixed(2).padStart(8)} s CPU ${wallSeconds.toFixed(2).padStart(8)} s ` +
  `${peak.toFixed(0).padStart(6)} MB   AUC ${area.toFixed(4)}   ${nodes} nodes`;

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const compare = (folder: string): void => {
  for (const [index, [part, count]] of Object.entries(PARTS).entries()) {
    const { values, labels } = labelledClusters(count, index);
    writeFileSync(join(folder, `${part}.rows`), values);
    writeFileSync(join(folder, `${part}.labels`), labels);
  }
  console.log(`${rowCount} × ${COLUMNS} rows, ${trees} trees, ${threads} thread(s)`);
  const python = options.alone ? undefined : pythonWithSklearn();
  if (!options.alone && !python) {
    console.log("skipped: the comparison with scikit-learn, since no python3 here has it (Debian: python3-sklearn)");
  }
  const [cpu, memory, wall]: [number[], number[], number[]] = [[], [], []];
  for (let round = 1; round <= rounds; round++) {
    const passed = process.argv.slice(2).filter((option) => option !== "--alone");
    const ours = resultOf<OwnResult>(process.execPath, [
      import.meta.filename,
      ...passed,
      "--fit",
      folder,
      "--seed",
      `${round}`,
    ]);
    console.log(row("tidewatch", ours));
    if (round === rounds) {
      console.log(
        `               AUC out of bag ${ours.outOfBag.toFixed(4)}; ONNX ${ours.onnxMegabytes.toFixed(1)} MB in ` +
          `${ours.exportMs.toFixed(0)} ms; permutation importance ${ours.importanceMs.toFixed(0)} ms`,
      );
    }
    if (!python) continue;
    const peer = join(import.meta.dirname, "random-forest.py");
    const theirs = resultOf<Result>(python, [peer, folder, ...[COLUMNS, trees, threads, round].map(String)]);
    console.log(row("scikit-learn", theirs));
    cpu.push(ours.cpuSeconds / theirs.cpuSeconds);
    wall.push(ours.wallSeconds / theirs.wallSeconds);
    memory.push(ours.peakMegabytes / theirs.peakMegabytes);
  }
  if (cpu.length === 0) return;
  const [cpuRatio, wallRatio, memoryRatio] = [cpu, wall, memory].map((ratios) => median(ratios).toFixed(3));
  console.log(`ratio, median: CPU ${cpuRatio} (budget 0.25, aim 0.12), wall ${wallRatio}, memory ${memoryRatio}`);
};

if (options.help) {
  console.log(USAGE);
} else if (options.fit) {
  console.log(JSON.stringify(await fitHere(options.fit)));
} else {
  const folder = mkdtempSync(join(tmpdir(), "tidewatch-forest-"));
  try {
    compare(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
