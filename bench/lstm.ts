import { execFileSync, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type KernelKind, kernelMaker } from "@tidewatch/core/model/lstm/kernels";
import type { LstmShape } from "@tidewatch/core/model/lstm/shape";
import { initialWeights, packWeights } from "@tidewatch/core/model/lstm/weights";
import { randomOf } from "@tidewatch/core/model/random";
import { stopwatch } from "./measure.ts";

const USAGE = `CPU time and memory of one epoch of LSTM training, beside PyTorch's, both on one thread.

  node bench/lstm.ts [--rounds 5] [--python /usr/bin/python3]

The same windows, batches, loss and optimiser on both sides, turn by turn, each in a process of its own; the time is that of the
epoch alone, after three batches. Prints medians, and the median of the paired ratios with the lowest and the highest. Says
so where that Python has no torch (Debian: python3-torch), and prints its own figures only.`;

type Case = { steps: number; features: number; hidden: number; batch: number; windows: number; everyStep: boolean };
type Result = { cpuSeconds: number; loss: number; bytes: number; version?: string };

const CASES: Case[] = [
  { steps: 10, features: 3, hidden: 32, batch: 32, windows: 5000, everyStep: false },
  { steps: 60, features: 3, hidden: 32, batch: 32, windows: 5000, everyStep: false },
  { steps: 30, features: 19, hidden: 32, batch: 64, windows: 5000, everyStep: false },
  { steps: 30, features: 38, hidden: 64, batch: 64, windows: 2000, everyStep: false },
  { steps: 60, features: 3, hidden: 32, batch: 32, windows: 1000, everyStep: true },
  { steps: 20, features: 19, hidden: 32, batch: 8, windows: 2000, everyStep: true },
];

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    python: { type: "string", default: "/usr/bin/python3" },
    help: { type: "boolean", short: "h" },
    epoch: { type: "string" },
    kernels: { type: "string", default: "simd" },
  },
});

/** What bench/lstm_torch.py does. */
const epoch = ({ steps, features, hidden, batch, windows, everyStep }: Case, kind: KernelKind): Result => {
  const inputs = new Float32Array(windows * (steps + 1) * features);
  for (let at = 0; at < inputs.length; at++) {
    const [row, f] = [Math.floor(at / features), at % features];
    const [i, t] = [Math.floor(row / (steps + 1)), row % (steps + 1)];
    inputs[at] = Math.sin((i + t) * 0.1 * (f + 1)) + 0.1 * Math.sin((i * 7 + t * 13 + f) * 1.7);
  }
  const lossFrom = everyStep ? steps >> 2 : steps - 1;
  const shape: LstmShape = { inputs: features, hidden, outputs: features, batch, steps, lossFrom };
  const kernels = kernelMaker(kind)(shape, { rows: windows * (steps + 1), inputs, targets: inputs });
  packWeights(initialWeights(shape, randomOf(1)), shape, kernels.weights);
  let updates = 0;
  const update = (first: number): number => {
    for (let b = 0; b < batch; b++) kernels.starts[b] = (first + b) * (steps + 1);
    kernels.forward();
    const sum = kernels.loss(batch, Number.POSITIVE_INFINITY);
    kernels.backward();
    updates++;
    kernels.adam(1e-3 / (1 - 0.9 ** updates), 1 / Math.sqrt(1 - 0.999 ** updates), 1);
    return sum / (batch * features * (steps - lossFrom));
  };
  for (let warm = 0; warm < 3; warm++) update(0);
  const time = stopwatch();
  const losses: number[] = [];
  for (let first = 0; first + batch <= windows; first += batch) losses.push(update(first));
  const { cpuSeconds } = time();
  const loss = losses.reduce((sum, value) => sum + value / losses.length, 0);
  return { cpuSeconds, loss, bytes: process.resourceUsage().maxRSS * 1024 };
};

if (options.help) {
  console.log(USAGE);
  process.exit(0);
}
if (options.epoch) {
  console.log(JSON.stringify(epoch(JSON.parse(options.epoch), options.kernels as KernelKind)));
  process.exit(0);
}

const here = (file: string) => fileURLToPath(new URL(file, import.meta.url));
const own = (one: Case, kind: KernelKind): Result =>
  JSON.parse(
    execFileSync(process.execPath, [here("lstm.ts"), "--epoch", JSON.stringify(one), "--kernels", kind], {
      encoding: "utf8",
    }),
  );
const torch = (one: Case): Result =>
  JSON.parse(execFileSync(options.python, [here("lstm_torch.py"), JSON.stringify(one)], { encoding: "utf8" }));

const hasTorch = spawnSync(options.python, ["-c", "import torch"]).status === 0;
if (!hasTorch) console.log(`${options.python} has no torch: its part of the comparison is left out`);

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const cpu = (results: readonly Result[]): string =>
  `${median(results.map(({ cpuSeconds }) => cpuSeconds)).toFixed(3)} s`;
const memory = (results: readonly Result[]): string =>
  `${Math.round(median(results.map(({ bytes }) => bytes)) / 1e6)} MB`;
const ratios = (results: readonly Result[], peers: readonly Result[]): string => {
  const paired = results.map(({ cpuSeconds }, round) => cpuSeconds / peers[round]!.cpuSeconds);
  return `ratio ${median(paired).toFixed(2)} [${Math.min(...paired).toFixed(2)}–${Math.max(...paired).toFixed(2)}]`;
};

for (const one of CASES) {
  const runs: { simd: Result[]; relaxed: Result[]; torch: Result[] } = { simd: [], relaxed: [], torch: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    if (hasTorch) runs.torch.push(torch(one));
    runs.simd.push(own(one, "simd"));
    runs.relaxed.push(own(one, "relaxed"));
  }
  const { steps, features, hidden, batch, windows, everyStep } = one;
  console.log(
    `\n${features} features × ${hidden} units, ${windows} windows of ${steps}, batch ${batch}, loss on ${everyStep ? "every" : "the last"} step`,
  );
  if (hasTorch)
    console.log(
      `  torch ${runs.torch[0]!.version}: ${cpu(runs.torch)}, ${memory(runs.torch)}, loss ${runs.torch[0]!.loss.toFixed(4)}`,
    );
  for (const kind of ["simd", "relaxed"] as const) {
    const compared = hasTorch ? `, ${ratios(runs[kind], runs.torch)}` : "";
    console.log(
      `  ${kind}: ${cpu(runs[kind])}, ${memory(runs[kind])}, loss ${runs[kind][0]!.loss.toFixed(4)}${compared}`,
    );
  }
}
