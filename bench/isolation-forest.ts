import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { exportForest } from "@tidewatch/core/model/isolation-forest/export";
import { fitForest } from "@tidewatch/core/model/isolation-forest/fit";
import type { Rows } from "@tidewatch/core/model/isolation-forest/grow";
import { scoreForest } from "@tidewatch/core/model/isolation-forest/score";
import { randomOf } from "@tidewatch/core/model/random";
import { onnxRuntime } from "@tidewatch/functions/onnx-runtime";
import { quantile, stopwatch } from "./measure.ts";

const USAGE = `Isolation forest against scikit-learn: 100 trees of 256 rows, the same data, CPU time, in turns.

  node bench/isolation-forest.ts           needs a Python with scikit-learn: PYTHON, or /usr/bin/python3

Prints median CPU milliseconds to fit and to score (ONNX Runtime, and the trainer's own scorer) and their ratios, the mean area
under the curve of both on rows of which 2 % are strange, and the highest memory of both processes, data included.`;

const SIZES = [
  { count: 20_000, columns: 3 },
  { count: 50_000, columns: 30 },
  { count: 200_000, columns: 10 },
];
const PARAMS = { trees: 100, sampleSize: 256, seed: 1 };
const TURNS = 9;
const STRANGE_EVERY = 50;

/** Correlated log-normal columns; a row in fifty has a third of its columns three standard deviations off. */
const madeRows = (count: number, columns: number): Rows => {
  const random = randomOf(columns);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
  const values = new Float32Array(count * columns);
  for (let row = 0; row < count; row++) {
    const common = normal();
    for (let column = 0; column < columns; column++) {
      const shift = row % STRANGE_EVERY === 0 && column % 3 === 0 ? 3 : 0;
      values[row * columns + column] = Math.exp(0.4 * (0.5 * common + normal() + shift));
    }
  }
  return { values, columns, count };
};

const areaUnderCurve = (scores: ArrayLike<number>): number => {
  const order = Uint32Array.from({ length: scores.length }, (_, row) => row).sort((a, b) => scores[a]! - scores[b]!);
  let [ordinary, wins, strange] = [0, 0, 0];
  for (const row of order) {
    if (row % STRANGE_EVERY !== 0) ordinary++;
    else {
      strange++;
      wins += ordinary;
    }
  }
  return wins / (ordinary * strange);
};

type Answer = { version: string; cpuSeconds: number; peakKilobytes: number };
const python = process.env.PYTHON ?? "/usr/bin/python3";
const startPeer = async () => {
  const peer: ChildProcessWithoutNullStreams = spawn(python, [
    fileURLToPath(new URL("isolation-forest.py", import.meta.url)),
  ]);
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Answer> => {
    const { value, done } = await lines.next();
    if (done) throw new Error("scikit-learn's side ended early");
    return JSON.parse(value);
  };
  const { version } = await next();
  return {
    version,
    ask: (command: string) => {
      peer.stdin.write(`${command}\n`);
      return next();
    },
    end: () => peer.stdin.end(),
  };
};
type Peer = Awaited<ReturnType<typeof startPeer>>;

const cpuSeconds = async (work: () => unknown): Promise<number> => {
  const time = stopwatch();
  await work();
  return time().cpuSeconds;
};
const median = (values: readonly number[]): number =>
  quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );

const compare = async (peer: Peer, rows: Rows, folder: string) => {
  const { values, columns, count } = rows;
  const [data, theirScores] = [join(folder, "rows.f32"), join(folder, "scores.f64")];
  writeFileSync(data, values);
  await peer.ask(`load ${data} ${count} ${columns}`);
  const model = await onnxRuntime().load(exportForest(fitForest(rows, PARAMS).forest));
  const turns = { fit: [], theirFit: [], runtime: [], own: [], theirScore: [], area: [], theirArea: [] };
  const note = (name: keyof typeof turns, value: number) => (turns[name] as number[]).push(value);
  let peakKilobytes = 0;
  for (let turn = 0; turn < TURNS; turn++) {
    note("fit", await cpuSeconds(() => fitForest(rows, { ...PARAMS, seed: turn })));
    note("theirFit", (await peer.ask(`fit ${turn}`)).cpuSeconds);
    const { forest } = fitForest(rows, { ...PARAMS, seed: turn });
    note("runtime", await cpuSeconds(() => model.run(values, count)));
    const theirs = await peer.ask("score");
    note("theirScore", theirs.cpuSeconds);
    note("own", await cpuSeconds(() => scoreForest(forest, values, count)));
    peakKilobytes = theirs.peakKilobytes;
    note("area", areaUnderCurve(scoreForest(forest, values, count)));
    await peer.ask(`write ${theirScores}`);
    // scikit-learn's scores are negated: lower is stranger.
    const negated = new Float64Array(new Uint8Array(readFileSync(theirScores)).buffer).map((score) => -score);
    note("theirArea", areaUnderCurve(negated));
  }
  const ms = (name: keyof typeof turns) => median(turns[name]) * 1000;
  const average = (list: readonly number[]) => list.reduce((sum, value) => sum + value / list.length, 0).toFixed(4);
  return {
    rows: `${count} × ${columns}`,
    "fit ms": ms("fit").toFixed(1),
    sklearn: ms("theirFit").toFixed(0),
    ratio: (ms("fit") / ms("theirFit")).toFixed(3),
    "score ms: ORT": ms("runtime").toFixed(0),
    own: ms("own").toFixed(0),
    "sklearn ": ms("theirScore").toFixed(0),
    "ratio ORT": (ms("runtime") / ms("theirScore")).toFixed(3),
    "ratio own": (ms("own") / ms("theirScore")).toFixed(3),
    AUC: average(turns.area),
    "AUC sklearn": average(turns.theirArea),
    "RSS MB": (process.resourceUsage().maxRSS / 1024).toFixed(0),
    "RSS sklearn": (peakKilobytes / 1024).toFixed(0),
  };
};

const run = async (): Promise<void> => {
  if (process.argv.length > 2) return console.log(USAGE);
  if (spawnSync(python, ["-c", "import sklearn"]).status !== 0) {
    return console.log(`isolation-forest skipped: ${python} has no scikit-learn (Debian: python3-sklearn)`);
  }
  const folder = mkdtempSync(join(tmpdir(), "isolation-forest-"));
  const peer = await startPeer();
  try {
    const results = [];
    for (const { count, columns } of SIZES) results.push(await compare(peer, madeRows(count, columns), folder));
    console.log(`scikit-learn ${peer.version}, Node ${process.version}; medians of ${TURNS} turns, CPU time`);
    console.table(results);
  } finally {
    peer.end();
    rmSync(folder, { recursive: true });
  }
};

await run();
