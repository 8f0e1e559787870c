import { parseArgs } from "node:util";
import { detectFormat } from "@tidewatch/core/log/line/detect";
import { encodeSession } from "@tidewatch/core/log/session/codec";
import { findKeys } from "@tidewatch/core/log/session/keys";
import { fitLabelledSessions, sessionProbabilities } from "@tidewatch/core/log/session/labelled";
import { openSessions, takeLine } from "@tidewatch/core/log/session/open-sessions";
import {
  decisiveTemplate,
  fitSignatures,
  SIGNATURE_PARAMS,
  type SignatureModel,
  scoreSignature,
} from "@tidewatch/core/log/session/signature";
import { fitTemplateRules, scoreTemplateRules } from "@tidewatch/core/log/session/template-rules";
import { encodeStore } from "@tidewatch/core/log/template/codec";
import { mineLine, minerOf } from "@tidewatch/core/log/template/miner";
import { templateId } from "@tidewatch/core/log/template/template";
import { shuffled } from "./log-data.ts";
import {
  type Block,
  type BlockSet,
  hasHdfs,
  minedBlocks,
  type Outcome,
  outcomeOf,
  rawLines,
  referenceBlocks,
} from "./log-hdfs.ts";
import { quantile, stopwatch } from "./measure.ts";

const USAGE = `Measures log templates, sessions and verdicts on HDFS blocks.

  node bench/logs.ts HDFS            HDFS/{raw_logs,sequences,labels}.csv.gz, templates.csv
  node bench/logs.ts HDFS --only memory,speed,normal,unlabelled,supervised,stream

F1 is at the ratio of the whole data set (558,223 normal : 16,838 anomalous). Speed is CPU time of one thread, beside
that of splitting the same lines at blanks.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, help: { type: "boolean", short: "h" } },
});
const [folder] = positionals;
if (!folder || options.help) {
  console.log(USAGE);
  process.exit(options.help ? 0 : 2);
}
if (!hasHdfs(folder)) {
  console.log(`${folder} has no raw_logs.csv.gz: nothing measured.`);
  process.exit(0);
}

const thousands = (perSecond: number): string => `${Math.round(perSecond / 1000)}k lines/s`;
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value / values.length, 0);
const told = (outcomes: readonly Outcome[]): string =>
  [
    `F1 ${mean(outcomes.map(({ f1 }) => f1)).toFixed(4)}`,
    `(lowest ${Math.min(...outcomes.map(({ f1 }) => f1)).toFixed(4)})`,
    `false alarms ${mean(outcomes.map(({ falseAlarms }) => falseAlarms)).toFixed(1)}`,
    `missed ${mean(outcomes.map(({ missed }) => missed)).toFixed(1)}`,
  ].join(" ");

const speed = () => {
  const lines = rawLines(folder).map(({ line }) => line);
  const clock = { nowMs: Date.now(), zoneMinutes: 0 };
  const format = detectFormat(lines.slice(0, 200), clock);
  const keysOf = findKeys({ pattern: "blk_-?\\d+" });
  const runs: Record<string, () => void> = {
    "split at blanks": () => {
      for (const line of lines) line.split(/\s+/);
    },
    "template, memory empty": () => {
      const miner = minerOf();
      for (const line of lines) mineLine(miner, line);
    },
    "header, template, key, session": () => {
      const miner = minerOf();
      const sessions = openSessions();
      for (const [index, line] of lines.entries()) {
        const read = format.parse(line, clock) ?? { message: line };
        const id = templateId(mineLine(miner, read.message));
        const timestampMs = read.timestampMs ?? 0;
        takeLine(sessions, keysOf(read, line), {
          templateId: id,
          timestampMs,
          at: { shardId: "a", sequenceNumber: String(index), arrivalMs: 0, part: 0, digest: 0 },
        });
      }
    },
  };
  const seconds = new Map(Object.keys(runs).map((name): [string, number[]] => [name, []]));
  for (let round = 0; round < 5; round++) {
    for (const [name, run] of Object.entries(runs)) {
      const time = stopwatch();
      run();
      seconds.get(name)!.push(time().cpuSeconds);
    }
  }
  const characters = lines.reduce((sum, line) => sum + line.length, 0) / lines.length;
  console.log(`speed: ${lines.length} lines of ${characters.toFixed(0)} characters, median of 5 runs`);
  const medians = new Map(
    Array.from(seconds, ([name, all]) => [
      name,
      quantile(
        all.toSorted((a, b) => a - b),
        0.5,
      ),
    ]),
  );
  const peer = medians.get("split at blanks")!;
  for (const [name, median] of medians) {
    console.log(
      `  ${name}: ${thousands(lines.length / median)}, ${(median / peer).toFixed(2)} × the time of splitting`,
    );
  }
};

const memory = () => {
  const letters = "abcdefghij";
  const word = (index: number) => Array.from(String(index), (digit) => letters[Number(digit)]).join("");
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const miner = minerOf();
  for (let index = 0; index < 10_000; index++) {
    mineLine(miner, `${word(index)}service finished request for tenant in state=done after 17 ms with code 5`);
  }
  miner.known.clear();
  globalThis.gc?.();
  const heap = process.memoryUsage().heapUsed - before;
  const bytes = encodeStore(miner.store).length;
  const note = globalThis.gc ? "" : " (run with --expose-gc for a figure without garbage)";
  const perTemplate = (total: number) => (total / miner.store.size).toFixed(0);
  console.log(
    `memory: ${perTemplate(heap)} bytes of heap${note}, ${perTemplate(bytes)} stored, a template of 14 tokens`,
  );
  const sizes = mined()
    .blocks.map(({ session }) => encodeSession(session!).length)
    .sort((a, b) => a - b);
  const [median, most] = [quantile(sizes, 0.5), quantile(sizes, 0.999)];
  console.log(`  a session of HDFS: ${median} bytes (median), ${most} (99.9 %), ${sizes.at(-1)} (most)`);
};

let minedOnce: ReturnType<typeof minedBlocks> | undefined;
const mined = () => {
  minedOnce ??= minedBlocks(folder);
  return minedOnce;
};

/**
 * Ten splits: so many normal blocks to learn from, with anomalies at the natural ratio or without, the rest to judge.
 */
const signatures = (name: string, { blocks, severe }: BlockSet, count: number, training: "normal" | "unlabelled") => {
  const normal = blocks.filter(({ label }) => label === 0);
  const anomalous = blocks.filter(({ label }) => label === 1);
  const outcomes = Array.from({ length: 10 }, (_, seed) => {
    const [good, bad] = [shuffled(normal, seed), shuffled(anomalous, seed)];
    const among = training === "normal" ? 0 : Math.round((count * 16_838) / 558_223);
    const learned = [...good.slice(0, count), ...bad.slice(0, among)].map(({ counts }) => counts);
    const model = fitSignatures(learned, severe, { ...SIGNATURE_PARAMS, training });
    const rules = fitTemplateRules(learned, training);
    const test = [...good.slice(count), ...bad.slice(among)];
    return {
      signatures: outcomeOf(test, (block) => scoreSignature(model, block.counts).isAnomalous),
      rules: outcomeOf(test, (block) => scoreTemplateRules(rules, block.counts).score > 0),
    };
  });
  console.log(`${training === "normal" ? "normals only" : training}: ${name}, ${count} normal blocks`);
  for (const by of ["signatures", "rules"] as const) console.log(`  by ${by}: ${told(outcomes.map((one) => one[by]))}`);
};

const vectorKey = ({ counts }: Block): string => [...counts].sort().join(" ");

/** Learns from labelled blocks, judges others. */
const outcomeAfter = async (training: readonly Block[], test: readonly Block[], seed: number, isWeighted = true) => {
  const labels = Uint8Array.from(training, ({ label }) => label);
  const model = await fitLabelledSessions(
    training.map(({ counts }) => counts),
    labels,
    seed,
  );
  const probabilities = sessionProbabilities(
    model,
    test.map(({ counts }) => counts),
  );
  return outcomeOf(test, (_, index) => probabilities[index]! >= 0.5, isWeighted);
};

/** Random splits put like blocks on both sides; the other two say what is left without that help. */
const supervised = async () => {
  const { blocks } = mined();
  const random: Outcome[] = [];
  const unseen: Outcome[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const order = shuffled(blocks, seed);
    const half = order.length >> 1;
    const training = order.slice(0, half);
    random.push(await outcomeAfter(training, order.slice(half), seed));
    const distinct = shuffled([...new Map(blocks.map((block) => [vectorKey(block), block])).values()], seed);
    const middle = distinct.length >> 1;
    unseen.push(await outcomeAfter(distinct.slice(0, middle), distinct.slice(middle), seed, false));
  }
  console.log(`supervised: the sample, templates from raw lines, 20 random halves: ${told(random)}`);
  const fives = [0, 5, 10, 15].map((first) => mean(random.slice(first, first + 5).map(({ f1 }) => f1)).toFixed(4));
  console.log(`  means of five of them each: ${fives.join(", ")}`);
  const byTime = blocks.toSorted((a, b) => a.startMs - b.startMs);
  const cut = Math.floor(0.6 * byTime.length);
  console.log(
    `  the earlier 60 % to learn from: ${told([await outcomeAfter(byTime.slice(0, cut), byTime.slice(cut), 1)])}`,
  );
  const distinct = [...new Map(blocks.map((block) => [vectorKey(block), block])).values()];
  const anomalous = distinct.filter(({ label }) => label === 1).length;
  const which = `each of ${distinct.length} count vectors once (${anomalous} anomalous), 20 random halves`;
  console.log(`  ${which}, F1 of these: ${told(unseen)}`);
  const { blocks: all } = referenceBlocks(folder);
  const halves = shuffled(all, 1);
  const outcome = await outcomeAfter(halves.slice(0, all.length >> 1), halves.slice(all.length >> 1), 1);
  console.log(`  all blocks, reference events, 1 random half: ${told([outcome])}`);
};

/** How many anomalies are told at a line after which nothing could repair them. */
const stream = () => {
  const { blocks, severe } = mined();
  const halves = [0, 1].map((half) => shuffled(blocks, 1).filter((_, index) => index % 2 === half)) as [
    Block[],
    Block[],
  ];
  const model: SignatureModel = fitSignatures(
    halves[0].filter(({ label }) => label === 0).map(({ counts }) => counts),
    severe,
  );
  const early = halves[1].filter(({ counts }) => decisiveTemplate(model, counts) !== undefined);
  const right = early.filter(({ label }) => label === 1).length;
  const anomalous = halves[1].filter(({ label }) => label === 1).length;
  console.log(`stream: ${right} of ${anomalous} anomalies before the session ends, ${early.length - right} false`);
};

const PARTS: Record<string, () => void | Promise<void>> = {
  memory,
  speed,
  normal: () => {
    const reference = referenceBlocks(folder);
    signatures("all blocks, reference events", reference, 3300, "normal");
    signatures("all blocks, reference events", reference, 8000, "normal");
    signatures("the sample, templates from raw lines", mined(), 3300, "normal");
  },
  unlabelled: () => {
    const reference = referenceBlocks(folder);
    signatures("all blocks, reference events", reference, 3300, "unlabelled");
    signatures("the sample, templates from raw lines", mined(), 3300, "unlabelled");
  },
  supervised,
  stream,
};

for (const name of options.only?.split(",") ?? Object.keys(PARTS)) {
  const part = PARTS[name];
  if (!part) throw new Error(`--only takes ${Object.keys(PARTS).join(", ")}`);
  await part();
}
